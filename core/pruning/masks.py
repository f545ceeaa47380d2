"""From scores to masks: sort once, then every threshold is a search and a comparison."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from core.pruning.plan import PruningPlan
from core.tasks.base import Task


@dataclass(frozen=True, eq=False)
class Ranking:
    """Scores of every prunable weight, and the same scores in ascending order.

    scores: parameter name -> float tensor of the parameter's shape.
    ascending: all scores, float32 (n,); what is not a number stands last and is never removed.
    """

    scores: Mapping[str, Tensor]
    ascending: np.ndarray


@dataclass(frozen=True)
class Layer:
    """What happened to one parameter: `kept` of its `weights` stay."""

    name: str
    shape: tuple[int, ...]
    weights: int
    kept: int

    @property
    def sparsity(self) -> float:
        """The removed share, 0 to 1."""
        return 1 - self.kept / self.weights if self.weights else 0.0


@dataclass(frozen=True, eq=False)
class Pruned:
    """A pruned copy of a model.

    model: the copy; removed weights are exactly zero.
    masks: parameter name -> bool tensor of its shape, True where the weight is kept.
    threshold: the score at the cut; every removed score lies below it (or, at an exact sparsity, on it).
    sparsity: the removed share of the prunable weights, 0 to 1.
    layers: the same counts for each parameter, in the order data meets them.
    """

    model: nn.Module
    masks: Mapping[str, Tensor]
    plan: PruningPlan
    threshold: float
    sparsity: float
    layers: tuple[Layer, ...]

    @property
    def collapsed(self) -> tuple[str, ...]:
        """Names of parameters of which nothing is left, so that no signal passes."""
        return tuple(layer.name for layer in self.layers if layer.kept == 0)


def rank(task: Task) -> Ranking:
    """Score every prunable weight by its magnitude and sort the scores once.

    Source: Han, Pool, Tran, Dally 2015, Learning both weights and connections for efficient neural networks.
    """
    parameters = dict(task.model.named_parameters())
    scores = {name: parameters[name].detach().abs() for name in task.prunable}
    ascending = np.concatenate([score.reshape(-1).numpy() for score in scores.values()])
    ascending.sort()
    return Ranking(scores, ascending)


def threshold_at(ranking: Ranking, sparsity: float) -> float:
    """Return the score at which the cut for a sparsity lies: the smallest one that stays."""
    k = round(sparsity * len(ranking.ascending))
    if k == 0:
        return 0.0
    if k < len(ranking.ascending):
        return float(ranking.ascending[k])
    return float(np.nextafter(ranking.ascending[-1], np.float32(np.inf)))


def prune(task: Task, plan: PruningPlan, ranking: Ranking | None = None) -> Pruned:
    """Remove what a plan says from a copy of the task's model.

    ranking: what `rank(task)` returned, if it is at hand; saves scoring and sorting again.
    """
    ranking = ranking or rank(task)
    masks, threshold = cut(ranking, plan)
    model = apply(task.model, masks)
    kept = {name: int(torch.count_nonzero(mask)) for name, mask in masks.items()}
    layers = tuple(Layer(name, tuple(mask.shape), mask.numel(), kept[name]) for name, mask in masks.items())
    total = sum(layer.weights for layer in layers)
    return Pruned(model, masks, plan, threshold, 1 - sum(kept.values()) / total, layers)


def cut(ranking: Ranking, plan: PruningPlan) -> tuple[dict[str, Tensor], float]:
    """Return the masks of a plan and the score at which it cuts.

    At an exact sparsity, weights whose score equals the cut are removed in the order of the layers until the
    count is met, so equal scores are never a matter of chance.
    """
    if plan.sparsity is None:
        threshold = plan.threshold or 0.0
        return {name: ~(score < threshold) for name, score in ranking.scores.items()}, threshold
    threshold = threshold_at(ranking, plan.sparsity)
    masks = {name: ~(score < threshold) for name, score in ranking.scores.items()}
    k = round(plan.sparsity * len(ranking.ascending))
    missing = k - int(np.searchsorted(ranking.ascending, np.float32(threshold), side="left"))
    for name, score in ranking.scores.items():
        if missing <= 0:
            break
        tied = torch.nonzero(score.reshape(-1) == threshold)[:missing, 0]
        masks[name].view(-1)[tied] = False
        missing -= len(tied)
    return masks, threshold


def apply(model: nn.Module, masks: Mapping[str, Tensor]) -> nn.Module:
    """Return a copy of a model in which what the masks remove is exactly zero, even where it was not a number."""
    pruned = copy.deepcopy(model)
    with torch.no_grad():
        for name, mask in masks.items():
            pruned.get_parameter(name).masked_fill_(~mask, 0)
    return pruned
