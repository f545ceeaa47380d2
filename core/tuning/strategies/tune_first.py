"""Tune the whole network, prune it, tune what is left."""

from core.language import text
from core.pruning import Pruned
from core.tasks.base import Task
from core.tuning.cuts import unpruned
from core.tuning.recipe import Recipe
from core.tuning.schedule import TuningSchedule
from core.tuning.strategies import Strategy


def tune_first(task: Task, pruned: Pruned, recipe: Recipe, steps: int) -> TuningSchedule:
    """Cut once, after half of the steps."""
    return TuningSchedule(unpruned(task, pruned), {steps // 2: pruned.sparsity}, (0, steps // 2))


CHOICE = Strategy(
    name="tune-first",
    label=text("Learn, prune, learn"),
    help=text("The whole network learns for half of the time, then it is pruned, then it adjusts."),
    source=text("the order most tutorials leave out"),
    order=40,
    schedule=tune_first,
)
