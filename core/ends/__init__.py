"""Ends: which sparsity, in which form and engine, for the smallest file or the fastest network within a loss."""

from collections.abc import Iterator

from core.ends.fastest import fastest
from core.ends.figures import BATCHES, FORMS, GOALS, End, EndFigures, Tried, WidthTime
from core.ends.smallest import smallest
from core.tasks.base import Task

__all__ = [
    "BATCHES",
    "FORMS",
    "GOALS",
    "End",
    "EndFigures",
    "Tried",
    "WidthTime",
    "fastest",
    "reach",
    "smallest",
]


def reach(task: Task, end: End, limit: int | None = None) -> Iterator[EndFigures]:
    """Look for what reaches an end, yielding what was found so far; raises as `smallest` and `fastest` do."""
    return smallest(task, end, limit) if end.goal == "smallest" else fastest(task, end, limit)
