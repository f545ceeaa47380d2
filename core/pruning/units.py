"""Whole neurons, channels and heads: which parameters belong to one, and the smaller network without it.

What hangs together is read off Torch-Pruning's dependency graph (Fang et al. 2023, DepGraph: towards any structural
pruning), so that residual additions and flattening are followed by the network's own computation.
"""

import copy
import warnings
from collections.abc import Mapping
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


def structures(task: Task, granularity: str) -> tuple[Structure, ...]:
    """List what can go as a whole; layers whose units are the model's answers are left out.

    Raises BadPlan when the model has nothing of the kind.
    """
    if granularity == "head":
        found = tuple(_heads(task))
        if not found:
            raise BadPlan("This model has no attention heads.", "Choose weights, N:M, neurons or channels.")
        return found
    order = {name: place for place, name in enumerate(task.prunable)}
    found = tuple(s for s in _units(task, set(order)) if granularity == "channel" or s.linear)
    if not found:
        what = "fully connected layer" if granularity == "neuron" else "layer"
        raise BadPlan(
            f"This model has no {what} before the last one whose units could go.",
            "Choose channels, or single weights." if granularity == "neuron" else "Choose single weights.",
        )
    return tuple(sorted(found, key=lambda s: order[s.name]))


TOLERANCE = 1e-4
"""How far the answers of a smaller network may lie from those of the masked one, absolutely and relatively."""


def shrink(pruned: "Pruned") -> nn.Module:  # noqa: F821  (core.pruning.masks, which imports this module)
    """Return a smaller dense copy without the units that are zero throughout; it gives the same outputs.

    A unit goes when its weights, its bias and its normalisation are all zero, so a plan of single weights usually
    leaves nothing to remove. Of a layer that is empty one unit (a zero) stays, since no layer can have none.
    Raises BadPlan, naming the layers, where the smaller network would answer differently on a few examples: as where an
    activation function makes something of zero, or a normalisation looks across units.
    """
    small = _shrunk(copy.deepcopy(pruned.model), pruned)
    if not _same_answers(pruned, small):
        raise BadPlan(
            f"Without its removed units this network would answer differently: what follows {_culprits(pruned)} makes "
            "something of zero, or looks across units.",
            "Choose single weights or N:M, or keep these layers whole; the network with zeros in it works as it is.",
        )
    return small


def _same_answers(pruned: "Pruned", small: nn.Module) -> bool:  # noqa: F821
    """Whether a smaller network says the same as the masked one on a few examples."""
    inputs = pruned.examples() if pruned.examples else pruned.example
    try:
        with torch.inference_mode():
            masked, found = pruned.model(inputs), small(inputs)
    except (AttributeError, IndexError, RuntimeError, TypeError, ValueError):
        return False
    if masked.shape != found.shape:
        return False
    return torch.allclose(found, masked, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True)


def _culprits(pruned: "Pruned") -> str:  # noqa: F821
    """Name the layers whose units alone, taken away, change the answers."""
    names = [layer.name for layer in pruned.layers if 0 < layer.kept < layer.weights or layer.kept == 0]
    found = []
    for name in names:
        try:
            alone = _shrunk(copy.deepcopy(pruned.model), pruned, only=name)
        except BadPlan:
            found.append(name)
            continue
        if not _same_answers(pruned, alone):
            found.append(name)
    owners = [name.rpartition(".")[0] for name in found or names]
    return ", ".join(owners[:5]) + (f" and {len(owners) - 5} more" if len(owners) > 5 else "")


