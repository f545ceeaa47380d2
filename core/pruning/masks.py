"""From scores to masks: sort once, then every threshold is a search and a comparison."""

import copy
import math
from collections import ChainMap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor, nn

from core.errors import BadPlan
from core.pruning.criteria import UNIT_SCORES, WEIGHT_SCORES, Scores, unit_scores
from core.pruning.plan import PruningPlan
from core.pruning.scope import Pool, lamp, pools, rows, shares
from core.pruning.units import Member, Structure, structures
from core.tasks.base import Heads, Task


@dataclass(frozen=True, eq=False)
class Ranking:
    """Scores of everything a plan may remove, and how they are compared.

    plan: the scoring part of the plan it was made for; the amounts may differ.
    scores: name -> what is compared: for single weights a tensor of the parameter's shape, for units (units,).
        What is not a number counts as important: no threshold removes it.
    pools: the sets of names that share a cut, each with its scores in ascending order.
    shapes: prunable parameter -> its shape, in the order data meets them.
        What was zero before has -1 where single weights are compared, so that it goes first.
    structures: what a unit is made of; empty for single weights.
    zeros: parameter -> which of its weights were zero before, for those that have any: they count as removed.
    unscored: parameters that stay whole, since the criterion could not see what they are multiplied with.
    """

    plan: PruningPlan
    scores: Scores
    pools: tuple[Pool, ...]
    shapes: Mapping[str, tuple[int, ...]]
    structures: tuple[Structure, ...] = ()
    zeros: Mapping[str, Tensor] = field(default_factory=dict)
    unscored: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layer:
    """What happened to one parameter: `kept` of its `weights` stay.

    threshold: the score at the cut that this layer met; None where a pattern decided.
    """

    name: str
    shape: tuple[int, ...]
    weights: int
    kept: int
    threshold: float | None = None

    @property
    def sparsity(self) -> float:
        """The removed share, 0 to 1."""
        return 1 - self.kept / self.weights if self.weights else 0.0


@dataclass(frozen=True, eq=False)
class Pruned:
    """A pruned copy of a model.

    model: the copy; removed weights are exactly zero.
    masks: prunable parameter -> bool tensor of its shape, True where the weight is kept; what was zero before is not.
    companion_masks: the same for biases and normalisation that go with removed units, so that their outputs are zero.
    threshold: the score at the cut; every removed score lies below it (or, at an exact sparsity, on it).
        None where layers have cuts of their own.
    layers: what stays of each parameter, in the order data meets them.
    example: one input of batch size 1; heads: the attention layers, as the task names them.
    examples: () -> a few real inputs, on which networks that should say the same are compared.
    unscored: parameters that stayed whole, since the criterion could not see what they are multiplied with.
    """

    model: nn.Module
    masks: Mapping[str, Tensor]
    plan: PruningPlan
    threshold: float | None
    layers: tuple[Layer, ...]
    example: Tensor
    companion_masks: Mapping[str, Tensor]
    heads: tuple[Heads, ...] = ()
    examples: Callable[[], Tensor] | None = None
    unscored: tuple[str, ...] = ()

    def with_masks(self, model: nn.Module, masks: Mapping[str, Tensor], companions: Mapping[str, Tensor]) -> "Pruned":
        """Return this with another model and other masks; `model` is copied, and zero where they say so."""
        layers = tuple(replace(layer, kept=int(torch.count_nonzero(masks[layer.name]))) for layer in self.layers)
        return replace(
            self, model=apply(model, {**masks, **companions}), masks=masks, companion_masks=companions, layers=layers
        )

    @property
    def sparsity(self) -> float:
        """The removed share of the prunable weights, 0 to 1."""
        total = sum(layer.weights for layer in self.layers)
        return 1 - sum(layer.kept for layer in self.layers) / total if total else 0.0

    @property
    def collapsed(self) -> tuple[str, ...]:
        """Names of parameters of which nothing is left, so that no signal passes."""
        return tuple(layer.name for layer in self.layers if layer.kept == 0 < layer.weights)


def rank(task: Task, plan: PruningPlan | None = None, sort: bool = True) -> Ranking:
    """Score all that a plan may remove, and sort the scores once; the plan's amounts do not matter.

    sort: False for a ranking that is cut only once, since finding one cut costs less than sorting.
    Raises BadPlan when the plan does not fit the model.
    """
    plan = (plan or PruningPlan()).scoring
    task = _open_to(task, plan)
    parameters = dict(task.model.named_parameters())
    shapes = {name: tuple(parameters[name].shape) for name in task.prunable}
    units = structures(task, plan.granularity) if plan.structured else ()
    zeros = {name: gone for name in task.prunable if (gone := parameters[name].detach() == 0).any()}
    if plan.structured:
        scores = _unit_scores(task, plan, units)
        units = tuple(unit for unit in units if unit.name in scores)
        counts = {unit.name: unit.units for unit in units}
        sizes = {unit.name: _sizes(unit, shapes, zeros) for unit in units}
    else:
        scores = WEIGHT_SCORES[plan.criterion](task, plan.seed)
        counts = {name: math.prod(shape) for name, shape in shapes.items()}
        sizes = dict.fromkeys(shapes, 1)
    unscored = () if plan.structured or plan.criterion != "activation" else _unseen(scores, parameters)
    _check_overrides(plan, tuple(scores), shapes)
    if plan.scope in RESCALED:
        scores = {name: RESCALED[plan.scope](score) for name, score in scores.items()}
    if zeros and not plan.structured:
        scores = ChainMap({name: scores[name].masked_fill(gone, -1.0) for name, gone in zeros.items()}, scores)
    found = () if plan.pattern else pools(scores, counts, sizes, plan, sort)
    return Ranking(plan, scores, found, shapes, units, zeros, unscored)


