"""The attention heads of networks of `transformers`: which parameters belong to the heads of each layer."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from core.language import text
from core.tasks.layers import keeps_inputs_first
from core.tasks.records import Heads
from core.tasks.silent_heads import confirmed


@dataclass(frozen=True)
class Pattern:
    """Say how an attention layer calls its parts, as its own submodules or parameters; "../" is beside it.

    inputs: query, key and value in this order, cut along their outputs, or one layer that holds them head by head;
        packed: all queries, keys and values one above the other, in one layer.
    output: the projection behind. optional: what further is cut along its outputs, where a layer has it.
    tables: what has one column for each head.
    """

    output: str
    inputs: tuple[str, ...] = ()
    packed: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()


PATTERNS = (
    Pattern("../output.dense", ("query", "key", "value")),  # BERT and its relatives
    Pattern("dense", ("query", "key", "value")),  # ALBERT
    Pattern("out_lin", ("q_lin", "k_lin", "v_lin")),  # DistilBERT
    Pattern("out_proj", ("q_proj", "k_proj", "v_proj")),  # BART
    Pattern(
        "o_proj",
        ("q_proj", "k_proj", "v_proj"),
        tables=("relative_position_bias.relative_position_bias_table",),
    ),  # pictures: ViT, Swin
    Pattern(
        "../output.dense", ("query_proj", "key_proj", "value_proj"), optional=("pos_key_proj", "pos_query_proj")
    ),  # DeBERTa-v2 and v3
    Pattern("../output.dense", ("in_proj",), optional=("pos_proj", "pos_q_proj", "q_bias", "v_bias")),  # DeBERTa
    Pattern("Wo", packed=("Wqkv",)),  # ModernBERT
    Pattern("c_proj", packed=("c_attn",)),  # GPT-2
    Pattern("o", ("q", "k", "v")),  # T5, MPNet
)

COUNTS = ("num_attention_heads", "num_heads", "n_heads")
"""What layers call the number of their heads."""

SHARED_TABLE = text(
    "The attention heads of this network share one table of relative positions among all layers, so that none can go "
    "by itself."
)
NONE_KNOWN = text("It is not known how this network keeps its attention heads.")


OTHER_ORDER = text(
    "This network has attention, but its heads do not lie where they are known to lie in other networks."
)


def heads_of(model: nn.Module, example: Tensor) -> tuple[tuple[Heads, ...], str]:
    """List the attention layers of a network, and a sentence on why none of their heads can go, "" if some can.

    example: one input of batch size 1. A layer can lose heads once it is seen that they lie where they should: what is
    called alike in two architectures may be packed otherwise.
    """
    modules = dict(model.named_modules())
    named = dict(each for name, module in modules.items() for each in _heads_at(model, name, module))
    noise = torch.Generator().manual_seed(0)
    inputs = torch.randn(example.shape, generator=noise) if example.is_floating_point() else example
    found = confirmed(model, named, inputs) if named else []
    if named and not found:
        return tuple(replace(each, together=True) for each in named), OTHER_ORDER  # nor can parts of them, as neurons
    if found and any(name.endswith("relative_attention_bias") for name in modules):
        return tuple(replace(each, together=True) for each in found), SHARED_TABLE
    if found:
        return tuple(found), ""
    return (), NONE_KNOWN if any("Attention" in type(module).__name__ for module in modules.values()) else ""


def _heads_at(model: nn.Module, name: str, module: nn.Module) -> Iterator[tuple[Heads, tuple[str, ...]]]:
    """Yield the heads of one layer and what of their rows makes values, if it is an attention of a known pattern."""
    count = _count(module)
    for pattern in PATTERNS if count else ():
        rows = _parameters(model, name, pattern.inputs)
        packed = _parameters(model, name, pattern.packed)
        behind = [each for each in _parameters(model, name, (pattern.output,)) if each.endswith(".weight")]
        widths = {model.get_submodule(each.rpartition(".")[0]) for each in rows if each.endswith(".weight")}
        if not behind or not (rows or packed):
            continue
        if len({getattr(layer, "out_features", 0) for layer in widths}) > 1:
            return  # heads that share keys and values
        inputs_first = keeps_inputs_first(model.get_submodule(behind[0].rpartition(".")[0]))
        beside = _parameters(model, name, pattern.optional)
        values = (*_parameters(model, name, pattern.inputs[-1:]), *beside)
        tables = _parameters(model, name, pattern.tables)
        yield Heads(count, (*rows, *beside), (behind[0],), packed, tables, name, inputs_first), values
        return


def _count(module: nn.Module) -> int:
    """Return how many heads a layer has, 0 where it does not say."""
    named = [getattr(module, each, None) for each in COUNTS]
    if hasattr(module, "head_dim"):
        named.append(getattr(getattr(module, "config", None), "num_attention_heads", None))
    return next((each for each in named if isinstance(each, int)), 0)


def _parameters(model: nn.Module, name: str, parts: tuple[str, ...]) -> tuple[str, ...]:
    """Name the parameters of some parts of a layer; those that it lacks are left out."""
    found: list[str] = []
    for part in parts:
        place = f"{name.rpartition('.')[0]}.{part[3:]}" if part.startswith("../") else f"{name}.{part}"
        owner, _, leaf = place.rpartition(".")
        try:
            holder = model.get_submodule(owner)
        except AttributeError:
            continue
        if leaf in holder._parameters:
            found += [place] if holder._parameters[leaf] is not None else []
        elif isinstance(layer := getattr(holder, leaf, None), nn.Module):
            found += [f"{place}.{each}" for each, value in layer.named_parameters(recurse=False) if value is not None]
    return tuple(found)
