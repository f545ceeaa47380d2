"""The order in which a plan removes things: scored and sorted once, whatever amount is then taken."""

import math
from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from torch import Tensor

from core.errors import BadPlan
from core.language import text
from core.pruning.criteria import Scores
from core.pruning.plan import PruningPlan
from core.pruning.pools import Pool, unit_pools, weight_pools
from core.pruning.unit_scores import unit_scores
from core.pruning.units import Member, Structure
from core.tasks.base import Task
from core.tasks.layers import keeps_inputs_first

Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, eq=False)
class Ranking:
    """Scores of everything a plan may remove, and how they are compared.

    plan: the scoring part of the plan it was made for; the amounts may differ.
    scores: name -> what is compared: for single weights a tensor of the parameter's shape, for units (units,).
        What is not a number counts as important: no threshold removes it.
        What was zero before has -1 where single weights are compared, so that it goes first.
    pools: the sets of names that share a cut, each with its scores in ascending order; none for a pattern.
    shapes: prunable parameter -> its shape, in the order data meets them.
    structures: what a unit is made of; empty for single weights.
    zeros: parameter -> which of its weights were zero before, for those that have any: they count as removed.
    zeros_outside: how many of these belong to no unit, where whole units go.
    unscored: parameters that stay whole, since the criterion could not see what they are multiplied with.
    inputs_first: parameters of the shape (in, out); all others are (out, in, ...).
    """

    plan: PruningPlan
    scores: Scores
    pools: tuple[Pool, ...]
    shapes: Shapes
    structures: tuple[Structure, ...] = ()
    zeros: Mapping[str, Tensor] = field(default_factory=dict)
    zeros_outside: int = 0
    unscored: tuple[str, ...] = ()
    inputs_first: frozenset[str] = frozenset()


def rank(task: Task, plan: PruningPlan | None = None, sort: bool = True) -> Ranking:
    """Score all that a plan may remove, and sort the scores once; the plan's amounts do not matter.

    sort: False for a ranking of single weights that is cut only once, since finding one cut costs less than sorting.
    Raises BadPlan when the plan does not fit the model.
    """
    plan = (plan or PruningPlan()).scoring
    task = _restricted(task, plan)
    parameters = dict(task.model.named_parameters())
    shapes = {name: tuple(parameters[name].shape) for name in task.prunable}
    zeros = {name: gone for name in task.prunable if (gone := parameters[name].detach() == 0).any()}
    structures = plan.choices.granularity.structures
    if structures is None:
        return _rank_weights(task, plan, shapes, zeros, sort)
    return _rank_units(task, plan, structures(task), shapes, zeros)


def removable(task: Task, granularity: str, embeddings: bool = False) -> tuple[str, ...]:
    """Name what can be given an override: prunable parameters, or what opens each structure.

    Raises BadPlan when the model has nothing of the kind.
    """
    plan = PruningPlan(granularity=granularity, embeddings=embeddings)
    task = _restricted(task, plan)
    structures = plan.choices.granularity.structures
    return task.prunable if structures is None else tuple(structure.name for structure in structures(task))


def _rank_weights(task: Task, plan: PruningPlan, shapes: Shapes, zeros: Mapping[str, Tensor], sort: bool) -> Ranking:
    criterion, rescale = plan.choices.criterion, plan.choices.scope.rescale
    scores = _score_weights(task, plan)
    unscored = () if criterion.sees_all else _unscored(task, scores)
    _check_overrides(plan, tuple(scores), shapes)
    turned = _inputs_first(task)
    if rescale is not None:
        scores = {name: rescale(score.T).T if name in turned else rescale(score) for name, score in scores.items()}
    if zeros:
        first = {name: scores[name].masked_fill(gone, -1.0) for name, gone in zeros.items()}
        scores = ChainMap(first, scores)  # type: ignore[arg-type]  # it is only read, and may be made when asked for
    counts = {name: math.prod(shape) for name, shape in shapes.items()}
    pools = () if plan.pattern else weight_pools(scores, counts, plan, sort)
    return Ranking(plan, scores, pools, shapes, zeros=zeros, unscored=unscored, inputs_first=turned)


