"""What a layer reads and says at single places: rows of numbers, of which its weights are the least-squares problem."""

import math
from typing import Any

import torch
from torch import Tensor, nn

from core.tasks.layers import keeps_inputs_first


def can_be_solved(layer: Any) -> bool:
    """Whether a layer multiplies what it reads with weights, and adds a constant."""
    return isinstance(layer, nn.Linear) or _is_convolution(layer) or keeps_inputs_first(layer)


def _is_convolution(layer: Any) -> bool:
    return isinstance(layer, nn.Conv1d | nn.Conv2d)


def width_of(layer: Any) -> int:
    """Return how many inputs one output has."""
    return layer.weight.shape[0] if keeps_inputs_first(layer) else layer.weight[0].numel()


def draw_places(layer: Any, output: Tensor, most: int, generator: torch.Generator) -> tuple[Tensor, ...]:
    """Draw where a layer is compared, as indices into all dimensions of its output but that of the channels."""
    sizes = [output.shape[0], *output.shape[2:]] if _is_convolution(layer) else list(output.shape[:-1])
    chosen = torch.randperm(math.prod(sizes), generator=generator)[:most].sort().values
    return torch.unravel_index(chosen, sizes)


def outputs_at(layer: Any, output: Tensor, places: tuple[Tensor, ...]) -> Tensor:
    """Return an output at some places: (rows, channels)."""
    return output.movedim(1, -1)[places] if _is_convolution(layer) else output[places]


def inputs_at(layer: Any, given: Tensor, places: tuple[Tensor, ...]) -> Tensor:
    """Return what a layer reads for its outputs at some places: (groups, rows, inputs of one output)."""
    if not _is_convolution(layer):
        return given[places][None]
    mode = "constant" if layer.padding_mode == "zeros" else layer.padding_mode
    windows = nn.functional.pad(given, layer._reversed_padding_repeated_twice, mode=mode)
    spatial = len(layer.kernel_size)
    for d, (size, stride, dilation) in enumerate(zip(layer.kernel_size, layer.stride, layer.dilation, strict=True)):
        windows = windows.unfold(2 + d, dilation * (size - 1) + 1, stride)[..., ::dilation]
    windows = windows.movedim(1, 1 + spatial)[places]  # a view until here; (rows, channels, *kernel)
    return windows.reshape(len(windows), layer.groups, -1).transpose(0, 1)
