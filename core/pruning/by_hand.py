"""Pruning and repair by hand: whole methods for fully connected layers, numpy only, on one screen each."""

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


def repair_layer(
    weights: np.ndarray, biases: np.ndarray, kept: np.ndarray, seen: np.ndarray, said: np.ndarray, ridge: float = 1e-3
) -> tuple[np.ndarray, np.ndarray]:
    """Give the kept weights the values that make a layer say most nearly what it said before it was pruned.

    weights (out, in), biases (out,); kept: bool (out, in). seen (n, in): what the pruned network shows this layer;
    said (n, out): what the whole network's layer said for the same n examples. Returns new weights and biases.

    Each output is a least-squares problem of its own: of the inputs that it still reads, and a constant, make the
    number that it used to say. What two inputs have in common, one of them can take over from the other; that is why
    so much comes back without any training. The ridge is what a change costs, as a share of the mean square input;
    it keeps a weight where it was if the examples say nothing about it.
    Source: Hassibi and Stork 1993, Second order derivatives for network pruning, for one layer.
    """
    inputs = np.column_stack([seen, np.ones(len(seen))])  # (n, in + 1): the bias is the weight of a constant
    before = np.column_stack([weights, biases])
    reads = np.column_stack([kept, np.ones(len(kept), bool)])
    cost = np.diag([*np.full(seen.shape[1], ridge * (seen**2).sum(0).mean()), 1e-9 * len(seen)])
    after = np.zeros_like(before)
    for row, own in enumerate(reads):
        gram = inputs[:, own].T @ inputs[:, own] + cost[np.ix_(own, own)]
        after[row, own] = np.linalg.solve(
            gram, inputs[:, own].T @ said[:, row] + cost[np.ix_(own, own)] @ before[row, own]
        )
    return after[:, :-1], after[:, -1]