def _inputs_first(task: Task) -> frozenset[str]:
    """Name the prunable parameters of the shape (in, out)."""
    owners = {name: task.model.get_submodule(name.rpartition(".")[0]) for name in task.prunable}
    return frozenset(name for name, owner in owners.items() if keeps_inputs_first(owner))


def _rank_units(
    task: Task, plan: PruningPlan, found: tuple[Structure, ...], shapes: Shapes, zeros: Mapping[str, Tensor]
) -> Ranking:
    rescale = plan.choices.scope.rescale
    scores = _score_units(task, plan, found)
    structures = tuple(structure for structure in found if structure.name in scores)
    _check_overrides(plan, tuple(scores), shapes)
    if rescale is not None:
        scores = {name: rescale(score) for name, score in scores.items()}
    lost = {structure.name: _zeros_of_units(structure, zeros) for structure in structures}
    sizes = {structure.name: _sizes_of_units(structure, shapes) - lost[structure.name] for structure in structures}
    inside = {name: int(each.sum()) for name, each in lost.items()}
    outside = sum(int(gone.sum()) for gone in zeros.values()) - sum(inside.values())
    return Ranking(plan, scores, unit_pools(scores, sizes, inside, plan), shapes, structures, zeros, outside)


def _score_units(task: Task, plan: PruningPlan, structures: tuple[Structure, ...]) -> Scores:
    """Score whole units: by what the criterion says of units, else from the scores of their weights."""
    criterion = plan.choices.criterion
    if criterion.units is not None:
        return criterion.units(task, structures, plan.seed)
    return unit_scores(_score_weights(task, plan), structures, plan.norm)


def _score_weights(task: Task, plan: PruningPlan) -> Scores:
    judge = plan.choices.criterion.weights
    assert judge is not None  # a plan of single weights with a criterion of whole units is refused
    return judge(task, plan.seed)


def _restricted(task: Task, plan: PruningPlan) -> Task:
    """Return the task with only those parameters prunable that a plan may touch."""
    if plan.embeddings or not task.opt_in_parameters:
        return task
    return replace(task, prunable=tuple(name for name in task.prunable if name not in task.opt_in_parameters))


def _unscored(task: Task, scores: Scores) -> tuple[str, ...]:
    """Name the parameters of numbers that have no score at all."""
    parameters = dict(task.model.named_parameters())
    return tuple(name for name, score in scores.items() if score.isnan().all() and not parameters[name].isnan().all())


def _sizes_of_units(structure: Structure, shapes: Shapes) -> np.ndarray:
    """Count the prunable weights that go with each unit, int (units,)."""
    found = np.zeros(structure.units, np.int64)
    for member in structure.members:
        if member.parameter in shapes:
            found += _weights_of_a_unit(member, shapes[member.parameter])
    return found


def _weights_of_a_unit(member: Member, shape: tuple[int, ...]) -> int:
    return member.index.shape[1] * math.prod(shape) // shape[member.dimension]


def _zeros_of_units(structure: Structure, zeros: Mapping[str, Tensor]) -> np.ndarray:
    """Count the weights of each unit that were zero before, int (units,)."""
    found = np.zeros(structure.units, np.int64)
    for member in structure.members:
        if member.parameter in zeros:
            found += member.of(zeros[member.parameter]).sum(1).numpy()
    return found


def _check_overrides(plan: PruningPlan, names: tuple[str, ...], shapes: Shapes) -> None:
    """Raise BadPlan for overrides of what the plan cannot remove one by one."""
    for name in dict(plan.overrides):
        if name not in names:
            what = text("An override names {name!r}, which does not exist or is never pruned.", name=name)
            if name in shapes:
                what = text("An override names {name!r}, which cannot go unit by unit.", name=name)
            raise BadPlan(what, text("Possible are: {names}.", names=", ".join(names)))
