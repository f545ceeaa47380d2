"""The optimisers: what turns gradients into steps."""

from collections.abc import Callable, Mapping
from typing import Any

from torch import nn
from torch.optim import SGD, Adam, AdamW, Optimizer

Groups = list[dict[str, Any]]
"""Parameters with the weight decay that they get."""


def adam(groups: Groups, rate: float) -> Optimizer:
    """Scale each step by the size of recent gradients.

    Source: Kingma and Ba 2015, Adam: a method for stochastic optimization.
    """
    return Adam(groups, lr=rate, fused=True)


def adamw(groups: Groups, rate: float) -> Optimizer:
    """Do as Adam does, with weight decay apart from the gradient.

    Source: Loshchilov and Hutter 2019, Decoupled weight decay regularization.
    """
    return AdamW(groups, lr=rate, fused=True)


def sgd(groups: Groups, rate: float) -> Optimizer:
    """Follow the gradient with Nesterov's momentum of 0.9.

    Source: Sutskever, Martens, Dahl, Hinton 2013, On the importance of initialization and momentum in deep learning.
    """
    return SGD(groups, lr=rate, momentum=0.9, nesterov=True, fused=True)


OPTIMIZERS: Mapping[str, Callable[[Groups, float], Optimizer]] = {"adam": adam, "adamw": adamw, "sgd": sgd}
"""Their names are what people read, too."""


def optimizer_of(model: nn.Module, name: str, rate: float, weight_decay: float) -> Optimizer:
    """Build the optimiser of all that learns; weight decay spares biases and normalisation, as is usual."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    flat, deep = [p for p in parameters if p.ndim < 2], [p for p in parameters if p.ndim >= 2]
    groups = [{"params": deep, "weight_decay": weight_decay}, {"params": flat, "weight_decay": 0.0}]
    return OPTIMIZERS[name](groups, rate)
