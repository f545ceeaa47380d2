"""Speed and quality, measured: `python -m tests.bench live`, and with `--write` into RESULTS.md beside this file."""

import argparse
import json

from tests.bench import fields, imagenet, live, matched, measure, memory, prune, store, tune, units, ways
from tests.bench.results import machine, write

BENCHES = {
    bench.__name__.rpartition(".")[2]: bench
    for bench in (live, prune, ways, units, measure, memory, store, fields, matched, imagenet, tune)
}
"""In the order in which RESULTS.md has them; `tune` takes half an hour or more."""


def main() -> None:
    """Run one bench and print its lines as they come, or its figures as JSON; write them down if asked to."""
    ask = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    ask.add_argument("bench", choices=BENCHES)
    ask.add_argument("--json", action="store_true", help="print figures as JSON instead of a table")
    ask.add_argument("--write", action="store_true", help="put the table into tests/bench/RESULTS.md")
    asked = ask.parse_args()
    bench, rows = BENCHES[asked.bench], []
    for row in bench.run():
        rows.append(row)
        if not asked.json:
            print("  ".join(f"{name}: {value}" for name, value in row.items()), flush=True)
    if asked.json:
        print(json.dumps({"bench": asked.bench, "machine": machine(), "rows": rows}, indent=2))
    if asked.write:
        write(asked.bench, bench.__doc__.splitlines()[0], rows)


if __name__ == "__main__":
    main()
