"""Quality at many sparsities: the curve that a slider walks along."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from core.tasks.quality import Quality
from core.pruning import PruningPlan, prune, rank
from core.tasks.base import Task


STOPS = (0, 50, 80, 90, 95, 99, 20, 40, 60, 70, 85, 92, 97, 98, 10, 30, 75, 88, 94, 96, 65, 82, 86, 91, 93, 99.5)
"""Sparsities of a first curve, in percent: its rough shape first, then what is between."""


@dataclass(frozen=True)
class Point:
    """One point of a sweep."""

    plan: PruningPlan
    sparsity: float
    quality: Quality


def sweep(task: Task, plans: Iterable[PruningPlan], split: str = "validation") -> Iterator[Point]:
    """Judge the task's model under each plan, in the order given, scoring its weights only once."""
    ranking = rank(task)
    for plan in plans:
        pruned = prune(task, plan, ranking)
        yield Point(plan, pruned.sparsity, task.evaluate(pruned.model, split))
