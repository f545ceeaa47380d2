"""Speed and quality, measured: `python -m tests.bench live` and others; `tune` takes half an hour."""

import argparse
import json
import os
import platform

from tests.bench import fields, imagenet, live, matched, measure, prune, tune

BENCHES = {
    "fields": fields.run,
    "imagenet": imagenet.run,
    "live": live.run,
    "matched": matched.run,
    "measure": measure.run,
    "prune": prune.run,
    "tune": tune.run,
}


def main() -> None:
    """Run one bench and print its lines as they come, or its figures as JSON."""
    ask = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    ask.add_argument("bench", choices=BENCHES)
    ask.add_argument("--json", action="store_true", help="print figures as JSON instead of a table")
    asked = ask.parse_args()
    rows = []
    for row in BENCHES[asked.bench]():
        rows.append(row)
        if not asked.json:
            print("  ".join(f"{name}: {value}" for name, value in row.items()), flush=True)
    if asked.json:
        machine = {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()}
        print(json.dumps({"bench": asked.bench, "machine": machine, "rows": rows}, indent=2))


if __name__ == "__main__":
    main()
