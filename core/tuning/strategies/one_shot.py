"""Prune once, then tune."""

from core.language import text
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
    label=text("Prune once, then learn"),
    help=text("All weights go at once; the rest adjusts."),
    source=text("Han et al. 2015"),
    order=10,
    schedule=one_shot,
)
