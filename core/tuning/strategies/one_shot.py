"""Prune once, then tune."""

from core.pruning import Pruned
from core.tasks.base import Task
from core.tuning.recipe import Recipe
from core.tuning.schedule import TuningSchedule
from core.tuning.strategies import Strategy


def one_shot(task: Task, pruned: Pruned, recipe: Recipe, steps: int) -> TuningSchedule:
    """Start with everything removed, and cut no more."""
    return TuningSchedule(pruned, {})


CHOICE = Strategy(
    name="one-shot",
    label="Prune once, then learn",
    help="All weights go at once; the rest adjusts.",
    source="Han et al. 2015",
    order=10,
    schedule=one_shot,
)
