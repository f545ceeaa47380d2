"""The optimisers: what turns gradients into steps.

They are torch's own, by its functions and not its classes: a class imports torch's compiler at its first step, which
takes each worker process four seconds and 190 MB.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.optim.adam import adam as adam_step
from torch.optim.sgd import sgd as sgd_step


@dataclass(eq=False)
class Group:
    """Hold parameters that get the same weight decay, and what an optimiser remembers of each: name -> tensor."""

    parameters: Sequence[Tensor]
    weight_decay: float
    memory: dict[Tensor, dict[str, Tensor]] = field(default_factory=dict)

    def learning(self) -> tuple[list[Tensor], list[Tensor]]:
        """Return the parameters that have a gradient, and these gradients."""
        found = [(each, each.grad) for each in self.parameters if each.grad is not None]
        return [each for each, _ in found], [gradient for _, gradient in found]


def adam(group: Group, rate: float, decoupled: bool = False) -> None:
    """Scale each step by the size of recent gradients.

    Source: Kingma and Ba 2015, Adam: a method for stochastic optimization.
    """
    parameters, gradients = group.learning()
    for each in parameters:
        if each not in group.memory:
            group.memory[each] = {
                "mean": torch.zeros_like(each, memory_format=torch.preserve_format),
                "square": torch.zeros_like(each, memory_format=torch.preserve_format),
                "steps": torch.zeros((), dtype=torch.float32),
            }
    means, squares, steps = ([group.memory[each][key] for each in parameters] for key in ("mean", "square", "steps"))
    adam_step(
        parameters, gradients, means, squares, [], steps, fused=True, decoupled_weight_decay=decoupled,
        amsgrad=False, beta1=0.9, beta2=0.999, lr=rate, weight_decay=group.weight_decay, eps=1e-8, maximize=False,
    )  # fmt: skip


def adamw(group: Group, rate: float) -> None:
    """Do as Adam does, with weight decay apart from the gradient.

    Source: Loshchilov and Hutter 2019, Decoupled weight decay regularization.
    """
    adam(group, rate, decoupled=True)


def sgd(group: Group, rate: float) -> None:
    """Follow the gradient with Nesterov's momentum of 0.9.

    Source: Sutskever, Martens, Dahl, Hinton 2013, On the importance of initialization and momentum in deep learning.
    """
    parameters, gradients = group.learning()
    buffers: list[Tensor | None] = [
        group.memory[each]["momentum"] if each in group.memory else None for each in parameters
    ]
    sgd_step(
        parameters, gradients, buffers, fused=True, weight_decay=group.weight_decay,
        momentum=0.9, lr=rate, dampening=0.0, nesterov=True, maximize=False,
    )  # fmt: skip
    for each, buffer in zip(parameters, buffers, strict=True):
        if buffer is not None:
            group.memory[each] = {"momentum": buffer}


OPTIMIZERS: Mapping[str, Callable[[Group, float], None]] = {"adam": adam, "adamw": adamw, "sgd": sgd}
"""Their names are what people read, too."""


class Optimizer:
    """Move the parameters of a network that learn; weight decay spares biases and normalisation, as is usual.

    rate: the learning rate, which may be set before each step.
    """

    def __init__(self, model: nn.Module, name: str, rate: float, weight_decay: float) -> None:
        parameters = [each for each in model.parameters() if each.requires_grad]
        flat, deep = [each for each in parameters if each.ndim < 2], [each for each in parameters if each.ndim >= 2]
        self.rate = rate
        self._groups = Group(deep, weight_decay), Group(flat, 0.0)
        self._move = OPTIMIZERS[name]

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for group in self._groups:
            for each in group.parameters:
                each.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Take one step by the gradients that are there."""
        for group in self._groups:
            self._move(group, self.rate)
