"""Kinds of numbers: what is stored in half, double or whole numbers becomes what the network computes with."""

from collections import defaultdict

import torch
from torch import Tensor

from core.errors import BadInput
from core.language import text, text_of
from core.uploads.checkpoints.state import State, Tensors, is_plain, short

WORDS = {
    torch.float16: text("half precision (float16)"),
    torch.bfloat16: text("half precision (bfloat16)"),
    torch.float32: text("single precision"),
    torch.float64: text("double precision"),
    torch.bool: text("yes and no"),
}
"""Kinds of numbers in words; others are whole numbers."""

QUANTISED = (torch.int8, torch.uint8, torch.bool)
"""Kinds in which a weight is stored only together with a scale."""


def convert(state: State, wanted: Tensors) -> State:
    """Turn what has the wanted name and sides into the wanted kind of numbers.

    Raises BadInput for numbers that are not held in memory one by one, or that would not stay what they are.
    """
    for name in wanted:
        if name in state.tensors and not is_plain(state.tensors[name]):
            raise BadInput(
                text(
                    "`{name}` is a tensor of a kind that is not read here: sparse, quantised, or without values.",
                    name=short(name),
                ),
                text("Save plain tensors: `to_dense()` or `dequantize()` makes them."),
            )
    tensors, turned = dict(state.tensors), defaultdict[tuple[torch.dtype, torch.dtype], int](int)
    for name, value in wanted.items():
        found = tensors.get(name)
        if found is None or found.ndim != value.ndim or found.dtype == value.dtype:
            continue
        if found.numel() > max(found.untyped_storage().nbytes(), 1):
            continue  # stands on fewer numbers than it shows, and would swell
        tensors[name] = _converted(name, found, value.dtype)
        turned[found.dtype, value.dtype] += 1
    return state.after(tensors, *(_sentence(old, new, count) for (old, new), count in turned.items()))


def _converted(name: str, found: Tensor, kind: torch.dtype) -> Tensor:
    """Return numbers in another kind. Raises BadInput where they would be others."""
    if found.is_complex() or (kind.is_floating_point and found.dtype in QUANTISED):
        raise BadInput(
            text(
                "`{name}` holds {dtype} numbers, which are no weights without their scale.",
                name=short(name),
                dtype=str(found.dtype)[6:],
            ),
            text("Save the weights in single or half precision."),
        )
    turned = found.to(kind)
    exact = not (found.is_floating_point() and kind.is_floating_point)
    if exact and not torch.equal(turned.to(found.dtype), found):
        raise BadInput(
            text(
                "`{name}` holds {dtype} numbers that are not all {kind}.",
                name=short(name),
                dtype=str(found.dtype)[6:],
                kind=_words(kind),
            ),
            text("Choose the architecture that it was saved from."),
        )
    return turned


def _sentence(old: torch.dtype, new: torch.dtype, count: int) -> str:
    if old == torch.float64 and new.is_floating_point:
        return text_of(
            "Rounded {count:,} tensor from {old} to {new}.",
            "Rounded {count:,} tensors from {old} to {new}.",
            count,
            old=_words(old),
            new=_words(new),
        )
    return text_of(
        "Turned {count:,} tensor from {old} to {new}.",
        "Turned {count:,} tensors from {old} to {new}.",
        count,
        old=_words(old),
        new=_words(new),
    )


def _words(kind: torch.dtype) -> str:
    return WORDS.get(kind, text("whole numbers ({kind})", kind=str(kind)[6:]))
