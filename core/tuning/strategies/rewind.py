"""Go back to weights from early in the training: a "winning ticket"."""

from core.errors import BadRecipe
from core.language import text
from core.pruning import Pruned
from core.tasks.base import Task
from core.tuning.cuts import masked
from core.tuning.recipe import Recipe
from core.tuning.schedule import TuningSchedule
from core.tuning.strategies import Strategy


def rewind(task: Task, pruned: Pruned, recipe: Recipe, steps: int) -> TuningSchedule:
    """Start with the masks of the trained network over weights from early in its training.

    Raises BadRecipe for a model without such an early state.
    Source: Frankle and Carbin 2019, The lottery ticket hypothesis; Frankle et al. 2020 for the early state.
    """
    early = task.training.early_checkpoint()
    if early is None:
        raise BadRecipe(text("No early state of this model's training is at hand."), text("Choose another strategy."))
    return TuningSchedule(masked(early, pruned), {})


CHOICE = Strategy(
    name="rewind",
    label=text("Back to an early state (lottery ticket)"),
    help=text("What stays is chosen from the trained network, but its weights go back to early in training."),
    source=text("Frankle and Carbin 2019"),
    order=50,
    schedule=rewind,
)
