"""Prune a little and tune, in rounds."""

from core.language import text
from core.pruning import Pruned
from core.tasks.base import Task
from core.tuning.cuts import unpruned
from core.tuning.recipe import Recipe
from core.tuning.schedule import TuningSchedule
from core.tuning.strategies import Strategy


def iterative(task: Task, pruned: Pruned, recipe: Recipe, steps: int) -> TuningSchedule:
    """Cut at the beginning of each round; each keeps the same share of what the one before kept.

    Source: Han, Pool, Tran, Dally 2015, Learning both weights and connections for efficient neural networks.
    """
    starts = [round(steps * i / recipe.rounds) for i in range(recipe.rounds)]
    kept = 1 - pruned.sparsity
    cuts = {start: 1 - kept ** ((i + 1) / recipe.rounds) for i, start in enumerate(starts)}
    return TuningSchedule(unpruned(task, pruned), {**cuts, starts[-1]: pruned.sparsity}, tuple(starts))


CHOICE = Strategy(
    name="iterative",
    label=text("A little in turn, in rounds"),
    help=text("Prune some, learn, prune more, learn."),
    source=text("Han et al. 2015"),
    order=20,
    schedule=iterative,
    settings=("rounds",),
)
