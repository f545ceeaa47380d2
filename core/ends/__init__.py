"""Ends: which sparsity, in which form and engine, for the smallest file or the fastest network within a loss."""

from collections.abc import Iterator

from core.ends.fastest import find_fastest
from core.ends.figures import BATCHES, FORMS, GOALS, End, EndFigures, Tried, WidthTime
from core.ends.smallest import find_smallest
from core.tasks.base import Task

__all__ = [
    "BATCHES",
    "FORMS",
    "GOALS",
    "End",
    "EndFigures",
    "Tried",
    "WidthTime",
    "find_fastest",
    "find_smallest",
    "reach",
]


def reach(task: Task, end: End, limit: int | None = None) -> Iterator[EndFigures]:
    """Look for what reaches an end, yielding what was found so far; raises as `find_smallest` and `find_fastest` do."""
    return find_smallest(task, end, limit) if end.goal == "smallest" else find_fastest(task, end, limit)
