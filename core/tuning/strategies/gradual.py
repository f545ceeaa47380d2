"""Prune while tuning, in many small cuts."""

from core.language import text
from core.pruning import Pruned
from core.tasks.base import Task
from core.tuning.cuts import unpruned
from core.tuning.recipe import Recipe
from core.tuning.schedule import TuningSchedule
from core.tuning.strategies import Strategy

MOST_CUTS = 60
"""More cuts change nothing that could be seen, and each costs a ranking."""

SETTLED_AFTER = 0.3
"""The share of a run after which the masks stay as they are."""


def gradual(task: Task, pruned: Pruned, recipe: Recipe, steps: int) -> TuningSchedule:
    """Cut fast at first and slower towards the target, which is reached at three tenths of the run.

    Source: Zhu and Gupta 2017, To prune, or not to prune: the cubic schedule.
    """
    last = round(steps * SETTLED_AFTER)
    count = min(MOST_CUTS, max(last, 1))
    cuts = {round(last * i / count): pruned.sparsity * (1 - (1 - i / count) ** 3) for i in range(1, count + 1)}
    return TuningSchedule(unpruned(task, pruned), {**cuts, last: pruned.sparsity})


CHOICE = Strategy(
    name="gradual",
    label=text("Gradually while learning"),
    help=text("A few weights go every few steps in the first third of the time; then the rest adjusts."),
    source=text("Zhu and Gupta 2017"),
    order=30,
    schedule=gradual,
)
