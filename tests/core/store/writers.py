"""Many processes that write to one store at once: `python -m tests.core.store.writers FOLDER PROCESSES SECONDS`.

They are forked from one that has imported everything, and open the store each for itself. What each has written is
printed as JSON, so that it can be compared with what is there.
"""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

from sqlalchemy import create_engine

from core.experiment import Experiment
from core.pruning import PruningPlan
from core.store import add_node, list_nodes, new_key, open_store, rename_node, save_result
from core.store.database import StoreUnavailable
from core.tuning import Recipe

URL = "PLAYGROUND_TEST_DATABASE"

WARMING = 6.0
"""Seconds that all have to open the store, so that they write at the same time."""


def write(number: int, folder: Path, start: float, seconds: float) -> dict[str, int]:
    """Write for a while from a moment on; return how many results were kept, refused, and lost.

    The first one of all is killed on the way, whatever it does just then.
    """
    url = os.environ.get(URL)
    store = open_store(create_engine(url) if url else None, folder)
    key, kept, refused, experiments = new_key(), 0, 0, []
    if store.note:
        return {"kept": 0, "refused": 1, "missing": 0, "slowest": 0}
    time.sleep(max(0.0, start - time.monotonic()))
    slowest, until = 0.0, max(start, time.monotonic()) + seconds
    if number == 0:
        threading.Timer(seconds / 3, os.kill, (os.getpid(), signal.SIGKILL)).start()
    while time.monotonic() < until:
        experiment = Experiment(f"network {number}", plan=PruningPlan(seed=kept), recipe=Recipe())
        begun = time.monotonic()
        try:
            add_node(store, key, experiment)
            save_result(
                store, experiment, "fine-tuned", "fine-tune", {"number": kept}, weights=b"%d %d" % (number, kept)
            )
            rename_node(store, key, experiment.id, f"node {kept}", "")
            experiments.append(experiment)
            kept += 1
        except StoreUnavailable:
            refused += 1
        slowest = max(slowest, time.monotonic() - begun)
    there = {node.experiment: node.name for node in list_nodes(store, key)}
    missing = sum(there.get(each) != f"node {place}" for place, each in enumerate(experiments))
    return {"kept": kept, "refused": refused, "missing": missing, "slowest": round(1000 * slowest)}


def main(folder: Path, processes: int, seconds: float) -> None:
    """Fork the writers and print what each that was not killed says."""
    pipes, start = [], time.monotonic() + WARMING
    for number in range(processes):
        out, into = os.pipe()
        child = os.fork()
        if not child:
            os.close(out)
            os.write(into, json.dumps(write(number, folder, start, seconds)).encode())
            os._exit(0)
        os.close(into)
        pipes.append((child, out))
    told = []
    for child, out in pipes:
        with os.fdopen(out, "rb") as pipe:
            content = pipe.read()
        os.waitpid(child, 0)
        told += [json.loads(content)] if content else []
    print(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
