"""All fields: how soon a slider step answers, and how far a fine-tune at 80 % sparsity brings each network back."""

import statistics
import time
from collections.abc import Iterator
from typing import Any

from core.measure import judge_plan
from core.pruning import PruningPlan, prune, rank
from core.tasks import catalog, load
from core.tuning import fine_tune, preset_for

SPARSITIES = (0.5, 0.7, 0.8, 0.9, 0.95)


def run() -> Iterator[dict[str, Any]]:
    """Yield a line for each task of the catalogue."""
    for info in (info for info in catalog() if info.shipped):
        task = load(info.name)
        ranking = rank(task)
        first, settled = [], []
        list(judge_plan(task, PruningPlan(sparsity=0.1), ranking))
        for sparsity in SPARSITIES:
            begun = time.perf_counter()
            answers = judge_plan(task, PruningPlan(sparsity=sparsity), ranking)
            next(answers)
            first.append(time.perf_counter() - begun)
            list(answers)
            settled.append(time.perf_counter() - begun)
        dense = task.evaluate(task.model)
        pruned = prune(task, PruningPlan(sparsity=0.8))
        before = task.evaluate(pruned.model)
        begun = time.perf_counter()
        *_, final = fine_tune(task, pruned, preset_for(task, "quick"))
        seconds = time.perf_counter() - begun
        after = task.evaluate(final.model)
        yield {
            "model": info.name,
            "first figure ms": round(1000 * statistics.median(first)),
            "settled ms": round(1000 * statistics.median(settled)),
            "metric": info.metric,
            "dense": round(dense.value, 4),
            "80 % removed": round(before.value, 4),
            "fine-tuned": round(after.value, 4),
            "of dense %": round(100 * after.relative(dense, info.worst).value, 1),
            "seconds": round(seconds, 1),
        }
