"""How pruning and tuning are interleaved: where a run starts, and when it cuts on its way.

Each strategy is a function that lays out a `TuningSchedule` for a number of optimiser steps, so that all can be
compared at equal cost.
"""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import torch
from torch import nn

from core.errors import BadRecipe
from core.pruning.masks import Pruned, rank
from core.pruning.masks import prune as prune_task
from core.pruning.units import structures
from core.tasks.base import Task
from core.tuning.recipe import Recipe

CUTS = 60
"""How many times a gradual run cuts; more change nothing that could be seen, and each costs a ranking."""

UNTIL = 0.3
"""The share of a gradual run after which the masks stay as they are."""


@dataclass(frozen=True, eq=False)
class TuningSchedule:
    """Where a run starts and what happens on its way.

    start: the network at the start with its masks.
    cuts: step -> sparsity, 0 to 1, to which the network is pruned anew, by its present weights, before that step.
    phases: steps at which the learning rate begins its course anew; the first is 0.
    """

    start: Pruned
    cuts: Mapping[int, float]
    phases: tuple[int, ...] = (0,)


def one_shot(task: Task, pruned: Pruned, recipe: Recipe, steps: int) -> TuningSchedule:
    """Prune once, then tune."""
    return TuningSchedule(pruned, {})


def iterative(task: Task, pruned: Pruned, recipe: Recipe, steps: int) -> TuningSchedule:
    """Prune a little and tune, in rounds; each keeps the same share of what the one before kept.

    Source: Han, Pool, Tran, Dally 2015, Learning both weights and connections for efficient neural networks.
    """
    starts = [round(steps * i / recipe.rounds) for i in range(recipe.rounds)]
    kept = 1 - pruned.sparsity
    cuts = {start: 1 - kept ** ((i + 1) / recipe.rounds) for i, start in enumerate(starts)}
    return TuningSchedule(whole(task, pruned), {**cuts, starts[-1]: pruned.sparsity}, tuple(starts))


def gradual(task: Task, pruned: Pruned, recipe: Recipe, steps: int) -> TuningSchedule:
    """Prune while tuning, fast at first and slower towards the target, which is reached at three tenths of the run.

    Source: Zhu and Gupta 2017, To prune, or not to prune: the cubic schedule.
    """
    last = round(steps * UNTIL)
    count = min(CUTS, max(last, 1))
    cuts = {round(last * i / count): pruned.sparsity * (1 - (1 - i / count) ** 3) for i in range(1, count + 1)}
    return TuningSchedule(whole(task, pruned), {**cuts, last: pruned.sparsity})


def tune_first(task: Task, pruned: Pruned, recipe: Recipe, steps: int) -> TuningSchedule:
    """Tune the whole network for half of the steps, prune, tune for the rest."""
    return TuningSchedule(whole(task, pruned), {steps // 2: pruned.sparsity}, (0, steps // 2))


def rewind(task: Task, pruned: Pruned, recipe: Recipe, steps: int) -> TuningSchedule:
    """Take the masks of the trained network, but weights from early in its training: a "winning ticket".

    Raises BadRecipe for a model without such an early state.
    Source: Frankle and Carbin 2019, The lottery ticket hypothesis; Frankle et al. 2020 for the early state.
    """
    early = task.training.early_checkpoint()
    if early is None:
        raise BadRecipe("No early state of this model's training is at hand.", "Choose another strategy.")
    return TuningSchedule(_masked(early, pruned), {})


def scratch(task: Task, pruned: Pruned, recipe: Recipe, steps: int) -> TuningSchedule:
    """Take the masks of the trained network and fresh random weights: what the masks alone are worth.

    Source: Liu, Sun, Zhou, Huang, Darrell 2019, Rethinking the value of network pruning.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        fresh = task.training.fresh() if task.training.fresh else _made_fresh(task.model)
    return TuningSchedule(_masked(fresh.eval(), pruned), {})


def _made_fresh(model: nn.Module) -> nn.Module:
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
            f"This network cannot start from scratch: nobody here knows how {kept[0]} is drawn.",
            "Choose another strategy.",
        )
    return fresh


SCHEDULES: Mapping[str, Callable[[Task, Pruned, Recipe, int], TuningSchedule]] = {
    "one-shot": one_shot,
    "iterative": iterative,
    "gradual": gradual,
    "tune-first": tune_first,
    "rewind": rewind,
    "scratch": scratch,
}


def whole(task: Task, pruned: Pruned) -> Pruned:
    """Return the task's own network with masks that keep everything but what was zero before."""
    keep = {name: task.model.get_parameter(name).detach() != 0 for name in pruned.masks}
    return pruned.with_masks(task.model, keep, {})


def recut(task: Task, model: nn.Module, pruned: Pruned, sparsity: float) -> Pruned:
    """Prune a network on its way by its present weights, in the ways of `pruned`, to another sparsity.

    All amounts of the plan, layers' own shares included, come in the same proportion, so that the last cut is exactly
    what the plan says. Raises BadRecipe for a pattern, which is all or nothing.
    """
    plan, target = pruned.plan, pruned.sparsity
    if plan.pattern:
        raise BadRecipe(
            f"The pattern {plan.granularity} cannot come bit by bit.", "Choose one shot, or remove single weights."
        )
    share = sparsity / target if target else 0.0
    overrides = {name: own * share for name, own in plan.overrides}
    present = replace(plan, threshold=None, sparsity=own_sparsity(task, pruned) * share, overrides=overrides)
    moving = replace(task, model=model)
    found = prune_task(moving, present, rank(moving, present, sort=False))
    return replace(found, plan=plan)


def own_sparsity(task: Task, pruned: Pruned) -> float:
    """Return what a plan removes of all weights but those of layers with a share of their own, 0 to 1."""
    plan = pruned.plan
    if plan.sparsity is not None:
        return plan.sparsity
    apart = {name for name, _ in plan.overrides}
    if plan.structured:
        units = structures(task, plan.granularity)
        apart = {member.parameter for unit in units if unit.name in apart for member in unit.members}
    others = [layer for layer in pruned.layers if layer.name not in apart]
    total = sum(layer.weights for layer in others)
    return 1 - sum(layer.kept for layer in others) / total if total else 0.0


def _masked(model: nn.Module, pruned: Pruned) -> Pruned:
    return pruned.with_masks(model, pruned.masks, pruned.companion_masks)
