"""The network that writes: perplexity on held-out tales with weights removed, and after the quick fine-tune."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from core.pruning import PruningPlan, prune
from core.quality import Quality
from core.tasks import load
from core.tuning import fine_tune, preset_for

NETWORK = "tales-lm"
SPARSITIES = (0.0, 0.5, 0.7, 0.8)
SEEDS = (0, 1, 2)


def run() -> Iterator[dict[str, Any]]:
    """Yield a line for each sparsity: tuned is the mean of three seeds, on tales that chose nothing."""
    task = load(NETWORK)
    for sparsity in SPARSITIES:
        pruned = prune(task, PruningPlan(sparsity=sparsity))
        tuned, seconds = [], []
        for seed in SEEDS if sparsity else ():
            begun = time.perf_counter()
            *_, final = fine_tune(task, pruned, replace(preset_for(task, "quick"), seed=seed))
            seconds.append(time.perf_counter() - begun)
            tuned.append(task.evaluate(final.model, "test").value)
        yield {
            "network": NETWORK,
            "removed %": round(100 * sparsity),
            "perplexity, validation": _said(task.evaluate(pruned.model)),
            "perplexity, test": _said(task.evaluate(pruned.model, "test")),
            "tuned, test": f"{sum(tuned) / len(tuned):.2f} ({min(tuned):.2f} to {max(tuned):.2f})" if tuned else "",
            "seconds": round(max(seconds)) if seconds else "",
        }


def _said(quality: Quality) -> str:
    return f"{quality.value:.2f} ({quality.low:.2f} to {quality.high:.2f})"
