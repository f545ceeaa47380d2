"""How important is a weight, or a unit? Each criterion is a function from a task to scores; a low score goes first.

What needs data looks at a few batches of *training* data, always the same ones.
"""

import contextlib
import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from core.errors import BadPlan
from core.pruning.units import Structure
from core.tasks.base import Batch, Task

BATCHES, BATCH_SIZE = 4, 128
"""How much training data is looked at: 512 examples."""

Scores = Mapping[str, Tensor]


class Magnitudes(Mapping[str, Tensor]):
    """Absolute values of parameters, made when asked for, so that no second copy of the network lies in memory."""

    def __init__(self, parameters: Mapping[str, Tensor]) -> None:
        self._parameters = parameters

    def __getitem__(self, name: str) -> Tensor:
        return self._parameters[name].detach().abs()

    def __iter__(self) -> Iterator[str]:
        return iter(self._parameters)

    def __len__(self) -> int:
        return len(self._parameters)


def magnitude(task: Task, seed: int = 0) -> Scores:
    """Score a weight by its absolute value.

    Source: Han, Pool, Tran, Dally 2015, Learning both weights and connections for efficient neural networks.
    """
    return Magnitudes(_prunable(task, task.model))


def random(task: Task, seed: int = 0) -> Scores:
    """Score every weight by chance, 0 to 1: the baseline that every other criterion has to beat.

    Source: Blalock, Gonzalez Ortiz, Frankle, Guttag 2020, What is the state of neural network pruning?
    """
    generator = torch.Generator().manual_seed(seed)
    return {name: torch.rand(p.shape, generator=generator) for name, p in _prunable(task, task.model).items()}


def activation(task: Task, seed: int = 0) -> Scores:
    """Score a weight by |w| * ||x||, the norm of what it is multiplied with over all calibration data.

    x is the input that meets the weight: for (out, in) one feature over all examples, for (out, in, kh, kw) what
    lies under that place of the kernel, summed over all examples and positions, so that layers with many positions
    score high. An embedding has no input to weigh: |w|. A layer that is not called as one has NaN and stays whole.
    Source: after Sun, Liu, Bair, Kolter 2023, A simple and effective pruning approach for large language models
    (Wanda), which compares within each output row: that is this score with the scope "row".
    """
    names = {_owner(name) for name in task.prunable}
    squares: dict[str, Tensor] = {}

    def add(name: str, module: nn.Module, inputs: Tensor) -> None:
        if isinstance(module, WEIGHED):
            squares[name] = squares.get(name, 0) + _input_squares(module, inputs)

    with _watched(task.model, names, add) as model, torch.no_grad():
        _watch_attention(model, names, add)
        for inputs, _ in _calibration(task):
            model(inputs)
    modules = dict(task.model.named_modules())
    scores = {}
    for name, weight in _prunable(task, task.model).items():
        owner, size = _owner(name), weight.detach().abs()
        if owner in squares:
            scores[name] = size * squares[owner].sqrt()
        else:
            scores[name] = torch.full_like(size, torch.nan) if isinstance(modules[owner], WEIGHED) else size
    return scores


WEIGHED = nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d
"""Layers whose weights are multiplied with inputs that can be watched."""


def _watch_attention(model: nn.Module, names: set[str], see: Callable[[str, nn.Module, Tensor], None]) -> None:
    """Let `see` have the inputs of projections that torch's own attention uses without calling them.

    The attention is computed once more with a projection that changes nothing, which shows what it reads.
    """

    def show(
        name: str, plain: nn.MultiheadAttention, projection: nn.Linear, given: tuple[Any, ...], kwargs: Any
    ) -> None:
        see(name, projection, plain(*given, **{**kwargs, "need_weights": False})[0])

    for name, module in list(model.named_modules()):
        if isinstance(module, nn.MultiheadAttention) and f"{name}.out_proj" in names:
            plain = copy.deepcopy(module)
            with torch.no_grad():
                plain.out_proj.weight.copy_(torch.eye(module.embed_dim))
                if plain.out_proj.bias is not None:
                    plain.out_proj.bias.zero_()
            module.register_forward_pre_hook(
                lambda module, given, kwargs, name=f"{name}.out_proj", plain=plain: show(
                    name, plain, module.out_proj, given, kwargs
                ),
                with_kwargs=True,
            )


def first_order(task: Task, seed: int = 0) -> Scores:
    """Score a weight by |w * dL/dw|, how much the loss would change without it, to first order; a mean over batches.

    Source: Molchanov et al. 2019, Importance estimation for neural network pruning; Lee, Ajanthan, Torr 2019, SNIP.
    """
    model = copy.deepcopy(task.model)
    parameters = _prunable(task, model)
    scores = {name: torch.zeros_like(p, requires_grad=False) for name, p in parameters.items()}
    for inputs, targets in _calibration(task):
        loss = task.loss(model(inputs), targets, 0.0)
        for score, p, gradient in zip(
            scores.values(),
            parameters.values(),
            torch.autograd.grad(loss, list(parameters.values()), allow_unused=True),
            strict=True,
        ):
            if gradient is not None:  # what takes no part in the answer has no effect on it
                score += (p.detach() * gradient).abs() / BATCHES
    return scores


