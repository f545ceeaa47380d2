"""Averaging: the mean of the weights of many steps, which often does better than the last ones."""

import torch
from torch import Tensor, nn


class WeightAverage:
    """Average the parameters of a network over steps.

    Source: Izmailov et al. 2018, Averaging weights leads to wider optima and better generalization.
    """

    def __init__(self) -> None:
        self.mean: dict[str, Tensor] = {}
        self.steps = 0

    @torch.no_grad()
    def add(self, model: nn.Module) -> None:
        """Count the present weights in."""
        self.steps += 1
        for name, parameter in model.named_parameters():
            if name not in self.mean:
                self.mean[name] = parameter.detach().clone()
            else:
                self.mean[name].lerp_(parameter, 1 / self.steps)

    def restart(self) -> None:
        """Begin the mean anew."""
        self.mean, self.steps = {}, 0
