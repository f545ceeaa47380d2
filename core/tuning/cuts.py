"""The networks that a run starts with, and what it prunes on its way."""

from dataclasses import replace

from torch import nn

from core.errors import BadRecipe
from core.language import text
from core.pruning import Pruned, prune, rank
from core.tasks.base import Task


def unpruned(task: Task, pruned: Pruned) -> Pruned:
    """Return the task's own network with masks that keep everything but what was zero before."""
    keep = {name: task.model.get_parameter(name).detach() != 0 for name in pruned.masks}
    return pruned.with_masks(task.model, keep, {})


def masked(model: nn.Module, pruned: Pruned) -> Pruned:
    """Return another network of the same architecture under the masks of a pruned one."""
    return pruned.with_masks(model, pruned.masks, pruned.companion_masks)


def recut(task: Task, model: nn.Module, pruned: Pruned, sparsity: float) -> Pruned:
    """Prune a network on its way by its present weights, in the ways of `pruned`, to another sparsity.

    All amounts of the plan, layers' own shares included, come in the same proportion, so that the last cut is exactly
    what the plan says. Raises BadRecipe for a pattern, which is all or nothing.
    """
    plan, target = pruned.plan, pruned.sparsity
    if plan.pattern:
        raise BadRecipe(
            text("The pattern {granularity} cannot come bit by bit.", granularity=plan.granularity),
            text("Choose one shot, or remove single weights."),
        )
    share = sparsity / target if target else 0.0
    overrides = {name: own * share for name, own in dict(plan.overrides).items()}
    present = replace(plan, threshold=None, sparsity=own_sparsity(task, pruned) * share, overrides=overrides)
    moving = replace(task, model=model)
    found = prune(moving, present, rank(moving, present, sort=False))
    return replace(found, plan=plan)


def own_sparsity(task: Task, pruned: Pruned) -> float:
    """Return what a plan removes of all weights but those of layers with a share of their own, 0 to 1."""
    plan = pruned.plan
    if plan.sparsity is not None:
        return plan.sparsity
    apart = set(dict(plan.overrides))
    structures = plan.choices.granularity.structures
    if structures is not None:
        apart = {member.parameter for unit in structures(task) if unit.name in apart for member in unit.members}
    others = [layer for layer in pruned.layers if layer.name not in apart]
    total = sum(layer.weights for layer in others)
    return 1 - sum(layer.kept for layer in others) / total if total else 0.0
