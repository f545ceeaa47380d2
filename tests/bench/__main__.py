"""Speed and quality, measured: `python -m tests.bench live`, and with `--write` into RESULTS.md beside this file."""

import argparse
import inspect
import json

from tests.bench import (
    adapt,
    class_join,
    class_load,
    cluster,
    ends,
    engines,
    fields,
    hub,
    imagenet,
    key_press,
    live,
    matched,
    measure,
    memory,
    person,
    promise,
    prune,
    repair,
    small_file,
    store,
    tales,
    tune,
    units,
    ways,
)
from tests.bench.results import machine, write

NAMES = {"class_load": "class"}
"""Of benches that are called by another name than their file, since that is a word of the language."""

BENCHES = {
    NAMES.get(name := bench.__name__.rpartition(".")[2], name): bench
    for bench in (
        live,
        prune,
        ways,
        units,
        measure,
        memory,
        store,
        fields,
        matched,
        imagenet,
        tune,
        promise,
        adapt,
        person,
        tales,
        class_join,
        class_load,
        key_press,
        hub,
        repair,
        small_file,
        engines,
        cluster,
        ends,
    )
}
"""In the order in which RESULTS.md has them; `tune` and `adapt` take half an hour or more."""


def main() -> None:
    """Run one bench and print its lines as they come, or its figures as JSON; write them down if asked to."""
    ask = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    ask.add_argument("bench", choices=BENCHES)
    ask.add_argument("--json", action="store_true", help="print figures as JSON instead of a table")
    ask.add_argument("--write", action="store_true", help="put the table into tests/bench/RESULTS.md")
    ask.add_argument("--field", help="of `adapt`: one field alone, such as vision")
    ask.add_argument("--network", help="of `adapt`, `promise`, `repair`, `engines` and `ends`: this network")
    ask.add_argument("--target", help="of `adapt`: one target alone, such as digits")
    ask.add_argument("--examples", type=int, help="of `adapt`: one number of examples alone")
    ask.add_argument("--visitors", type=int, help="of `class`: how many")
    ask.add_argument("--seconds", type=float, help="of `class`: how long they slide")
    ask.add_argument("--every", type=float, help="of `class`: seconds between two places of a visitor")
    ask.add_argument("--plans", choices=["usual", "own"], help="of `class`: the same plan for all, or each another one")
    ask.add_argument("--tunes", type=int, help="of `class`: fine-tunes that run meanwhile")
    ask.add_argument("--growth", action="store_true", help="of `class`: 1, 3, 10, 30 and 100 visitors")
    ask.add_argument("--kind", help="of `hub`: one kind alone, such as bert")
    asked = ask.parse_args()
    bench, rows = BENCHES[asked.bench], []
    plain = ("bench", "json", "write")
    only = {key: value for key, value in vars(asked).items() if key not in plain and value}
    if only.keys() - set(inspect.signature(bench.run).parameters):
        ask.error(f"{asked.bench} does not know {', '.join(only)}.")
    for row in bench.run(**only):
        rows.append(row)
        if not asked.json:
            print("  ".join(f"{name}: {value}" for name, value in row.items()), flush=True)
    if asked.json:
        print(json.dumps({"bench": asked.bench, "machine": machine(), "rows": rows}, indent=2))
    if asked.write:
        command = " ".join((asked.bench, *(f"--{key} {value}" for key, value in only.items())))
        write("-".join((asked.bench, *map(str, only.values()))), bench.__doc__.splitlines()[0], rows, command=command)


if __name__ == "__main__":
    main()
