"""What a model weighs: counted, or written out and measured, never estimated."""

import copy
import zlib
from dataclasses import dataclass

import torch
from safetensors.torch import save
from torch import Tensor, nn


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


def macs(model: nn.Module, example: Tensor) -> dict[str, int]:
    """Count the multiply-accumulates of each fully connected and convolutional layer for one example, by its name.

    Zeros count like any other number. Biases, normalisation and activation functions are left out.
    """
    found: dict[str, int] = {}

    def count(name: str, layer: nn.Module, output: Tensor) -> None:
        places = output[0].numel() // output.shape[-1 if isinstance(layer, nn.Linear) else 1]
        found[name] = found.get(name, 0) + places * layer.weight.numel()

    watched = copy.deepcopy(model)
    for name, layer in watched.named_modules():
        if isinstance(layer, nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d):
            layer.register_forward_hook(lambda layer, _, output, name=name: count(name, layer, output))
    with torch.no_grad():
        watched(example)
    return found


def effective(model: nn.Module, found: dict[str, int]) -> dict[str, int]:
    """Return of each layer's multiply-accumulates those that are not with a zero, which no plain arithmetic skips.

    found: what `macs` counted.
    """
    weights = {name: model.get_submodule(name).weight for name in found}
    return {
        name: count * int(torch.count_nonzero(weights[name])) // weights[name].numel() for name, count in found.items()
    }


FRAME = 6
"""Bytes that zlib puts around what DEFLATE gives."""


def cost(model: nn.Module, deflated: int | None = None) -> Cost:
    """Count a model's parameters and measure its file, plain and zipped.

    deflated: how many bytes DEFLATE makes of the file, where that is known already, since finding out takes seconds.
    """
    content = save({name: value.contiguous() for name, value in model.state_dict().items()})
    parameters = list(model.parameters())
    return Cost(
        parameters=sum(p.numel() for p in parameters),
        nonzero=sum(int(torch.count_nonzero(p)) for p in parameters),
        weights=sum(p.numel() for p in parameters if p.ndim > 1),
        file=len(content),
        zipped=len(zlib.compress(content, 6)) if deflated is None else deflated + FRAME,
    )
