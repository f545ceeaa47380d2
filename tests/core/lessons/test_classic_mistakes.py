"""The two classic mistakes of pruning neurons, against a few lines of numpy."""

import numpy as np
import pytest

from core.errors import BadInput
from core.lessons.classic_mistakes import (
    forget_the_next_layer,
    layers_of,
    rows_that_are_small,
    rows_with_a_small_weight,
)


def test_shares_of_neurons_are_those_of_numpy(mlp):
    layers = layers_of(mlp.model)
    threshold = 0.03
    hidden = [weights for weights, _ in layers[:-1]]
    hit = np.concatenate([(np.abs(weights).min(1) < threshold) for weights in hidden]).mean()
    small = np.concatenate([(np.abs(weights).mean(1) < threshold) for weights in hidden]).mean()
    assert rows_with_a_small_weight(layers, threshold) == pytest.approx(hit)
    assert rows_that_are_small(layers, threshold) == pytest.approx(small)
    assert small < hit


def test_the_next_layer_is_missed(mlp):
    layers = layers_of(mlp.model)
    found = forget_the_next_layer(layers, float(np.median(np.abs(layers[0][0]).mean(1))))
    assert found is not None and "matmul" in found.said
    assert (found.expects, found.gets) == (300, 150)
    assert forget_the_next_layer(layers, 0.0) is None


def test_other_networks_are_refused(lenet):
    with pytest.raises(BadInput, match="fully connected"):
        layers_of(lenet.model)
