"""One step of a slider, and the curve of many: what goes, what stays, and how good the rest is."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch

from core.pruning import Layer, Pruned, PruningPlan, Ranking, prune, rank
from core.quality import Quality
from core.tasks.base import Task


@dataclass(frozen=True)
class PlanResult:
    """What a plan does to a task's model; plain data, so that all visitors can share it.

    sparsity: removed share of the prunable weights, 0 to 1.
    threshold: the score at the cut; for magnitude in weight units. None where layers differ.
    layers: the same for each parameter.
    collapsed: names of parameters of which nothing is left.
    silent: whether no signal passes, so that the network answers the same to everything; a shortcut may lead around
        what has collapsed.
    unscored: parameters that stayed whole, since the criterion could not see what they are multiplied with.
    quality: on validation data.
    settled: whether `quality` is of the whole split, or of its beginning only.
    """

    plan: PruningPlan
    sparsity: float
    threshold: float | None
    layers: tuple[Layer, ...]
    collapsed: tuple[str, ...]
    quality: Quality
    settled: bool
    silent: bool = False
    unscored: tuple[str, ...] = ()


def judge_plan(task: Task, plan: PruningPlan, ranking: Ranking) -> Iterator[PlanResult]:
    """Prune and judge, yielding a first figure early and the settled one last."""
    yield from judge_network(task, prune(task, plan, ranking))


def judge_network(task: Task, pruned: Pruned) -> Iterator[PlanResult]:
    """Judge a network of any stage, yielding a first figure early and the settled one last.

    Without validation data there is one, which is no number and of no examples.
    """
    total = task.count("validation")
    silent = bool(pruned.collapsed) and answers_alike(pruned)
    unknown = Quality(task.info.metric, math.nan, math.nan, math.nan, 0)
    for quality in task.refine(pruned.model) if total else [unknown]:
        yield PlanResult(
            pruned.plan,
            pruned.sparsity,
            pruned.threshold,
            pruned.layers,
            pruned.collapsed,
            quality,
            quality.n == total,
            silent,
            pruned.unscored,
        )


def answers_alike(pruned: Pruned) -> bool:
    """Whether a pruned network answers the same to a few different examples."""
    inputs = pruned.examples() if pruned.examples else pruned.example
    if inputs.is_floating_point():
        inputs = torch.cat([inputs, torch.randn(inputs.shape, generator=torch.Generator().manual_seed(0))])
    with torch.inference_mode():
        said = pruned.model(inputs)
    return len(inputs) > 1 and bool(torch.allclose(said, said[:1].expand_as(said), rtol=1e-5, atol=1e-6))


def sweep(task: Task, plans: Iterable[PruningPlan], early: bool = False) -> Iterator[PlanResult]:
    """Judge the task's model under each plan on validation data, in the order given, scoring alike plans only once.

    early: also yield the figures that are not settled yet.
    """
    ranking: Ranking | None = None
    for plan in plans:
        if ranking is None or ranking.plan != plan.scoring:
            ranking = rank(task, plan)
        yield from (step for step in judge_plan(task, plan, ranking) if early or step.settled)
