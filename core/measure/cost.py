"""What a model weighs: counted, or written out and measured, never estimated."""

import zlib
from dataclasses import dataclass

import torch
from safetensors.torch import save
from torch import nn


@dataclass(frozen=True)
class Cost:
    """Sizes of one model.

    parameters: every number it holds, biases and normalisation included.
    nonzero: those that are not zero.
    file: bytes of its weights as a safetensors file; zeros take as much room as any other number.
    zipped: bytes of that file after DEFLATE, where zeros take next to none.
    """

    parameters: int
    nonzero: int
    file: int
    zipped: int


def cost(model: nn.Module) -> Cost:
    """Count a model's parameters and measure its file, plain and zipped."""
    content = save({name: value.contiguous() for name, value in model.state_dict().items()})
    parameters = list(model.parameters())
    return Cost(
        parameters=sum(p.numel() for p in parameters),
        nonzero=sum(int(torch.count_nonzero(p)) for p in parameters),
        file=len(content),
        zipped=len(zlib.compress(content, 6)),
    )
