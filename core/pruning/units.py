"""Whole neurons, channels and heads: which parameters go together.

What hangs together is read off Torch-Pruning's dependency graph (Fang et al. 2023, DepGraph: towards any structural
pruning), so that residual additions and flattening are followed by the network's own computation.
"""

import copy
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch_pruning as tp
from torch import Tensor, nn

from core.errors import BadPlan
from core.tasks.base import Heads, Task


@dataclass(frozen=True, eq=False)
class Member:
    """The part of a parameter that belongs to each unit: `index[u]` along `dimension`; index is (units, width)."""

    parameter: str
    dimension: int
    index: Tensor

    def of(self, value: Tensor) -> Tensor:
        """Return what each unit has of a tensor of the parameter's shape: (units, numbers of each)."""
        return value.movedim(self.dimension, 0)[self.index].flatten(1)


@dataclass(frozen=True, eq=False)
class Reader:
    """A layer that reads what the units say: unit u at the inputs `index[u]` of `module`; index is (units, width)."""

    module: str
    index: Tensor


@dataclass(frozen=True, eq=False)
class Structure:
    """Units that can go one by one, each with all its parameters; coupled layers (residual additions) share one.

    name: the weight that opens it; units: how many there are.
    members: what goes with a unit: weights, biases, normalisation. readers: the layers behind.
    linear: whether all its weights are those of fully connected layers.
    """

    name: str
    units: int
    members: tuple[Member, ...]
    readers: tuple[Reader, ...]
    linear: bool


def layer_structures(task: Task) -> tuple[Structure, ...]:
    """List the channels and neurons that can go, in the order data meets them; the model's answers are left out.

    Raises BadPlan where the graph cannot be worked out.
    """
    model = copy.deepcopy(task.model)
    place = {name: i for i, name in enumerate(task.prunable)}
    found = [_structure(model, task, place, group) for group in groups(dependency_graph(model, task.example))]
    return tuple(sorted((each for each in found if each is not None), key=lambda each: place[each.name]))


def head_structures(task: Task) -> tuple[Structure, ...]:
    """List each attention layer's heads: their rows of query, key and value, their columns of the output."""
    parameters = dict(task.model.named_parameters())
    return tuple(
        Structure(heads.rows[0], heads.count, tuple(head_members(parameters, heads)), (), True) for heads in task.heads
    )


def head_members(parameters: Mapping[str, Tensor], heads: Heads) -> list[Member]:
    """List the parts of parameters that belong to the heads of one attention layer."""
    members = []
    for dimension, names in ((0, heads.rows), (1, heads.columns)):
        for name in names:
            width = parameters[name].shape[dimension] // heads.count
            index = torch.arange(heads.count * width).reshape(heads.count, width)
            members.append(Member(name, dimension, index))
    return members


def head_rows(heads: Iterable[Heads]) -> set[str]:
    """Name the parameters whose rows go only with a whole attention head."""
    return {name for each in heads for name in each.rows}


OTHERWISE = "Choose single weights or N:M."
"""What to do where whole units cannot go."""


def dependency_graph(model: nn.Module, example: Tensor) -> tp.DependencyGraph:
    """Trace what hangs together in a model, whose parameters need gradients from then on.

    example: one input of batch size 1. Raises BadPlan where it cannot be worked out.
    """
    for parameter in model.parameters():
        parameter.requires_grad_(True)
    if example.is_floating_point():
        example = example.to(next(model.parameters()).dtype)
    try:
        with torch.enable_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of single parameters, which are left as they are here
            return tp.DependencyGraph().build_dependency(model, example_inputs=example)
    except Exception as error:  # the graph fails in many ways on what it does not know
        raise BadPlan(
            "It cannot be worked out which units of this network belong together, as where channels are shuffled.",
            OTHERWISE,
        ) from error


def groups(graph: tp.DependencyGraph) -> list[tp.dependency.Group]:
    """List the groups of coupled layers that something reads: those without a reader are the model's answers.

    Left out are those with a norm across their units, which would tell that one is missing.
    Raises BadPlan where it cannot be worked out.
    """
    try:
        found = list(graph.get_all_groups(root_module_types=[nn.Conv1d, nn.Conv2d, nn.Linear]))
    except Exception as error:
        raise BadPlan("It cannot be worked out which units of this network belong together.", OTHERWISE) from error
    return [
        group
        for group in found
        if any(not graph.is_out_channel_pruning_fn(item.dep.handler) for item in group)
        and not any(isinstance(item.dep.target.module, ACROSS_UNITS) for item in group)
    ]


ACROSS_UNITS = nn.LayerNorm | nn.GroupNorm | nn.RMSNorm | nn.LocalResponseNorm


def group_members(group: tp.dependency.Group) -> list[Member]:
    """List a group's own parameters: rows of weights, biases, normalisation."""
    units = len(group[0].idxs)
    found = []
    for item in group:
        module, name = item.dep.target.module, item.dep.target._name
        if not isinstance(module, nn.Module) or not _writes(item) or len(item.idxs) % units:
            continue
        index = torch.tensor(list(item.idxs)).reshape(units, -1)
        found += [Member(f"{name}.{leaf}", 0, index) for leaf, _ in module.named_parameters(recurse=False)]
    return found


def _group_readers(group: tp.dependency.Group) -> tuple[Reader, ...]:
    """List the layers that read what a group's units say."""
    units = len(group[0].idxs)
    return tuple(
        Reader(item.dep.target._name, torch.tensor(list(item.idxs)).reshape(units, -1))
        for item in group
        if isinstance(item.dep.target.module, nn.Module)
        and list(item.dep.target.module.parameters(recurse=False))
        and not _writes(item)
    )


def _writes(item: Any) -> bool:
    """Whether an item of a group is a layer whose outputs are the group's units."""
    module = item.dep.target.module  # a parameter on its own, where it is of no layer that the graph knows
    return (
        isinstance(module, nn.Module)
        and bool(list(module.parameters(recurse=False)))
        and "out_channels" in item.dep.handler.__name__
    )


def _structure(model: nn.Module, task: Task, place: Mapping[str, int], group: tp.dependency.Group) -> Structure | None:
    """Return the units of a group; None where they go as heads, or hold a weight that the task does not let go."""
    members = group_members(group)
    if head_rows(task.heads) & {member.parameter for member in members}:
        return None
    weights = sorted((m.parameter for m in members if m.parameter in place), key=place.__getitem__)
    matrices = {m.parameter for m in members if model.get_parameter(m.parameter).ndim > 1}
    if not weights or matrices - set(place):
        return None
    linear = all(isinstance(model.get_submodule(name.rpartition(".")[0]), nn.Linear) for name in weights)
    return Structure(weights[0], len(group[0].idxs), tuple(members), _group_readers(group), linear)
