"""The smaller network: without the units that are zero throughout, and checked to say the same."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.errors import BadPlan
from core.language import text
from core.pruning.pruned import Pruned
from core.pruning.units import (
    OTHERWISE,
    Member,
    dependency_graph,
    group_members,
    groups,
    head_members,
    head_rows,
    unit_index,
)
from core.tasks.base import Heads
from core.tasks.fewer_heads import FewerHeads
from core.tasks.layers import keeps_inputs_first

TOLERANCE = 1e-4
"""How far the answers of a smaller network may lie from those of the masked one, absolutely and relatively."""


def shrink(pruned: Pruned) -> nn.Module:
    """Return a smaller dense copy without the units that are zero throughout; it gives the same outputs.

    A unit goes when its weights, its bias and its normalisation are all zero, so a plan of single weights usually
    leaves nothing to remove. Of a layer that is empty one unit (a zero) stays, since no layer can have none.
    Raises BadPlan, naming the layers, where the smaller network would answer differently on a few examples: as where an
    activation function makes something of zero, a normalisation looks across units, or an attention has a fixed size.
    """
    small = _without_dead_units(copy.deepcopy(pruned.model), pruned)
    if not _same_answers(pruned, small):
        raise BadPlan(
            text(
                "Without its removed units this network would answer differently: what follows {layers} makes "
                "something of zero, looks across units, or computes with all of them in any case.",
                layers=_culprits(pruned),
            ),
            text(
                "Choose single weights or N:M, or keep these layers whole; the network with zeros in it works as it is."
            ),
        )
    return small


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
    def of(cls, pruned: Pruned) -> "SmallerNetwork":
        """Shrink a pruned network and remember what went where. Raises BadPlan as `shrink` does."""
        shrink(pruned)
        numbered = copy.deepcopy(pruned.model).double()
        with torch.no_grad():
            for value in numbered.state_dict().values():
                value.copy_(torch.arange(value.numel()).reshape(value.shape))
        numbered = _without_dead_units(numbered, pruned)
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


def sizes(model: nn.Module) -> dict[str, list[int]]:
    """Return the shape of every tensor of a model's state, which is all that `resized` needs to rebuild it."""
    return {name: list(value.shape) for name, value in model.state_dict().items()}


def resized(model: nn.Module, shapes: Mapping[str, list[int]]) -> nn.Module:
    """Return a copy of a network of the same architecture with tensors of other shapes, ready for `load_state_dict`."""
    fitted = copy.deepcopy(model)
    for name, shape in shapes.items():
        owner, _, leaf = name.rpartition(".")
        module = fitted.get_submodule(owner)
        if isinstance(module, nn.MultiheadAttention) and list(getattr(module, leaf).shape) != list(shape):
            fitted.set_submodule(owner, FewerHeads(module))
            module = fitted.get_submodule(owner)
        if leaf in module._parameters:
            module._parameters[leaf] = nn.Parameter(torch.zeros(shape))
        else:
            module._buffers[leaf] = torch.zeros(shape, dtype=module.get_buffer(leaf).dtype)
    return fitted


def _same_answers(pruned: Pruned, small: nn.Module) -> bool:
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


def _culprits(pruned: Pruned) -> str:
    """Name the layers whose units alone, taken away, change the answers."""
    names = [layer.name for layer in pruned.layers if 0 < layer.kept < layer.weights or layer.kept == 0]
    found = []
    for name in names:
        try:
            alone = _without_dead_units(copy.deepcopy(pruned.model), pruned, only=name)
        except BadPlan:
            found.append(name)
            continue
        if not _same_answers(pruned, alone):
            found.append(name)
    owners = [name.rpartition(".")[0] for name in found or names]
    named = ", ".join(owners[:5])
    return text("{names} and {more} more", names=named, more=len(owners) - 5) if len(owners) > 5 else named


def _without_dead_units(model: nn.Module, pruned: Pruned, only: str = "") -> nn.Module:
    """Remove from a model, in place, the units that are zero throughout in a pruned one of the same architecture.

    only: a parameter, to remove nothing but the units that it belongs to. Raises BadPlan where it cannot be done.
    """
    attention = head_rows(pruned.heads)
    graph = dependency_graph(model, pruned.example)
    for group in groups(graph):
        members = group_members(group)
        names = {member.parameter for member in members}
        if attention & names or not members or (only and only not in names):
            continue  # what a head says only counts as a whole; see below
        dead = _dead(pruned.model, members)
        idle = torch.nonzero(dead).flatten().tolist()
        if len(idle) == len(dead):
            idle = idle[1:]
        if idle:
            root, places = group[0].dep, unit_index(group, group[0])[idle].flatten().sort().values.tolist()
            try:
                graph.get_pruning_group(root.target.module, root.handler, idxs=places).prune()
            except Exception as error:  # the graph fails in many ways on what it does not know
                layers = ", ".join(sorted({name.rpartition(".")[0] for name in names}))
                raise BadPlan(
                    text("Units of {layers} cannot be taken out of this network.", layers=layers), OTHERWISE
                ) from error
    for heads in pruned.heads:
        if not heads.together and (not only or only in (*heads.inputs, *heads.columns)):
            _remove_dead_heads(model, pruned.model, heads)
    return model.eval()


def _remove_dead_heads(model: nn.Module, judged: nn.Module, heads: Heads) -> None:
    """Cut heads that are zero throughout out of one attention layer, in place; one stays in any case.

    Needs an attention that finds out from its inputs how many heads there are, as those of `transformers` do, that can
    be told, or torch's own.
    """
    members = head_members(dict(judged.named_parameters()), heads)
    alive = torch.nonzero(~_dead(judged, members)).flatten()
    alive = alive if len(alive) else torch.zeros(1, dtype=torch.long)
    if len(alive) == heads.count:
        return
    if heads.module:
        _tell(model, heads, len(alive))
    for member in members:
        _keep(model, member.parameter, member.dimension, member.index[alive].flatten().sort().values)
    for name in heads.tables:
        _keep(model, name, -1, alive)


def _keep(model: nn.Module, parameter: str, dimension: int, kept: Tensor) -> None:
    """Keep some places of a parameter along a dimension, in place."""
    owner, _, leaf = parameter.rpartition(".")
    layer = model.get_submodule(owner)
    setattr(layer, leaf, nn.Parameter(getattr(layer, leaf).detach().index_select(dimension, kept)))
    if isinstance(layer, nn.Linear):
        layer.out_features, layer.in_features = layer.weight.shape
    elif keeps_inputs_first(layer):
        vars(layer).update(zip(("nx", "nf"), layer.get_parameter("weight").shape, strict=True))


def _tell(model: nn.Module, heads: Heads, count: int) -> None:
    """Tell an attention layer that it has fewer heads, in place."""
    layer = model.get_submodule(heads.module)
    if isinstance(layer, nn.MultiheadAttention):
        model.set_submodule(heads.module, FewerHeads(layer))
        return
    for name in SIZES & vars(layer).keys():
        setattr(layer, name, getattr(layer, name) * count // heads.count)


SIZES = {"num_heads", "n_heads", "num_attention_heads", "all_head_size", "split_size", "attn_dim"}
"""What attention layers call the number of their heads, and the numbers of all of them together."""


def _dead(model: nn.Module, members: list[Member]) -> Tensor:
    """Say for each unit whether all its parameters are zero: bool (units,)."""
    zero = [(member.of(model.get_parameter(member.parameter).detach()) == 0).all(1) for member in members]
    return torch.stack(zero).all(0)
