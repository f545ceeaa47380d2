"""Weights as this app writes them without their zeros: one bit a place, and the kept values."""

import math

import numpy as np
import torch
from torch import Tensor

from core.errors import BadInput
from core.language import text, text_of
from core.uploads.checkpoints.state import State, Tensors, short

BITS, VALUES, SHAPE = ".bits", ".values", ".shape"
"""How the names of the parts of one weight end."""


def unpack_bits(state: State, most: int) -> State:
    """Return weights with their zeros again. Raises BadInput where bits, values and shape do not belong together.

    most: numbers of the largest weight that is unpacked.
    """
    owners = [name.removesuffix(BITS) for name in state.tensors if name.endswith(BITS)]
    owners = [name for name in owners if f"{name}{VALUES}" in state.tensors and f"{name}{SHAPE}" in state.tensors]
    if not owners:
        return state
    parts = {f"{owner}{kind}" for owner in owners for kind in (BITS, VALUES, SHAPE)}
    whole = {owner: _unpacked(state.tensors, owner, most) for owner in owners}
    rest = {name: value for name, value in state.tensors.items() if name not in parts}
    step = text_of(
        "Unpacked {count:,} weight from bits and kept values.",
        "Unpacked {count:,} weights from bits and kept values.",
        len(owners),
    )
    return state.after({**rest, **whole}, step)


def _unpacked(parts: Tensors, owner: str, most: int) -> Tensor:
    """Put the kept values of one weight in their places."""
    bits, values, sides = (parts[f"{owner}{kind}"] for kind in (BITS, VALUES, SHAPE))
    wrong = BadInput(
        text("The bits of `{owner}` do not belong to its values.", owner=short(owner)), text("Download the file again.")
    )
    if sides.ndim != 1 or len(sides) > 8 or sides.dtype is not torch.int64 or bits.dtype is not torch.uint8:
        raise wrong
    shape = sides.tolist()
    numbers = math.prod(shape)
    if min(shape, default=1) < 0 or numbers > most or bits.ndim != 1 or len(bits) != math.ceil(numbers / 8):
        raise wrong
    kept = torch.from_numpy(np.unpackbits(bits.numpy(), count=numbers).astype(bool))
    if values.ndim != 1 or int(kept.sum()) != len(values):
        raise wrong
    return torch.zeros(numbers, dtype=values.dtype).masked_scatter_(kept, values).reshape(shape)
