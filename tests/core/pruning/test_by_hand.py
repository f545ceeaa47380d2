"""The method by hand against the engine, and the two mistakes its docstring warns of."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.pruning import PruningPlan, prune, shrink
from core.pruning.by_hand import prune_neurons, run


def layers_of(model):
    return [
        (layer.weight.detach().numpy().copy(), layer.bias.detach().numpy().copy())
        for layer in model.modules()
        if isinstance(layer, torch.nn.Linear)
    ]


def test_it_runs_like_torch(mlp):
    x = torch.randn(5, 1, 28, 28)
    with torch.no_grad():
        np.testing.assert_allclose(run(layers_of(mlp.model), x.flatten(1).numpy()), mlp.model(x), atol=1e-4)


@pytest.mark.parametrize("threshold", [0.0, 0.03, 0.045, 0.05])
def test_it_equals_the_engine(mlp, threshold):
    by_hand = prune_neurons(layers_of(mlp.model), threshold)
    small = shrink(prune(mlp, PruningPlan(threshold=threshold, granularity="neuron", norm="l1")))
    for (weights, biases), (expected, expected_biases) in zip(by_hand, layers_of(small), strict=True):
        np.testing.assert_array_equal(weights, expected)
        np.testing.assert_array_equal(biases, expected_biases)


@given(st.lists(st.integers(1, 8), min_size=3, max_size=5), st.floats(0, 0.6), st.integers(0, 99))
def test_the_rest_still_runs_and_says_what_zeroing_would(sizes, threshold, seed):
    rng = np.random.default_rng(seed)
    layers = [(rng.normal(size=(o, i)), rng.normal(size=o)) for i, o in itertools.pairwise(sizes)]
    x = rng.normal(size=(3, sizes[0]))
    zeroed = [(w.copy(), b.copy()) for w, b in layers]
    for weights, biases in zeroed[:-1]:
        small = np.abs(weights).mean(1) < threshold
        weights[small], biases[small] = 0, 0
    if any(not w.any() for w, _ in zeroed[:-1]):
        with pytest.raises(ValueError, match="would lose all its neurons"):
            prune_neurons(layers, threshold)
    else:
        np.testing.assert_allclose(run(prune_neurons(layers, threshold), x), run(zeroed, x), atol=1e-9)


def test_forgetting_the_next_layer_breaks_the_network(mlp):
    layers = layers_of(mlp.model)
    layers[0] = (layers[0][0][:200], layers[0][1][:200])
    with pytest.raises(ValueError, match="do not fit"):
        prune_neurons(layers, 0.0)


def test_deleting_every_row_with_one_small_weight_would_delete_nearly_all(mlp):
    weights, _ = layers_of(mlp.model)[0]
    assert (np.abs(weights) < 0.001).any(axis=1).mean() > 0.99
    assert len(prune_neurons(layers_of(mlp.model), 0.001)[0][1]) == 300
