"""Speed, as ratios against the plain way of doing the same, measured in one run: `python -m tests.bench live`."""

import argparse
import json
import os
import platform

from tests.bench import live, prune

BENCHES = {"live": live.run, "prune": prune.run}


def main() -> None:
    """Run one bench and print its table, or its figures as JSON."""
    ask = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    ask.add_argument("bench", choices=BENCHES)
    ask.add_argument("--json", action="store_true", help="print figures as JSON instead of a table")
    asked = ask.parse_args()
    rows = BENCHES[asked.bench]()
    if asked.json:
        machine = {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()}
        print(json.dumps({"bench": asked.bench, "machine": machine, "rows": rows}, indent=2))
        return
    for row in rows:
        print("  ".join(f"{name}: {value}" for name, value in row.items()))


if __name__ == "__main__":
    main()
