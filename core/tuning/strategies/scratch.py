"""Start from random weights: what the masks alone are worth."""

import copy

import torch
from torch import nn

from core.errors import BadRecipe
from core.language import text
from core.pruning import Pruned
from core.tasks.base import Task
from core.tuning.cuts import masked
from core.tuning.recipe import Recipe
from core.tuning.schedule import TuningSchedule
from core.tuning.strategies import Strategy


def scratch(task: Task, pruned: Pruned, recipe: Recipe, steps: int) -> TuningSchedule:
    """Start with the masks of the trained network over weights that the recipe's seed draws anew.

    Source: Liu, Sun, Zhou, Huang, Darrell 2019, Rethinking the value of network pruning.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        fresh = task.training.fresh() if task.training.fresh else _drawn_anew(task.model)
    return TuningSchedule(masked(fresh.eval(), pruned), {})


def _drawn_anew(model: nn.Module) -> nn.Module:
    """Return a copy whose layers draw their weights anew. Raises BadRecipe where some would keep what they learned."""
    fresh, drawn = copy.deepcopy(model), set()
    for name, module in fresh.named_modules():
        reset = getattr(module, "reset_parameters", None) or getattr(module, "_reset_parameters", None)
        if reset is not None:
            reset()
            drawn |= {f"{name}.{leaf}" if name else leaf for leaf, _ in module.named_parameters()}
    kept = [name for name, _ in fresh.named_parameters() if name not in drawn]
    if kept:
        raise BadRecipe(
            text(
                "This network cannot start from scratch: nobody here knows how {parameter} is drawn.", parameter=kept[0]
            ),
            text("Choose another strategy."),
        )
    return fresh


CHOICE = Strategy(
    name="scratch",
    label=text("The same shape from scratch (control)"),
    help=text(
        "What stays is chosen from the trained network, but its weights start at random: what is its shape worth?"
    ),
    source=text("Liu et al. 2019"),
    order=60,
    schedule=scratch,
)
