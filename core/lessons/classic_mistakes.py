"""The two classic mistakes of pruning neurons, made on a real perceptron so that people can see them fail."""

from dataclasses import dataclass

import numpy as np
from torch import nn

from core.errors import BadInput
from core.language import text
from core.pruning.by_hand import Layers, prune_neurons, run


def layers_of(model: nn.Module) -> Layers:
    """Return weights (out, in) and biases (out,) of a perceptron's layers. Raises BadInput for another network."""
    linear = [each for each in model.modules() if isinstance(each, nn.Linear)]
    others = [each for each in model.modules() if isinstance(each, nn.Conv2d | nn.Embedding)]
    if others or len(linear) < 2:
        raise BadInput(
            text("This lesson needs a network of fully connected layers alone."), text("Choose fashion-mlp.")
        )
    return [(each.weight.detach().numpy(), each.bias.detach().numpy()) for each in linear]


def rows_with_a_small_weight(layers: Layers, threshold: float) -> float:
    """Return the share of hidden neurons that hold at least one weight below the threshold, 0 to 1.

    This is what would go by the first mistake.
    """
    hidden = [weights for weights, _ in layers[:-1]]
    held = sum(int((np.abs(weights) < threshold).any(axis=1).sum()) for weights in hidden)
    return held / sum(len(weights) for weights in hidden)


def rows_that_are_small(layers: Layers, threshold: float) -> float:
    """Return the share of hidden neurons whose weights are below the threshold on average, 0 to 1."""
    kept = prune_neurons(layers, threshold)
    return 1 - sum(len(biases) for _, biases in kept[:-1]) / sum(len(biases) for _, biases in layers[:-1])


@dataclass(frozen=True)
class Mismatch:
    """Hold why two layers do not fit: inputs that the second one expects and gets, and what numpy says to that."""

    expects: int
    gets: int
    said: str


def forget_the_next_layer(layers: Layers, threshold: float) -> Mismatch | None:
    """Delete small rows of the first layer without the columns behind them, and run that; None if nothing breaks."""
    first, biases = layers[0]
    keep = np.abs(first).mean(axis=1) >= threshold
    broken = [(first[keep], biases[keep]), *layers[1:]]
    try:
        run(broken, np.zeros((1, first.shape[1])))
    except ValueError as error:
        return Mismatch(layers[1][0].shape[1], int(keep.sum()), str(error))
    return None
