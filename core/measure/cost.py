"""What a model weighs: counted, or written out and measured, never estimated."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor, nn

from core.errors import BadPlan
from core.language import text
from core.measure.encodings import plain_tensors
from core.pruning import Pruned, shrink
from core.tasks.copies import copy_network
from core.tasks.fewer_heads import FewerHeads
from core.tasks.layers import keeps_inputs_first


@dataclass(frozen=True)
class Cost:
    """Sizes of one model.

    parameters: every number it holds, biases and normalisation included.
    nonzero: those that are not zero.
    weights: those that belong to the weights of layers, without biases and normalisation.
    file: bytes of its weights as a safetensors file; zeros take as much room as any other number.
    zipped: bytes of that file after DEFLATE, where zeros take next to none.
    """

    parameters: int
    nonzero: int
    weights: int
    file: int
    zipped: int


PRODUCTS = text("products of activations")
"""Under this name: multiply-accumulates of attention, where what was computed is multiplied with itself."""


def macs(model: nn.Module, inputs: Tensor) -> dict[str, int]:
    """Count the multiply-accumulates for one example, by the layer whose weights they are with.

    inputs: (1, ...), of the usual size where examples differ in size.
    Counted by torch's own flop counter, which sees every matrix product and convolution that is computed, half of its
    operations each, so that projections that no layer is called for count as well. Zeros count like any other number.
    Biases, normalisation and activation functions are left out.
    """
    from torch.utils.flop_counter import FlopCounterMode, sdpa_flop_count

    def attention(query: Any, key: Any, value: Any, *rest: Any, **more: Any) -> int:
        return sdpa_flop_count(query, key, value)

    watched = copy_network(model)
    on_processor = {torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: attention}
    # With gradients, torch takes none of the shortcuts through an attention layer that would hide what is computed.
    with torch.enable_grad(), FlopCounterMode(display=False, custom_mapping=on_processor) as counter:
        for parameter in watched.parameters():
            parameter.requires_grad_(True)
        watched(inputs)
    counted = counter.get_flop_counts()
    root, layers = f"{type(watched).__name__}.", dict(watched.named_modules())
    found = {}
    for name, by_kind in counted.items():
        layer = layers.get(name.removeprefix(root))
        weighed = layer is not None and (isinstance(layer, LAYERS) or keeps_inputs_first(layer))
        if weighed and (operations := sum(by_kind.values()) // 2):
            found[name.removeprefix(root)] = operations
    rest = sum(counted.get("Global", {}).values()) // 2 - sum(found.values())
    for name, layer in layers.items():
        if isinstance(layer, nn.MultiheadAttention | FewerHeads) and rest:
            projected, rest = _projections(layer, name, counted.get(f"{root}{name}", {}), rest)
            found.update(projected)
        elif rest:
            uncalled = _uncalled(layer, name, root, counted, found)
            found.update(uncalled)
            rest -= sum(uncalled.values())
    return {**found, PRODUCTS: rest} if rest else found


LAYERS = nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d | nn.ConvTranspose1d | nn.ConvTranspose2d | nn.ConvTranspose3d


def _projections(
    layer: nn.MultiheadAttention | FewerHeads, name: str, by_kind: Mapping[Any, int], rest: int
) -> tuple[dict[str, int], int]:
    """Share out what an attention computes with its own weights: four projections of equal size, or three.

    Returns the operations by parameter's owner, and what of `rest` is not with weights.
    """
    products = sum(count for kind, count in by_kind.items() if "attention" in str(kind) or "bmm" in str(kind))
    with_weights = (sum(by_kind.values()) - products) // 2
    if isinstance(layer, FewerHeads):  # which calls the one behind
        own = with_weights * 3 // 4
        return {name: own}, rest - own
    share = with_weights // 4
    return {name: with_weights - share, f"{name}.out_proj": share}, rest - with_weights


def _uncalled(
    layer: nn.Module, name: str, root: str, counted: Mapping[str, Mapping[Any, int]], found: Mapping[str, int]
) -> dict[str, int]:
    """Share out the matrix products of a layer with weights of fully connected ones in it that it does not call.

    Such are the projections of torchvision's Swin, which all read the same places: by the sizes of their weights.
    """
    inside = f"{name}." if name else ""
    sizes = {
        f"{inside}{leaf}": child.weight.numel()
        for leaf, child in layer.named_children()
        if isinstance(child, nn.Linear) and f"{root}{inside}{leaf}" not in counted
    }
    by_kind = counted.get(f"{root}{name}", {})
    products = sum(count for kind, count in by_kind.items() if str(kind) in ("aten.mm", "aten.addmm")) // 2
    own = products - sum(count for each, count in found.items() if each.startswith(inside))
    total = sum(sizes.values())
    return {each: own * size // total for each, size in sizes.items()} if total and own > 0 else {}


def effective(model: nn.Module, found: dict[str, int]) -> dict[str, int]:
    """Return of each layer's multiply-accumulates those that are not with a zero, which no plain arithmetic skips.

    found: what `macs` counted.
    """
    kept = {}
    for name, count in found.items():
        layer = model.get_submodule(name) if name != PRODUCTS else None
        weight = getattr(layer, "weight", getattr(layer, "in_proj_weight", None))
        kept[name] = count if weight is None else count * int(torch.count_nonzero(weight)) // weight.numel()
    return kept


def as_shipped(pruned: Pruned) -> nn.Module:
    """Return the network that somebody would take home: without its removed units, where these can be left out."""
    if not pruned.plan.structured:
        return pruned.model
    try:
        return shrink(pruned)
    except BadPlan:
        return pruned.model


def plain_size(model: nn.Module) -> int:
    """Return the bytes of a network's plain file, in which every number is written."""
    return len(save(plain_tensors(model)))


FRAME = 6
"""Bytes that zlib puts around what DEFLATE gives."""


def cost(model: nn.Module, deflated: int | None = None) -> Cost:
    """Count a model's parameters and measure its file, plain and zipped.

    deflated: how many bytes DEFLATE makes of the file, where that is known already, since finding out takes seconds.
    """
    content = save(plain_tensors(model))
    parameters = list(model.parameters())
    return Cost(
        parameters=sum(p.numel() for p in parameters),
        nonzero=sum(int(torch.count_nonzero(p)) for p in parameters),
        weights=sum(p.numel() for p in parameters if p.ndim > 1),
        file=len(content),
        zipped=len(zlib.compress(content, 6)) if deflated is None else deflated + FRAME,
    )