def _unseen(scores: Scores, parameters: Mapping[str, Tensor]) -> tuple[str, ...]:
    """Name the parameters of numbers that have no score at all."""
    return tuple(name for name, score in scores.items() if score.isnan().all() and not parameters[name].isnan().all())


RESCALED: Mapping[str, Callable[[Tensor], Tensor]] = {"lamp": lamp, "row": rows}
"""Scopes that make a layer's scores comparable with those of others."""


def removable(task: Task, granularity: str, embeddings: bool = False) -> tuple[str, ...]:
    """Name what can be given an override: prunable parameters, or what opens each structure.

    Raises BadPlan when the model has nothing of the kind.
    """
    plan = PruningPlan(granularity=granularity, embeddings=embeddings)
    task = _open_to(task, plan)
    if not plan.structured:
        return task.prunable
    return tuple(structure.name for structure in structures(task, granularity))


def prune(task: Task, plan: PruningPlan, ranking: Ranking | None = None) -> Pruned:
    """Remove what a plan says from a copy of the task's model.

    ranking: what `rank(task, plan)` returned, if it is at hand; saves scoring and sorting again.
    Raises BadPlan when the plan does not fit the model, ValueError for a ranking of another plan.
    """
    ranking = ranking or rank(task, plan, sort=False)
    if ranking.plan != plan.scoring:
        raise ValueError("This ranking was made for a plan that scores differently.")
    masks, companions, cuts = cut(ranking, plan)
    layers = tuple(
        Layer(name, tuple(mask.shape), mask.numel(), int(torch.count_nonzero(mask)), cuts.get(name))
        for name, mask in masks.items()
    )
    common = {layer.threshold for layer in layers if layer.name in cuts and layer.name not in dict(plan.overrides)}
    return Pruned(
        model=apply(task.model, {**masks, **companions}),
        masks=masks,
        plan=plan,
        threshold=common.pop() if len(common) == 1 else None,
        layers=layers,
        example=task.example,
        companion_masks=companions,
        heads=task.heads,
        examples=lambda: some_examples(task),
        unscored=ranking.unscored,
    )


def some_examples(task: Task, most: int = 4) -> Tensor:
    """Return a few inputs of a task, real ones where it has data: (n, ...), n at most `most`."""
    if task.inputs.few is not None:
        return task.inputs.few(most)
    for split in ("validation", "train"):
        if task.count(split):
            inputs, _ = next(iter(task.batches(split, most, torch.Generator().manual_seed(0), ())))
            return inputs
    if not task.example.is_floating_point():
        return task.example
    return torch.randn(most, *task.example.shape[1:], generator=torch.Generator().manual_seed(0))


def cut(ranking: Ranking, plan: PruningPlan) -> tuple[dict[str, Tensor], dict[str, Tensor], dict[str, float]]:
    """Return masks of the prunable parameters, of what goes with them, and the score at the cut that each met.

    At an exact sparsity, what has the very score of the cut is removed in the order of the layers until the
    count is met, so equal scores are never a matter of chance.
    """
    if plan.pattern:
        dense = dict(plan.overrides)
        return (
            {
                name: ~(score < 0) if name in dense else keep_n_of_m(score, *plan.pattern) & ~(score < 0)
                for name, score in ranking.scores.items()
            },
            {},
            {},
        )
    kept: dict[str, Tensor] = {}
    cuts: dict[str, float] = {}
    for pool, share in zip(ranking.pools, amounts(ranking, plan), strict=True):
        threshold, ties = (plan.threshold or 0.0, 0) if share is None else pool.threshold_at(share)
        for name in pool.names:
            score = ranking.scores[name]
            kept[name] = ~(score < threshold)
            cuts[name] = threshold
            if ties > 0:
                tied = torch.nonzero(score.reshape(-1) == threshold)[:ties, 0]
                kept[name].view(-1)[tied] = False
                ties -= len(tied)
    if not ranking.structures:
        return {name: kept[name] for name in ranking.shapes}, {}, {name: cuts[name] for name in ranking.shapes}
    return _expand(ranking, kept, cuts)