def bn_scale(task: Task, structures: tuple[Structure, ...]) -> Scores:
    """Score a channel by |gamma| of the batch norm behind it, a mean where several are coupled.

    A structure without batch norm has no scores and stays whole; raises BadPlan if that is so of all.
    Source: Liu et al. 2017, Learning efficient convolutional networks through network slimming.
    """
    modules, scores = dict(task.model.named_modules()), {}
    for structure in structures:
        norms = [
            modules[_owner(member.parameter)].weight.detach().abs()[member.index].mean(1)
            for member in structure.members
            if member.parameter.endswith(".weight")
            and isinstance(modules[_owner(member.parameter)], nn.BatchNorm1d | nn.BatchNorm2d)
        ]
        if norms:
            scores[structure.name] = torch.stack(norms).mean(0)
    if not scores:
        raise BadPlan(
            "No layer of this model that could go unit by unit has batch normalisation behind it.",
            "Choose another criterion, or a model with batch normalisation.",
        )
    return scores


def zero_activations(task: Task, structures: tuple[Structure, ...]) -> Scores:
    """Score a unit by the share of its activations that are not zero, over calibration data.

    They are counted where the next layers read them, so after activation function and pooling.
    Source: Hu, Peng, Tai, Tang 2016, Network trimming (average percentage of zeros, APoZ).
    """
    readers = {reader.module: reader for structure in structures for reader in structure.readers}
    active: dict[str, list[Tensor]] = {name: [] for name in readers}

    def add(name: str, module: nn.Module, inputs: Tensor) -> None:
        dimension = 1 if hasattr(module, "kernel_size") else inputs.ndim - 1  # of any convolution, or of a row
        others = [d for d in range(inputs.ndim) if d != dimension]
        active[name].append((inputs != 0).float().mean(others))

    with _watched(task.model, set(readers), add) as model, torch.no_grad():
        for inputs, _ in _calibration(task):
            model(inputs)
    shares = {name: torch.stack(seen).mean(0) for name, seen in active.items() if seen}
    found = {}
    for structure in structures:
        try:
            read = [shares[reader.module][reader.index].mean(1) for reader in structure.readers]
        except (IndexError, KeyError) as error:
            raise BadPlan(
                f"It cannot be seen how often the units of {_owner(structure.name)} are silent: what reads them lays "
                "them out in another way.",
                "Choose another criterion.",
            ) from error
        found[structure.name] = torch.stack(read).mean(0)
    return found


WEIGHT_SCORES: Mapping[str, Callable[[Task, int], Scores]] = {
    "magnitude": magnitude,
    "random": random,
    "activation": activation,
    "first-order": first_order,
}

UNIT_SCORES: Mapping[str, Callable[[Task, tuple[Structure, ...]], Scores]] = {
    "bn-scale": bn_scale,
    "zero-activations": zero_activations,
}


def unit_scores(scores: Scores, structures: tuple[Structure, ...], norm: str) -> Scores:
    """Make one score a unit from those of its weights: their mean ("l1") or the root of the mean square ("l2").

    A mean, not a sum, so that a unit of a wide layer can be compared with one of a narrow layer.
    Returns structure name -> (units,).
    """
    found = {}
    for structure in structures:
        rows = [
            scores[member.parameter].movedim(member.dimension, 0)[member.index].flatten(1)  # (units, weights of it)
            for member in structure.members
            if member.parameter in scores
        ]
        together = torch.cat(rows, 1)
        found[structure.name] = together.abs().mean(1) if norm == "l1" else together.square().mean(1).sqrt()
    return found


def _prunable(task: Task, model: nn.Module) -> dict[str, Tensor]:
    parameters = dict(model.named_parameters())
    return {name: parameters[name] for name in task.prunable}


def _owner(parameter: str) -> str:
    """Return the name of the module that a parameter belongs to."""
    return parameter.rpartition(".")[0]


def _calibration(task: Task) -> Iterator[Batch]:
    """Yield the first BATCHES batches of training data, in an order that is always the same."""
    stream = iter(task.batches("train", BATCH_SIZE, torch.Generator().manual_seed(0), ()))
    for _, batch in zip(range(BATCHES), stream, strict=False):
        yield batch


@contextlib.contextmanager
def _watched(model: nn.Module, names: set[str], see: Callable[[str, nn.Module, Tensor], None]) -> Iterator[nn.Module]:
    """Yield a copy of a model that shows `see` (name, module, input) whenever one of the named modules is called."""
    watched = copy.deepcopy(model)
    for name, module in watched.named_modules():
        if name in names:
            module.register_forward_pre_hook(lambda module, inputs, name=name: see(name, module, inputs[0]))
    yield watched


def _input_squares(module: nn.Module, inputs: Tensor) -> Tensor:
    """Sum the squares of what each weight is multiplied with: (1, in) or (1 or out, in / groups, kernel ...)."""
    if isinstance(module, nn.Linear):
        return inputs.flatten(0, -2).square().sum(0, keepdim=True)
    gradient = {
        nn.Conv1d: torch.nn.grad.conv1d_weight,
        nn.Conv2d: torch.nn.grad.conv2d_weight,
        nn.Conv3d: torch.nn.grad.conv3d_weight,
    }[next(kind for kind in (nn.Conv1d, nn.Conv2d, nn.Conv3d) if isinstance(module, kind))]
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
    summed = gradient(
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
