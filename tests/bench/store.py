"""The store: how soon the history of a visit is read out of 10,000 results, and how soon a stored fine-tune is open."""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from core.experiment import Experiment
from core.measure import judge_network
from core.pruning import PruningPlan, prune
from core.stages import Packed, Subject, pack, stage_network
from core.store import add_node, list_nodes, new_key, open_store, put_artefact, save_result
from core.store.database import Store, writing
from core.store.figures import quality_to_data
from core.store.results import tuned_results
from core.store.tables import experiments, results
from core.tasks import load
from core.tuning import Recipe

RESULTS, MINE = 10_000, 100
"""Results in the store, and those of the visit whose history is read."""


def fill(store: Store, content: dict[str, Any]) -> str:
    """Fill a store; return the key of a visit that has some of it."""
    key, now = new_key(), time.time()
    for number in range(MINE):
        experiment = Experiment("fashion-mlp", plan=PruningPlan(seed=number), recipe=Recipe())
        add_node(store, key, experiment)
        save_result(store, experiment, "fine-tuned", "fine-tune", content, 1.0)
    others = [Experiment("fashion-mlp", plan=PruningPlan(seed=n), recipe=Recipe()) for n in range(MINE, RESULTS)]
    row = {"stage": "fine-tuned", "kind": "fine-tune", "content": "{}", "seconds": 1.0, "versions": "", "machine": ""}
    with writing(store) as connection:
        described = [{"id": each.id, "content": each.canonical(), "created": now} for each in others]
        connection.execute(insert(experiments), described)
        connection.execute(insert(results), [{**row, "experiment": each.id, "created": now} for each in others])
    return key


def milliseconds(work: Callable[[], object], times: int = 5) -> float:
    """Return the median time of something in milliseconds."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - begun))
    return sorted(taken)[times // 2]


def run() -> Iterator[dict[str, Any]]:
    """Yield a line for the history, then one for each shipped network of vision."""
    mlp = load("fashion-mlp")
    quality = quality_to_data(mlp.evaluate(mlp.model))
    content = {"state": "done", "sparsity": 0.9, "step": 1, "of": 1, "seconds": 1.0}
    content |= dict.fromkeys(("dense", "pruned", "tuned"), quality)
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(folder=Path(folder))
        key = fill(store, content)
        taken = milliseconds(lambda: (tuned_results(store, key, "fine-tune"), list_nodes(store, key)))
        yield {"what": f"history of {MINE} fine-tunes among {RESULTS:,} results", "ms": round(taken)}
        for name in ("fashion-mlp", "fashion-lenet5", "fashion-resnet"):
            task, plan = load(name), PruningPlan(sparsity=0.9)
            pruned = prune(task, plan)
            kept = put_artefact(store, pack(Packed(pruned.model.state_dict(), dict(pruned.masks), "fine-tuned")))
            subject = Subject(name, plan, "fine-tuned", kept)
            opened = milliseconds(lambda: stage_network(task, subject, store.files))  # noqa: B023
            judged = milliseconds(lambda: next(judge_network(task, stage_network(task, subject, store.files))))  # noqa: B023
            yield {
                "what": f"a stored fine-tune of {name}",
                "ms": round(opened),
                "with a first figure, ms": round(judged),
            }
