"""Neuron pruning by hand: the whole method for a multi-layer perceptron, numpy only, on one screen."""

import numpy as np

Layers = list[tuple[np.ndarray, np.ndarray]]
"""(weights (out, in), biases (out,)) of each layer, the first layer first."""


def prune_neurons(layers: Layers, threshold: float) -> Layers:
    """Delete the hidden neurons whose weights are small on average; return new arrays that still fit together.

    A neuron is a *row* of its layer's weights, with its bias. It goes when the mean absolute value of the whole
    row is below the threshold, in weight units. What it said was read by one *column* of the next layer, so that
    column goes too; the outputs of the last layer are the answer and all stay.

    Two mistakes break the network:
    - Deleting every row that holds *one* small weight. Nearly every row does, so nearly every neuron would go,
      the most important ones included. It is the row as a whole that has to be small.
    - Forgetting the next layer. It would still expect the old number of inputs, and the product of the two no
      longer exists; or, worse, it exists by chance and each weight meets the wrong input.

    Raises ValueError for layers that do not fit together, or when a layer would lose all its neurons.
    Source: Li et al. 2017, Pruning filters for efficient ConvNets, for filters; here for neurons.
    """
    pruned, inputs = [], np.arange(layers[0][0].shape[1])  # which inputs of the present layer are still there
    for place, (weights, biases) in enumerate(layers):
        if biases.shape != weights.shape[:1] or (place and weights.shape[1] != len(layers[place - 1][1])):
            raise ValueError(f"Layer {place} has weights {weights.shape} and biases {biases.shape}: they do not fit.")
        importance = np.abs(weights).mean(axis=1)  # (out,): judged before any input is gone
        keep = np.flatnonzero(importance >= threshold) if place < len(layers) - 1 else np.arange(len(biases))
        if not len(keep):
            raise ValueError(
                f"Layer {place} would lose all its neurons; the threshold must be below {importance.max()}."
            )
        pruned.append((weights[np.ix_(keep, inputs)], biases[keep]))  # rows of this layer, columns of the one before
        inputs = keep
    return pruned


def run(layers: Layers, x: np.ndarray) -> np.ndarray:
    """Compute the answers of a perceptron with ReLU between its layers: x (n, in) -> (n, out)."""
    for weights, biases in layers[:-1]:
        x = np.maximum(x @ weights.T + biases, 0)
    weights, biases = layers[-1]
    return x @ weights.T + biases
