"""One step of a slider: what goes, what stays, and how good the rest is."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.pruning import Layer, PruningPlan, Ranking, prune
from core.tasks.base import Task
from core.tasks.quality import Quality


@dataclass(frozen=True)
class Step:
    """What a plan does to a task's model; plain data, so that all visitors can share it.

    sparsity: removed share of the prunable weights, 0 to 1.
    threshold: the score at the cut; for magnitude in weight units.
    layers: the same for each parameter.
    collapsed: names of parameters of which nothing is left.
    quality: on validation data.
    settled: whether `quality` is of the whole split, or of its beginning only.
    """

    plan: PruningPlan
    sparsity: float
    threshold: float
    layers: tuple[Layer, ...]
    collapsed: tuple[str, ...]
    quality: Quality
    settled: bool


def steps(task: Task, plan: PruningPlan, ranking: Ranking) -> Iterator[Step]:
    """Prune and judge, yielding a first figure early and the settled one last."""
    pruned = prune(task, plan, ranking)
    total = task.count("validation")
    for quality in task.refine(pruned.model):
        yield Step(
            plan,
            pruned.sparsity,
            pruned.threshold,
            pruned.layers,
            pruned.collapsed,
            quality,
            quality.n == total,
        )


def kept_shares(task: Task, ranking: Ranking, thresholds: list[float]) -> dict[str, list[float]]:
    """Return for each parameter the share of its weights at or above each threshold, 0 to 1."""
    shares = {}
    for name in task.prunable:
        ascending = np.sort(ranking.scores[name].numpy().ravel())
        below = np.searchsorted(ascending, np.asarray(thresholds, np.float32), side="left")
        shares[name] = [round(float(1 - b / ascending.size), 4) for b in below]
    return shares
