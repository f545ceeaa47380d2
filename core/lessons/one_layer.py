"""One layer of a perceptron, repaired by hand: how much of its error goes."""

import numpy as np
import torch

from core.lessons.classic_mistakes import layers_of
from core.pruning import Pruned
from core.pruning.by_hand import repair_layer
from core.tasks.base import Task

EXAMPLES = 1000
"""Training examples that the layer is repaired on."""


def error_taken_away(task: Task, pruned: Pruned, layer: int = 1) -> float:
    """Return the share of a layer's squared error that repairing it alone takes away, 0 to 1, on its own examples.

    layer: which one, counted from 0; those before it stay whole. Raises BadInput for a network that is no perceptron.
    """
    whole, cut = layers_of(task.model), layers_of(pruned.model)
    (inputs, _), *_ = task.batches("train", EXAMPLES, torch.Generator().manual_seed(0))
    seen = inputs.flatten(1).double().numpy()
    for weights, biases in whole[:layer]:
        seen = np.maximum(seen @ weights.T + biases, 0)
    said = seen @ whole[layer][0].T + whole[layer][1]
    before = _error(cut[layer][0], cut[layer][1], seen, said)
    weights, biases = repair_layer(*cut[layer], cut[layer][0] != 0, seen, said)
    return 1 - _error(weights, biases, seen, said) / before if before else 0.0


def _error(weights: np.ndarray, biases: np.ndarray, seen: np.ndarray, said: np.ndarray) -> float:
    return float(((seen @ weights.T + biases - said) ** 2).sum())