@dataclass(frozen=True, eq=False)
class SmallerNetwork:
    """A shrunk network that knows where its numbers lie in the whole one.

    whole: the masked network; model: the smaller one, which says the same.
    places: parameter or buffer -> for each number of the smaller tensor its place in the flattened whole one.
    """

    whole: nn.Module
    model: nn.Module
    places: Mapping[str, Tensor]

    @classmethod
    def of(cls, pruned: "Pruned") -> "SmallerNetwork":  # noqa: F821
        """Shrink a pruned network and remember what went where. Raises BadPlan as `shrink` does."""
        shrink(pruned)
        numbered = copy.deepcopy(pruned.model).double()
        with torch.no_grad():
            for value in numbered.state_dict().values():
                value.copy_(torch.arange(value.numel()).reshape(value.shape))
        numbered = _shrunk(numbered, pruned)
        places = {name: value.long().clone() for name, value in numbered.state_dict().items()}
        whole = pruned.model.state_dict()
        small = numbered.float()
        for name, value in small.state_dict().items():
            value.copy_(whole[name].reshape(-1)[places[name].flatten()].reshape(value.shape))
        return cls(pruned.model, small, places)

    def masks(self, whole: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return masks of the whole network for the smaller one, for those parameters of which still something goes."""
        found = {}
        for name, mask in whole.items():
            kept = mask.reshape(-1)[self.places[name].flatten()].reshape(self.places[name].shape)
            if not kept.all():
                found[name] = kept
        return found

    def expand(self, model: nn.Module) -> nn.Module:
        """Return the whole network with the numbers of a smaller one, which may have learned since."""
        expanded = copy.deepcopy(self.whole)
        state, smaller = expanded.state_dict(), model.state_dict()
        for name, places in self.places.items():
            state[name].view(-1)[places.flatten()] = smaller[name].reshape(-1).to(state[name].dtype)
        return expanded


def _shrunk(model: nn.Module, pruned: "Pruned", only: str = "") -> nn.Module:  # noqa: F821
    """Remove from a model, in place, the units that are zero throughout in a pruned one of the same architecture.

    only: a parameter, to remove nothing but the units that it belongs to. Raises BadPlan where it cannot be done.
    """
    judged = pruned.model
    for parameter in model.parameters():
        parameter.requires_grad_(True)
    attention = {name for heads in pruned.heads for name in heads.rows}
    graph = _graph(model, pruned.example)
    for root, prune_out, group in list(_groups(graph)):
        if _normalised_across(group):
            continue
        members = _members(group)
        names = {member.parameter for member in members}
        if attention & names or not members or (only and only not in names):
            continue  # what a head says only counts as a whole; see below
        dead = _dead(judged, members)
        idle = torch.nonzero(dead).flatten().tolist()
        if len(idle) == len(dead):
            idle = idle[1:]
        if idle:
            try:
                graph.get_pruning_group(root, prune_out, idxs=idle).prune()
            except Exception as error:  # the graph fails in many ways on what it does not know
                layers = ", ".join(sorted({name.rpartition(".")[0] for name in names}))
                raise BadPlan(f"Units of {layers} cannot be taken out of this network.", OTHERWISE) from error
    for heads in pruned.heads:
        if not only or only in (*heads.rows, *heads.columns):
            _without_dead_heads(model, judged, heads)
    return model.eval()


OTHERWISE = "Choose single weights or N:M."


def _without_dead_heads(model: nn.Module, judged: nn.Module, heads: Heads) -> None:
    """Cut heads that are zero throughout out of one attention layer, in place; one stays in any case.

    Needs an attention that finds out from its inputs how many heads there are, as those of `transformers` do.
    """
    members = _head_members(dict(judged.named_parameters()), heads)
    alive = torch.nonzero(~_dead(judged, members)).flatten()
    alive = alive if len(alive) else torch.zeros(1, dtype=torch.long)
    if len(alive) == heads.count:
        return
    for member in members:
        owner, _, leaf = member.parameter.rpartition(".")
        layer = model.get_submodule(owner)
        kept = member.index[alive].flatten()
        value = getattr(layer, leaf).detach().index_select(member.dimension, kept)
        setattr(layer, leaf, nn.Parameter(value))
        layer.out_features, layer.in_features = layer.weight.shape


def sizes(model: nn.Module) -> dict[str, list[int]]:
    """Return the shape of every tensor of a model's state, which is all that `resized` needs to rebuild it."""
    return {name: list(value.shape) for name, value in model.state_dict().items()}


def resized(model: nn.Module, shapes: Mapping[str, list[int]]) -> nn.Module:
    """Return a copy of a network of the same architecture with tensors of other shapes, ready for `load_state_dict`."""
    fitted = copy.deepcopy(model)
    for name, shape in shapes.items():
        owner, _, leaf = name.rpartition(".")
        module = fitted.get_submodule(owner)
        if leaf in module._parameters:
            module._parameters[leaf] = nn.Parameter(torch.zeros(shape))
        else:
            module._buffers[leaf] = torch.zeros(shape, dtype=module._buffers[leaf].dtype)
    return fitted


def _graph(model: nn.Module, example: Tensor) -> tp.DependencyGraph:
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


def _groups(graph: tp.DependencyGraph) -> list[tuple[nn.Module, object, tp.dependency.Group]]:
    """List the groups that something reads: those without a reader are the model's answers."""
    found = []
    try:
        groups = list(graph.get_all_groups(root_module_types=[nn.Conv1d, nn.Conv2d, nn.Linear]))
    except Exception as error:
        raise BadPlan("It cannot be worked out which units of this network belong together.", OTHERWISE) from error
    for group in groups:
        if any(not graph.is_out_channel_pruning_fn(item.dep.handler) for item in group):
            found.append((group[0].dep.target.module, group[0].dep.handler, group))
    return found


def _members(group: tp.dependency.Group) -> list[Member]:
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


def _writes(item: Any) -> bool:
    """Whether an item of a group is a layer whose outputs are the group's units."""
    module = item.dep.target.module  # a parameter on its own, where it is of no layer that the graph knows
    return (
        isinstance(module, nn.Module)
        and bool(list(module.parameters(recurse=False)))
        and "out_channels" in item.dep.handler.__name__
    )


def _units(task: Task, prunable: set[str]) -> list[Structure]:
    model = copy.deepcopy(task.model)
    for parameter in model.parameters():
        parameter.requires_grad_(True)
    place = {name: i for i, name in enumerate(task.prunable)}
    found = []
    attention = {name for heads in task.heads for name in heads.rows}
    for _, _, group in _groups(_graph(model, task.example)):
        if _normalised_across(group):
            continue
        members = _members(group)
        if attention & {member.parameter for member in members}:
            continue  # heads go as a whole
        weights = sorted((m.parameter for m in members if m.parameter in prunable), key=place.__getitem__)
        if not weights or {m.parameter for m in members if _deep(model, m)} - prunable:
            continue  # it holds a weight that the task does not let go
        units = len(group[0].idxs)
        readers = tuple(
            Reader(item.dep.target._name, torch.tensor(list(item.idxs)).reshape(units, -1))
            for item in group
            if isinstance(item.dep.target.module, nn.Module)
            and list(item.dep.target.module.parameters(recurse=False))
            and not _writes(item)
        )
        linear = all(isinstance(model.get_submodule(name.rpartition(".")[0]), nn.Linear) for name in weights)
        found.append(Structure(weights[0], units, tuple(members), readers, linear))
    return found


def _normalised_across(group: tp.dependency.Group) -> bool:
    """Whether a norm across its units would tell that one is missing."""
    across = nn.LayerNorm | nn.GroupNorm | nn.RMSNorm | nn.LocalResponseNorm
    return any(isinstance(item.dep.target.module, across) for item in group)


def _deep(model: nn.Module, member: Member) -> bool:
    return model.get_parameter(member.parameter).ndim > 1


def _heads(task: Task) -> list[Structure]:
    """List each attention layer's heads: their rows of query, key and value, their columns of the output."""
    parameters = dict(task.model.named_parameters())
    return [
        Structure(heads.rows[0], heads.count, tuple(_head_members(parameters, heads)), (), True) for heads in task.heads
    ]


def _head_members(parameters: Mapping[str, Tensor], heads: Heads) -> list[Member]:
    members = []
    for dimension, names in ((0, heads.rows), (1, heads.columns)):
        for name in names:
            width = parameters[name].shape[dimension] // heads.count
            index = torch.arange(heads.count * width).reshape(heads.count, width)
            members.append(Member(name, dimension, index))
    return members


def _dead(model: nn.Module, members: list[Member]) -> Tensor:
    """Say for each unit whether all its parameters are zero: bool (units,)."""
    zero = [
        (model.get_parameter(m.parameter).detach().movedim(m.dimension, 0)[m.index] == 0).flatten(1).all(1)
        for m in members
    ]
    return torch.stack(zero).all(0)
