"""How important is a weight, or a unit? Each criterion is a function from a task to scores; a low score goes first.

What needs data looks at a few batches of *training* data, always the same ones.
"""

import contextlib
import copy
from collections.abc import Callable, Iterator, Mapping

import torch
from torch import Tensor, nn

from core.errors import BadPlan
from core.pruning.structure import Structure
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
    lies under that place of the kernel, over all examples and positions. An embedding has no input to weigh: |w|.
    Source: Sun, Liu, Bair, Kolter 2023, A simple and effective pruning approach for large language models (Wanda).
    """
    names = {name.removesuffix(".weight") for name in task.prunable}
    squares: dict[str, Tensor] = {}

    def add(name: str, module: nn.Module, inputs: Tensor) -> None:
        if isinstance(module, nn.Linear | nn.Conv2d):
            squares[name] = squares.get(name, 0) + _input_squares(module, inputs)

    with _watched(task.model, names, add) as model, torch.no_grad():
        for inputs, _ in _calibration(task):
            model(inputs)
    return {
        name: weight.detach().abs() * squares[owner].sqrt()
        if (owner := _owner(name)) in squares
        else weight.detach().abs()
        for name, weight in _prunable(task, task.model).items()
    }


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
            scores.values(), parameters.values(), torch.autograd.grad(loss, list(parameters.values())), strict=True
        ):
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
        dimension = 1 if isinstance(module, nn.Conv2d) else inputs.ndim - 1
        others = [d for d in range(inputs.ndim) if d != dimension]
        active[name].append((inputs != 0).float().mean(others))

    with _watched(task.model, set(readers), add) as model, torch.no_grad():
        for inputs, _ in _calibration(task):
            model(inputs)
    shares = {name: torch.stack(seen).mean(0) for name, seen in active.items()}
    return {
        structure.name: torch.stack([shares[r.module][r.index].mean(1) for r in structure.readers]).mean(0)
        for structure in structures
    }


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


def _input_squares(module: nn.Linear | nn.Conv2d, inputs: Tensor) -> Tensor:
    """Sum the squares of what each weight is multiplied with: (1, in) or (1 or out, in / groups, kh, kw)."""
    if isinstance(module, nn.Linear):
        return inputs.flatten(0, -2).square().sum(0, keepdim=True)
    ones = torch.ones(1, 1, *_output_size(module, inputs), dtype=inputs.dtype)
    squares = inputs.square()
    channels = squares.shape[1]
    # Each place of the kernel sees a shifted window: the gradient of a convolution with respect to its weight.
    summed = torch.nn.grad.conv2d_weight(
        squares,
        (channels, 1, *module.kernel_size),
        ones.expand(len(inputs), channels, -1, -1),
        module.stride,
        module.padding,
        module.dilation,
        groups=channels,
    )  # (in, 1, kh, kw)
    by_group = summed.reshape(module.groups, channels // module.groups, *module.kernel_size)
    return by_group.repeat_interleave(module.out_channels // module.groups, 0) if module.groups > 1 else by_group


def _output_size(module: nn.Conv2d, inputs: Tensor) -> tuple[int, int]:
    sizes = []
    for axis in (0, 1):
        reach = module.dilation[axis] * (module.kernel_size[axis] - 1) + 1
        sizes.append((inputs.shape[2 + axis] + 2 * module.padding[axis] - reach) // module.stride[axis] + 1)
    return sizes[0], sizes[1]
