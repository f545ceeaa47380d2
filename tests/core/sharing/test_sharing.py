"""Shared weights against scipy's k-means, closed forms and the bound of information theory; files read back."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.vq import kmeans2
from torch import nn

from core.errors import BadPlan
from core.pruning import PruningPlan, prune
from core.sharing import file_steps, from_range_coded, share_weights, shareable, to_range_coded, tune_shared
from core.sharing.clusters import cluster
from core.sharing.shared import SharedWeights


def error(weights, values, places):
    return float(((weights - values[places]) ** 2).sum())


def bits_of(places):
    counts = np.bincount(places)
    counts = counts[counts > 0]
    return float(-(counts * np.log2(counts / counts.sum())).sum())


def test_without_a_price_the_values_are_those_of_k_means():
    weights = np.random.default_rng(0).normal(size=20_000).astype(np.float32)
    values, places = cluster(weights, 16, 0.0)
    begin = np.linspace(weights.min(), weights.max(), 16)
    theirs, their_places = kmeans2(weights[:, None], begin[:, None], iter=40, minit="matrix")
    assert error(weights, values, places) == pytest.approx(error(weights, theirs[:, 0], their_places), rel=0.02)
    assert (np.abs(weights - values[places]) <= np.abs(weights[:, None] - values).min(1) + 1e-3).all()


def test_a_price_buys_bits_with_error():
    weights = np.random.default_rng(1).normal(size=20_000).astype(np.float32)
    found = [cluster(weights, 32, rate) for rate in (0.0, 0.01, 0.1)]
    bits, errors = [bits_of(places) for _, places in found], [error(weights, *each) for each in found]
    assert bits == sorted(bits, reverse=True)
    assert errors == sorted(errors)
    assert bits[2] < 0.6 * bits[0]


@pytest.mark.parametrize("weights", [[0.5], [0.5] * 9, [-1.0, 1.0], [1e-30, 1.0]])
def test_few_weights_keep_their_values(weights):
    weights = np.array(weights, np.float32)
    values, places = cluster(weights, 16, 0.0)
    np.testing.assert_allclose(values[places], weights, atol=1e-4)


def test_zeros_stay_and_each_layer_has_no_more_values_than_asked(lenet):
    pruned = prune(lenet, PruningPlan(sparsity=0.9))
    shared = share_weights(pruned, 4)
    for name, weight in shareable(shared.model).items():
        before = pruned.model.state_dict()[name]
        assert torch.equal(weight == 0, before == 0)
        assert len(torch.unique(weight[weight != 0])) <= 16
    for name, bias in pruned.model.named_parameters():
        if bias.ndim == 1:
            assert torch.equal(bias, shared.model.get_parameter(name))


def test_the_file_is_read_back_to_the_last_bit_of_its_16_bit_values(lenet):
    shared = share_weights(prune(lenet, PruningPlan(sparsity=0.95)), 5)
    made = from_range_coded(to_range_coded(shared), lenet.model)
    for (name, mine), theirs in zip(made.state_dict().items(), shared.model.state_dict().values(), strict=True):
        assert torch.equal(mine, theirs.half().float()), name


def test_the_file_is_hardly_larger_than_information_theory_asks_for(lenet):
    shared = share_weights(prune(lenet, PruningPlan(sparsity=0.95)), 5)
    bits, rest = 0.0, 0
    for name, value in shared.model.state_dict().items():
        if name in shared.codes:
            codes = shared.codes[name].flatten().numpy()
            bits += bits_of((codes != 0).astype(int)) + bits_of(codes[codes != 0])
        else:
            rest += 2 * value.numel()
    tables = sum(4 * len(values) for values in shared.values.values())
    assert len(to_range_coded(shared)) < 1.02 * bits / 8 + rest + tables + 600


@settings(max_examples=25)
@given(st.integers(0, 2**31), st.floats(0, 1), st.integers(1, 6), st.integers(1, 40))
def test_any_layer_is_read_back(seed, share, bits, width):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(width, 7), nn.BatchNorm1d(7), nn.Linear(7, 1))
    with torch.no_grad():
        for layer in (model[0], model[2]):
            layer.weight *= torch.rand_like(layer.weight) > share
    shared = share_weights(prune_nothing(model), bits)
    made = from_range_coded(to_range_coded(shared), model)
    for mine, theirs in zip(made.state_dict().values(), shared.model.state_dict().values(), strict=True):
        if theirs.is_floating_point():
            assert torch.equal(mine, theirs.half().float())


def prune_nothing(model):
    """A stand-in for a pruned network: all that sharing asks of one."""
    return type("Whole", (), {"model": model})()


def test_what_layers_share_is_written_once():
    model = nn.Sequential(nn.Linear(64, 64, bias=False), nn.Linear(64, 64, bias=False))
    alone = len(to_range_coded(share_weights(prune_nothing(copy.deepcopy(model)), 6)))
    model[1].weight = model[0].weight
    shared = share_weights(prune_nothing(model), 6)
    content = to_range_coded(shared)
    assert len(content) < 0.7 * alone
    made = from_range_coded(content, model)
    assert made[1].weight is made[0].weight
    assert torch.equal(made[0].weight, shared.model[1].weight.half().float())


def test_weights_of_one_value_move_together_by_the_sum_of_their_gradients(tiny):
    shared = share_weights(prune(tiny, PruningPlan(sparsity=0.5)), 2)
    before = {name: values.clone() for name, values in shared.values.items()}
    zero = {name: weight == 0 for name, weight in shareable(shared.model).items()}
    network = copy.deepcopy(shared.model)
    inputs, targets = next(iter(tiny.batches("train", 64, torch.Generator().manual_seed(0), ())))
    tiny.loss(network(inputs), targets, 0.0).backward()
    next(tune_shared(tiny, shared, steps=1))
    for name, values in shared.values.items():
        gradient = network.get_parameter(name).grad
        sums = torch.stack([gradient[shared.codes[name] == code + 1].sum() for code in range(len(values))])
        assert torch.equal(torch.sign(before[name] - values)[sums.abs() > 1e-6], torch.sign(sums)[sums.abs() > 1e-6])
    for name, weight in shareable(shared.model).items():
        assert torch.equal(weight == 0, zero[name])
        assert torch.equal(weight[~zero[name]], shared.values[name][shared.codes[name][~zero[name]] - 1])


def test_tuning_lowers_the_loss_and_is_that_of_its_seed(lenet):
    pruned = prune(lenet, PruningPlan(sparsity=0.8))
    inputs, targets = next(iter(lenet.batches("train", 2000, torch.Generator().manual_seed(1), ())))

    def loss(shared: SharedWeights) -> float:
        with torch.no_grad():
            return float(lenet.loss(shared.model(inputs), targets, 0.0))

    first, second = (share_weights(pruned, 2) for _ in range(2))
    before = loss(first)
    for one in (first, second):
        for _ in tune_shared(lenet, one, steps=30):
            pass
    assert loss(first) < before
    assert to_range_coded(first) == to_range_coded(second)


def test_weights_that_are_no_numbers_are_a_sentence(tiny):
    pruned = prune(tiny, PruningPlan(sparsity=0.5))
    with torch.no_grad():
        pruned.model[1].weight[0, 0] = torch.nan
    with pytest.raises(BadPlan, match="no numbers"):
        share_weights(pruned, 4)


def test_each_step_is_smaller_and_judged_on_the_same_examples(tiny):
    pruned = prune(tiny, PruningPlan(sparsity=0.5))
    *_, last = file_steps(tiny, pruned, 4)
    assert [step.change is None for step in last.steps] == [True, False, False, False]
    assert {step.quality.n for step in last.steps} == {64}
    assert last.doing == ""
    assert last.steps[1].quality.value == tiny.evaluate(pruned.model).value
