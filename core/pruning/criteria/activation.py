"""Score a weight by its size times the norm of what it is multiplied with."""

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import grad

from core.language import text
from core.pruning.criteria import Criterion, Scores
from core.pruning.criteria.calibration import calibration_batches, owner, prunable, watched
from core.tasks.base import Task
from core.tasks.layers import keeps_inputs_first

Convolution = nn.Conv1d | nn.Conv2d | nn.Conv3d
Weighed = nn.Linear | Convolution
"""Layers whose weights are multiplied with inputs that can be watched."""


def activation(task: Task, seed: int = 0) -> Scores:
    """Score a weight by |w| * ||x||, the norm of what it is multiplied with over all calibration data.

    x is the input that meets the weight: for (out, in) one feature over all examples, for (out, in, kh, kw) what
    lies under that place of the kernel, summed over all examples and positions, so that layers with many positions
    score high. An embedding has no input to weigh: |w|. A layer that is not called as one has NaN and stays whole.
    Source: after Sun, Liu, Bair, Kolter 2023, A simple and effective pruning approach for large language models
    (Wanda), which compares within each output row: that is this score with the scope "row".
    """
    squares = _squares_read(task, {owner(name) for name in task.prunable})
    modules = dict(task.model.named_modules())
    scores: dict[str, Tensor] = {}
    for name, weight in prunable(task, task.model).items():
        module, size = owner(name), weight.detach().abs()
        if module in squares:
            scores[name] = size * squares[module].sqrt()
        else:
            layer = modules[module]
            weighed = isinstance(layer, Weighed | nn.MultiheadAttention) or keeps_inputs_first(layer)
            scores[name] = torch.full_like(size, torch.nan) if weighed else size
    return scores


def _squares_read(task: Task, names: set[str]) -> dict[str, Tensor]:
    """Sum the squares of what each weight of the named modules is multiplied with over all calibration data."""
    squares: dict[str, Tensor] = {}

    def add(name: str, module: nn.Module, inputs: Tensor) -> None:
        if isinstance(module, Weighed) or keeps_inputs_first(module):
            found = _input_squares(module, inputs)
            squares[name] = squares[name] + found if name in squares else found

    attention = {name for name in names if isinstance(task.model.get_submodule(name), nn.MultiheadAttention)}
    with watched(task.model, names - attention, add) as model, torch.no_grad():
        _watch_attention(model, names, squares)
        for inputs, _ in calibration_batches(task):
            model(inputs)
    return squares


def _watch_attention(model: nn.Module, names: set[str], squares: dict[str, Tensor]) -> None:
    """Add to `squares` what torch's own attention multiplies its weights with, for which it calls no layer.

    The attention is computed once more with a projection that changes nothing, which shows what its own one reads.
    """

    def add(name: str, found: Tensor) -> None:
        squares[name] = squares[name] + found if name in squares else found

    def look(name: str, plain: nn.MultiheadAttention, given: tuple[Any, ...], kwargs: Any) -> None:
        behind = f"{name}.out_proj"
        if name in names:
            read = [*given, *(kwargs[each] for each in ("query", "key", "value") if each in kwargs)][:3]
            parts = [each.flatten(0, -2).square().sum(0).expand(plain.embed_dim, -1) for each in read]
            add(name, torch.cat(parts))  # (3 * embed, embed), as the weights lie
        if behind in names:
            said = plain(*given, **{**kwargs, "need_weights": False})[0]
            add(behind, said.flatten(0, -2).square().sum(0, keepdim=True))

    for name, module in list(model.named_modules()):
        if isinstance(module, nn.MultiheadAttention) and names & {name, f"{name}.out_proj"}:
            plain = copy.deepcopy(module)
            with torch.no_grad():
                plain.out_proj.weight.copy_(torch.eye(module.embed_dim))
                if plain.out_proj.bias is not None:
                    plain.out_proj.bias.zero_()
            module.register_forward_pre_hook(
                lambda module, given, kwargs, name=name, plain=plain: look(name, plain, given, kwargs),
                with_kwargs=True,
            )


def _input_squares(module: nn.Module, inputs: Tensor) -> Tensor:
    """Sum the squares of what each weight meets: (1, in), (in, 1) or (1 or out, in / groups, kernel ...)."""
    if keeps_inputs_first(module):
        return inputs.flatten(0, -2).square().sum(0)[:, None]
    if isinstance(module, nn.Linear):
        return inputs.flatten(0, -2).square().sum(0, keepdim=True)
    assert isinstance(module, Convolution)
    # Padded by hand, in the module's own way, so that every kind of padding is covered.
    mode = "constant" if module.padding_mode == "zeros" else module.padding_mode
    squares = nn.functional.pad(inputs.square(), module._reversed_padding_repeated_twice, mode)
    channels, kernel = squares.shape[1], module.kernel_size
    sizes = [
        (size - dilation * (width - 1) - 1) // stride + 1
        for size, width, stride, dilation in zip(squares.shape[2:], kernel, module.stride, module.dilation, strict=True)
    ]
    ones = torch.ones(1, 1, *sizes, dtype=inputs.dtype)
    # Each place of the kernel sees a shifted window: the gradient of a convolution with respect to its weight.
    summed = _weight_gradient(module)(
        squares,
        (channels, 1, *kernel),
        ones.expand(len(inputs), channels, *sizes),
        module.stride,
        0,
        module.dilation,
        groups=channels,
    )  # (in, 1, kernel ...)
    by_group = summed.reshape(module.groups, channels // module.groups, *kernel)
    return by_group.repeat_interleave(module.out_channels // module.groups, 0) if module.groups > 1 else by_group


def _weight_gradient(module: Convolution) -> Callable[..., Tensor]:
    """Return torch's gradient of a convolution of as many dimensions with respect to its weight."""
    if isinstance(module, nn.Conv1d):
        return grad.conv1d_weight
    return grad.conv2d_weight if isinstance(module, nn.Conv2d) else grad.conv3d_weight


CHOICE = Criterion(
    name="activation",
    label=text("Size times input (activations)"),
    help=text(
        "A weight matters if it is large and what it is multiplied with is large, summed over all places of a picture."
    ),
    source=text("after Sun et al. 2023; with the cut within each output it is their Wanda"),
    order=20,
    weights=activation,
    sees_all=False,
)
