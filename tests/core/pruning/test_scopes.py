"""Where to cut: each scope against its formula or torch's own pruning."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.utils import prune as reference

from core.measure import histograms
from core.pruning import PruningPlan, prune, rank
from core.pruning.scopes.erk import erk
from core.pruning.scopes.lamp import lamp


@pytest.mark.parametrize("sparsity", [0.0, 0.3, 0.77, 1.0])
def test_the_same_share_of_each_layer_equals_l1_unstructured(lenet, sparsity):
    model = copy.deepcopy(lenet.model)
    pruned = prune(lenet, PruningPlan(sparsity=sparsity, scope="layer"))
    for name in lenet.prunable:
        module = reference.l1_unstructured(model.get_submodule(name.removesuffix(".weight")), "weight", sparsity)
        assert torch.equal(pruned.masks[name], module.weight_mask.bool())
    assert pruned.threshold is None or sparsity in (0.0,)


@given(st.lists(st.floats(-10, 10, width=32), min_size=1, max_size=40))
def test_lamp_equals_its_formula(values):
    weights = np.abs(np.array(values, np.float32))
    found = lamp(torch.from_numpy(weights)).numpy()
    order = np.argsort(weights, kind="stable")
    squares = weights[order].astype(np.float64) ** 2
    for place, index in enumerate(order):
        rest = squares[place:].sum()
        assert found[index] == pytest.approx(squares[place] / rest if rest else 0.0, rel=1e-5)


def test_lamp_keeps_every_layer_alive(resnet):
    pruned = prune(resnet, PruningPlan(sparsity=0.99, scope="lamp"))
    assert not pruned.collapsed
    assert pruned.sparsity == pytest.approx(0.99, abs=1e-5)


layers = st.lists(st.tuples(st.integers(1, 60), st.integers(1, 60), st.integers(1, 5)), min_size=1, max_size=6)


@given(layers, st.floats(0, 1))
def test_erk_meets_the_target_exactly_and_follows_its_formula(sizes, sparsity):
    shapes = [(out, inputs, kernel, kernel) for out, inputs, kernel in sizes]
    weights = np.array([np.prod(shape) for shape in shapes])
    gone = np.array(erk([(shape, int(count)) for shape, count in zip(shapes, weights, strict=True)], sparsity))
    assert ((gone >= 0) & (gone <= weights)).all()
    assert gone.sum() == weights.sum() - round(float((1 - sparsity) * weights.sum()))
    density = 1 - gone / weights
    raw = np.array([sum(shape) for shape in shapes]) / weights
    free = (gone > 1) & (gone < weights - 1)  # neither whole nor empty: proportional, but for rounding
    if free.sum() > 1:
        scale = density[free] / raw[free]
        slack = (1 / (weights * raw))[free].max() * 2
        assert scale.max() - scale.min() <= slack + 1e-9


def test_within_a_row_the_same_share_of_each_output_goes_and_the_weakest_of_it(lenet):
    pruned = prune(lenet, PruningPlan(sparsity=0.5, scope="row", criterion="activation"))
    scores = rank(lenet, PruningPlan(criterion="activation")).scores
    for name, mask in pruned.masks.items():
        rows, values = mask.flatten(1), scores[name].flatten(1)
        assert ((~rows).sum(1) - rows.shape[1] / 2).abs().max() <= 1
        for row, value in zip(rows, values, strict=True):
            assert value[~row].max() <= value[row].min()


@pytest.mark.parametrize("scope", ["lamp", "row"])
def test_where_places_are_compared_the_picture_shows_places(mlp, scope):
    plan = PruningPlan(scope=scope)
    for histogram in histograms(mlp, rank(mlp, plan), plan, (0.8,)):
        assert histogram.low >= 0 and histogram.cuts[0] <= histogram.high
