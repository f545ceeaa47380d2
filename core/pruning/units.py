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
from torch import Tensor, nn

from core.errors import BadPlan
from core.language import text
from core.pruning.bounded_graph import bounded, has_shifted_windows
from core.pruning.graph_library import tp
from core.pruning.inputs_first import pruners_of
from core.tasks.base import Heads, Task
from core.tasks.layers import keeps_inputs_first


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
        Structure(heads.inputs[0], heads.count, tuple(head_members(parameters, heads)), (), True)
        for heads in task.heads
        if not heads.together
    )


def head_members(parameters: Mapping[str, Tensor], heads: Heads) -> list[Member]:
    """List the parts of parameters that belong to the heads of one attention layer."""
    members = []
    for parts, along, names in ((3, 0, heads.packed), (1, 0, heads.rows), (1, 1, heads.columns)):
        for name in names:
            dimension = 1 - along if heads.inputs_first and parameters[name].ndim > 1 else along
            numbers = torch.arange(parameters[name].shape[dimension])
            index = (
                numbers.unflatten(0, (parts, heads.count, -1)).transpose(0, 1).flatten(1)
            )  # (heads, numbers of each)
            members.append(Member(name, dimension, index))
    return members


def head_rows(heads: Iterable[Heads]) -> set[str]:
    """Name the parameters whose rows go only with a whole attention head."""
    return {name for each in heads for name in each.inputs}


OTHERWISE = text("Choose single weights or N:M.")
"""What to do where whole units cannot go."""


def dependency_graph(model: nn.Module, example: Tensor) -> tp.DependencyGraph:
    """Trace what hangs together in a model, whose parameters need gradients from then on.

    example: one input of batch size 1. Raises BadPlan where it cannot be worked out.
    """
    if has_shifted_windows(model):
        raise BadPlan(
            text(
                "It cannot be worked out which units of this network belong together, since it attends in shifted "
                "windows."
            ),
            OTHERWISE,
        )
    for parameter in model.parameters():
        parameter.requires_grad_(True)
    if example.is_floating_point():
        example = example.to(next(model.parameters()).dtype)
    try:
        with torch.enable_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of single parameters, which are left as they are here
            return bounded(
                tp.DependencyGraph().build_dependency(
                    model, example_inputs=example, customized_pruners=pruners_of(model)
                )
            )
    except Exception as error:  # the graph fails in many ways on what it does not know
        raise BadPlan(
            text(
                "It cannot be worked out which units of this network belong together, as where channels are shuffled."
            ),
            OTHERWISE,
        ) from error


def groups(graph: tp.DependencyGraph) -> list[tp.dependency.Group]:
    """List the groups of coupled layers that something reads: those without a reader are the model's answers.

    Left out are those with a norm across their units, which would tell that one is missing, those that torch's own
    attention reads, whose inputs have one size throughout, and those of which only a part is read.
    Raises BadPlan where it cannot be worked out.
    """
    try:
        kinds = [nn.Conv1d, nn.Conv2d, nn.Linear, *graph.CUSTOMIZED_PRUNERS]
        found = list(graph.get_all_groups(root_module_types=kinds))
    except Exception as error:
        raise BadPlan(
            text("It cannot be worked out which units of this network belong together."), OTHERWISE
        ) from error
    return [
        group
        for group in found
        if any(not graph.is_out_channel_pruning_fn(item.dep.handler) for item in group)
        and not any(_needs_all_units(graph, item) for item in group)
        and _is_read_throughout(graph, group)
    ]


ACROSS_UNITS = nn.LayerNorm | nn.GroupNorm | nn.RMSNorm | nn.LocalResponseNorm


def _needs_all_units(graph: tp.DependencyGraph, item: Any) -> bool:
    """Whether a layer looks across the units of a group: a norm of torch's or of others, or torch's own attention."""
    module = item.dep.target.module
    if isinstance(module, nn.Parameter):  # of a layer that the graph does not know
        owner = graph.model.get_submodule(graph._param_to_name[module].rpartition(".")[0])
        return type(owner).__name__.endswith(("Norm", "GRN"))
    return isinstance(module, ACROSS_UNITS | nn.MultiheadAttention)


def _is_read_throughout(graph: tp.DependencyGraph, group: tp.dependency.Group) -> bool:
    """Whether each unit is an output of the layer that opens a group, or one and its gate, which are multiplied."""
    outputs, units = len(group[0].idxs), _count(group)
    if outputs == units:
        return True
    root = group[0].dep
    first = graph.get_pruning_group(root.target.module, root.handler, idxs=[0])
    together = {place for item in first if item.dep.target is root.target and _writes(item) for place in item.idxs}
    return outputs % units == 0 and together == set(range(0, outputs, units))


def _count(group: tp.dependency.Group) -> int:
    """Return how many units a group has: as many as its smallest layer has outputs or inputs of it."""
    layers = [each for each in group if isinstance(each.dep.target.module, nn.Module)]
    return min(len(each.idxs) for each in layers if list(each.dep.target.module.parameters(recurse=False)))


def unit_index(group: tp.dependency.Group, item: Any) -> Tensor:
    """Return the places of each unit of a group in one of its layers, int (units, places of each)."""
    units, places = _count(group), torch.tensor(list(item.idxs))
    if units < len(group[0].idxs) == len(places):
        return places.reshape(-1, units).T  # gates lie behind what they are multiplied with
    return places.reshape(units, -1)


def group_members(group: tp.dependency.Group) -> list[Member]:
    """List a group's own parameters: rows of weights, biases, normalisation."""
    units = _count(group)
    found = []
    for item in group:
        module, name = item.dep.target.module, item.dep.target._name
        if not isinstance(module, nn.Module) or not _writes(item) or len(item.idxs) % units:
            continue
        index, turned = unit_index(group, item), keeps_inputs_first(module)
        found += [
            Member(f"{name}.{leaf}", int(turned and value.ndim > 1), index)
            for leaf, value in module.named_parameters(recurse=False)
        ]
    return found


def _group_readers(group: tp.dependency.Group) -> tuple[Reader, ...]:
    """List the layers that read what a group's units say."""
    return tuple(
        Reader(item.dep.target._name, unit_index(group, item))
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
    owners = [model.get_submodule(name.rpartition(".")[0]) for name in weights]
    linear = all(isinstance(owner, nn.Linear) or keeps_inputs_first(owner) for owner in owners)
    return Structure(weights[0], _count(group), tuple(members), _group_readers(group), linear)