def amounts(ranking: Ranking, plan: PruningPlan) -> list[int | None]:
    """Say for each pool of a ranking how many weights it gives; None where the plan's threshold decides."""
    zeros, weights = {}, {}
    for unit in ranking.structures:
        members = [member for member in unit.members if member.parameter in ranking.shapes]
        weights[unit.name] = sum(int(_weights(member, ranking.shapes).sum()) for member in members)
        zeros[unit.name] = sum(
            int(ranking.zeros[member.parameter].sum()) for member in members if member.parameter in ranking.zeros
        )
    outside = sum(int(gone.sum()) for gone in ranking.zeros.values()) - sum(zeros.values()) if weights else 0
    return shares(ranking.pools, ranking.shapes, plan, zeros, weights, outside)


def keep_n_of_m(scores: Tensor, n: int, m: int) -> Tensor:
    """Keep the n highest of every m neighbours along the input dimension: bool, of the scores' shape (out, in, ...).

    A ragged group at the end keeps at most n too. Of equal scores the first stay; what is not a number stays.
    Source: Mishra et al. 2021, Accelerating sparse deep neural networks; Zhou et al. 2021 for other N and M.
    """
    last = scores.movedim(1, -1)  # (out, ..., in)
    inputs = last.shape[-1]
    padded = nn.functional.pad(last.nan_to_num(torch.inf, torch.inf), (0, -inputs % m), value=-torch.inf)
    groups = padded.unflatten(-1, (-1, m))  # (out, ..., groups, m)
    order = groups.sort(dim=-1, descending=True, stable=True).indices[..., :n]
    kept = torch.zeros(groups.shape, dtype=torch.bool).scatter_(-1, order, True)
    return kept.flatten(-2)[..., :inputs].movedim(-1, 1).contiguous()


def apply(model: nn.Module, masks: Mapping[str, Tensor]) -> nn.Module:
    """Return a copy of a model in which what the masks remove is exactly zero, even where it was not a number."""
    pruned = copy.deepcopy(model)
    with torch.no_grad():
        for name, mask in masks.items():
            pruned.get_parameter(name).masked_fill_(~mask, 0)
    return pruned


def _open_to(task: Task, plan: PruningPlan) -> Task:
    """Return the task with only those parameters prunable that a plan may touch."""
    if plan.embeddings or not task.opt_in_parameters:
        return task
    return replace(task, prunable=tuple(name for name in task.prunable if name not in task.opt_in_parameters))


def _unit_scores(task: Task, plan: PruningPlan, units: tuple[Structure, ...]) -> Scores:
    """Score whole units: by a criterion of their own, by chance, or from the scores of their weights."""
    if plan.criterion in UNIT_SCORES:
        return UNIT_SCORES[plan.criterion](task, units)
    if plan.criterion == "random":
        generator = torch.Generator().manual_seed(plan.seed)
        return {unit.name: torch.rand(unit.units, generator=generator) for unit in units}
    return unit_scores(WEIGHT_SCORES[plan.criterion](task, plan.seed), units, plan.norm)


def _expand(
    ranking: Ranking, kept: Mapping[str, Tensor], cuts: Mapping[str, float]
) -> tuple[dict[str, Tensor], dict[str, Tensor], dict[str, float]]:
    """Turn what is kept of each structure, bool (units,), into masks of all its parameters."""
    masks = {name: torch.ones(shape, dtype=torch.bool) for name, shape in ranking.shapes.items()}
    companions: dict[str, Tensor] = {}
    thresholds: dict[str, float] = {}
    for structure in ranking.structures:
        gone = ~kept[structure.name]
        for member in structure.members:
            if member.parameter in masks:
                thresholds[member.parameter] = cuts[structure.name]
                masks[member.parameter].movedim(member.dimension, 0)[member.index[gone].flatten()] = False
            else:
                mask = companions.setdefault(member.parameter, torch.ones(member.index.numel(), dtype=torch.bool))
                mask[member.index[gone].flatten()] = False
    for name, lost in ranking.zeros.items():
        masks[name] &= ~lost
    return masks, companions, thresholds


def _weights(member: Member, shapes: Mapping[str, tuple[int, ...]]) -> np.ndarray:
    """Count the prunable weights that each unit has in this member, int (units,)."""
    shape = shapes.get(member.parameter)
    each = member.index.shape[1] * int(np.prod(shape)) // shape[member.dimension] if shape else 0
    return np.full(len(member.index), each, np.int64)


def _sizes(unit: Structure, shapes: Mapping[str, tuple[int, ...]], zeros: Mapping[str, Tensor]) -> np.ndarray:
    """Count the weights that go with each unit of a structure, without those that were zero before, int (units,)."""
    found = np.zeros(unit.units, np.int64)
    for member in unit.members:
        found += _weights(member, shapes)
        if member.parameter in zeros:
            gone = zeros[member.parameter].movedim(member.dimension, 0)[member.index]  # (units, width, ...)
            found -= gone.flatten(1).sum(1).numpy()
    return found


def _check_overrides(plan: PruningPlan, names: tuple[str, ...], shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Raise BadPlan for overrides of what the plan cannot remove one by one."""
    for name, _ in plan.overrides:
        if name not in names:
            why = "cannot go unit by unit" if name in shapes else "does not exist or is never pruned"
            raise BadPlan(f"An override names {name!r}, which {why}.", f"Possible are: {', '.join(names)}.")
