"""One step of a slider, and the curve of many: what goes, what stays, and how good the rest is."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from core.pruning import Layer, PruningPlan, Ranking, prune, rank
from core.tasks.base import Task
from core.tasks.quality import Quality

STOPS = (0, 50, 80, 90, 95, 99, 20, 40, 60, 70, 85, 92, 97, 98, 10, 30, 75, 88, 94, 96, 65, 82, 86, 91, 93, 99.5)
"""Sparsities of a first curve, in percent: its rough shape first, then what is between."""


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


def sweep(task: Task, plans: Iterable[PruningPlan]) -> Iterator[Step]:
    """Judge the task's model under each plan on validation data, in the order given, scoring its weights only once."""
    ranking = rank(task)
    for plan in plans:
        *_, settled = steps(task, plan, ranking)
        yield settled


def kept_shares(task: Task, ranking: Ranking, thresholds: list[float]) -> dict[str, list[float]]:
    """Return for each parameter the share of its weights at or above each threshold, 0 to 1."""
    shares = {}
    for name in task.prunable:
        ascending = np.sort(ranking.scores[name].numpy().ravel())
        below = np.searchsorted(ascending, np.asarray(thresholds, np.float32), side="left")
        shares[name] = [round(float(1 - b / ascending.size), 4) for b in below]
    return shares
