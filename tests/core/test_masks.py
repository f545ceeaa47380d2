"""Masks against torch.nn.utils.prune, numpy, and the properties they must have."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils import prune as reference

from core.errors import BadPlan
from core.pruning import PruningPlan, Ranking, prune, rank
from core.pruning.masks import cut, keep_n_of_m
from core.pruning.scope import erk, lamp, pools


def ranking_of(*tensors: torch.Tensor, plan: PruningPlan | None = None) -> Ranking:
    scores = {f"layer{i}": tensor for i, tensor in enumerate(tensors)}
    plan, shapes = (plan or PruningPlan()).scoring, {name: tuple(each.shape) for name, each in scores.items()}
    counts = {name: each.numel() for name, each in scores.items()}
    return Ranking(plan, scores, pools(scores, counts, dict.fromkeys(scores, 1), plan), shapes)


@pytest.mark.parametrize("name", ["mlp", "lenet", "resnet"])
@pytest.mark.parametrize("sparsity", [0.1, 0.5, 0.9, 0.99])
def test_masks_equal_those_of_global_unstructured(name, sparsity, request):
    task = request.getfixturevalue(name)
    model = copy.deepcopy(task.model)
    modules = [(model.get_submodule(each.removesuffix(".weight")), "weight") for each in task.prunable]
    total = sum(getattr(module, which).numel() for module, which in modules)
    reference.global_unstructured(modules, reference.L1Unstructured, amount=round(sparsity * total))

    pruned = prune(task, PruningPlan(sparsity=sparsity))

    for each, (module, _) in zip(task.prunable, modules, strict=True):
        assert torch.equal(pruned.masks[each], module.weight_mask.bool()), each
        assert torch.equal(pruned.model.get_parameter(each), module.weight), each


@pytest.mark.parametrize("threshold", [0.0, 0.01, 0.05, 10.0])
def test_a_threshold_removes_what_numpy_finds_below_it(lenet, threshold):
    pruned = prune(lenet, PruningPlan(threshold=threshold))
    kept = 0
    for name in lenet.prunable:
        expected = ~(np.abs(lenet.model.get_parameter(name).detach().numpy()) < np.float32(threshold))
        assert np.array_equal(pruned.masks[name].numpy(), expected)
        kept += expected.sum()
    assert pruned.sparsity == pytest.approx(1 - kept / 430_500)


def test_prunable_weights_are_those_of_linear_and_conv_layers(lenet, resnet):
    assert lenet.prunable == ("conv1.weight", "conv2.weight", "fc1.weight", "fc2.weight")
    kinds = (nn.Linear, nn.Conv2d)
    expected = {f"{name}.weight" for name, module in resnet.model.named_modules() if isinstance(module, kinds)}
    assert set(resnet.prunable) == expected


def test_the_shared_model_is_bit_identical_afterwards(lenet):
    before = copy.deepcopy(lenet.model.state_dict())
    pruned = prune(lenet, PruningPlan(sparsity=0.9))
    pruned.model.fc1.weight.data.fill_(7)
    after = lenet.model.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


finite = st.floats(-1, 1, width=16)
weights = st.lists(finite, min_size=1, max_size=60)


@given(weights, weights, st.floats(0, 1))
def test_a_target_sparsity_is_met_to_one_weight_ties_included(first, second, sparsity):
    ranking = ranking_of(torch.tensor(first).abs(), torch.tensor(second).abs())
    masks, _, _ = cut(ranking, PruningPlan(sparsity=sparsity))
    removed = sum(int((~mask).sum()) for mask in masks.values())
    assert removed == round(sparsity * (len(first) + len(second)))


@given(weights, st.floats(0, 1), st.floats(0, 1))
def test_raising_the_threshold_never_brings_a_weight_back(values, one, other):
    ranking = ranking_of(torch.tensor(values).abs())
    low, high = sorted((one, other))
    for plans in (
        (PruningPlan(threshold=low), PruningPlan(threshold=high)),
        (PruningPlan(sparsity=low), PruningPlan(sparsity=high)),
    ):
        (kept_low, *_), (kept_high, *_) = (cut(ranking, plan) for plan in plans)
        assert not (kept_high["layer0"] & ~kept_low["layer0"]).any()


@given(weights, st.floats(0, 1))
def test_no_kept_score_is_smaller_than_a_removed_one(values, sparsity):
    ranking = ranking_of(torch.tensor(values).abs())
    masks, _, cuts = cut(ranking, PruningPlan(sparsity=sparsity))
    threshold = cuts["layer0"]
    scores, kept = ranking.scores["layer0"], masks["layer0"]
    assert (scores[kept] >= threshold).all()
    assert (scores[~kept] <= threshold).all()


@given(weights, weights, st.floats(0, 1), st.sampled_from(["global", "layer"]))
def test_an_unsorted_ranking_cuts_at_the_same_place(first, second, sparsity, scope):
    scores = {"a": torch.tensor([*first, float("nan")]).abs(), "b": torch.tensor(second).abs()}
    plan, shapes = PruningPlan(sparsity=sparsity, scope=scope), {n: tuple(s.shape) for n, s in scores.items()}
    counts = {name: each.numel() for name, each in scores.items()}
    once, sorted_ = (
        cut(Ranking(plan.scoring, scores, pools(scores, counts, dict.fromkeys(scores, 1), plan, sort), shapes), plan)
        for sort in (False, True)
    )
    for name in scores:
        assert torch.equal(once[0][name], sorted_[0][name])


def test_equal_scores_are_removed_in_order():
    masks, _, _ = cut(ranking_of(torch.ones(3), torch.ones(3)), PruningPlan(sparsity=4 / 6))
    assert masks["layer0"].tolist() == [False] * 3
    assert masks["layer1"].tolist() == [False, True, True]


def test_what_is_not_a_number_is_never_removed_by_a_threshold(tiny):
    with torch.no_grad():
        tiny.model[1].weight[0, 0] = float("nan")
    pruned = prune(tiny, PruningPlan(threshold=100.0))
    assert int(sum(mask.sum() for mask in pruned.masks.values())) == 1
    assert pruned.masks["1.weight"][0, 0]


def test_removing_everything_names_the_emptied_layers(tiny):
    pruned = prune(tiny, PruningPlan(sparsity=1.0))
    assert pruned.sparsity == 1.0
    assert pruned.collapsed == ("1.weight", "3.weight")


def test_neither_threshold_nor_sparsity_removes_nothing(tiny):
    assert prune(tiny, PruningPlan()).sparsity == 0
    assert rank(tiny).pools[0].ascending.size == 56


@pytest.mark.parametrize(
    "choices",
    [
        {"threshold": -0.1},
        {"threshold": float("nan")},
        {"threshold": float("inf")},
        {"sparsity": 1.1},
        {"sparsity": -0.1},
        {"sparsity": float("nan")},
        {"threshold": 0.1, "sparsity": 0.1},
        {"criterion": "magic"},
        {"granularity": "layer"},
        {"scope": "everywhere"},
        {"norm": "l3"},
        {"granularity": "4:4"},
        {"granularity": "5:4"},
        {"granularity": "0:4"},
        {"granularity": "8:17"},
        {"granularity": "2:4", "sparsity": 0.9},
        {"granularity": "2:4", "threshold": 0.1},
        {"granularity": "2:4", "scope": "layer"},
        {"granularity": "2:4", "overrides": {"fc1.weight": 0.5}},
        {"granularity": "2:4", "criterion": "bn-scale"},
        {"criterion": "zero-activations"},
        {"criterion": "bn-scale", "granularity": "head"},
        {"scope": "layer", "threshold": 0.1},
        {"scope": "erk", "threshold": 0.1},
        {"overrides": {"fc1.weight": 1.5}},
        {"overrides": {"fc1.weight": float("nan")}},
    ],
)
def test_an_impossible_plan_is_a_sentence(choices):
    with pytest.raises(BadPlan) as caught:
        PruningPlan(**choices)
    assert caught.value.what.endswith(".")
    assert caught.value.advice.endswith(".")


@pytest.mark.parametrize("sparsity", [0.0, 0.3, 0.77, 1.0])
def test_the_same_share_of_each_layer_equals_l1_unstructured(lenet, sparsity):
    model = copy.deepcopy(lenet.model)
    pruned = prune(lenet, PruningPlan(sparsity=sparsity, scope="layer"))
    for name in lenet.prunable:
        module = reference.l1_unstructured(model.get_submodule(name.removesuffix(".weight")), "weight", sparsity)
        assert torch.equal(pruned.masks[name], module.weight_mask.bool())
    assert pruned.threshold is None or sparsity in (0.0,)


@pytest.mark.parametrize("sparsity", [0.2, 0.9])
def test_random_pruning_removes_as_many_as_torchs_and_differs_by_seed(lenet, sparsity):
    one, same, other = (
        prune(lenet, PruningPlan(sparsity=sparsity, criterion="random", scope="layer", seed=seed)) for seed in (1, 1, 2)
    )
    model = copy.deepcopy(lenet.model)
    for name in lenet.prunable:
        module = reference.random_unstructured(model.get_submodule(name.removesuffix(".weight")), "weight", sparsity)
        assert one.masks[name].sum() == module.weight_mask.sum()
    assert all(torch.equal(one.masks[name], same.masks[name]) for name in lenet.prunable)
    assert not torch.equal(one.masks["fc1.weight"], other.masks["fc1.weight"])


def test_an_override_gives_one_layer_its_own_share_and_leaves_the_others_alone(lenet):
    plain = {each.name: each for each in prune(lenet, PruningPlan(threshold=0.05)).layers}
    plan = PruningPlan(threshold=0.05, overrides={"fc1.weight": 0.25, "conv1.weight": 0})
    for layer in prune(lenet, plan).layers:
        expected = {"fc1.weight": 300_000, "conv1.weight": 500}.get(layer.name, plain[layer.name].kept)
        assert layer.kept == expected
    by_share = prune(lenet, PruningPlan(sparsity=0.9, overrides={"fc1.weight": 0.0}))
    assert sum(each.weights - each.kept for each in by_share.layers) == round(0.9 * 30_500)


def test_overrides_of_what_is_not_there_name_what_is(lenet):
    with pytest.raises(BadPlan, match=r"'fc9\.weight', which does not exist.*conv1\.weight, conv2\.weight"):
        prune(lenet, PruningPlan(sparsity=0.5, overrides={"fc9.weight": 0.5}))
    with pytest.raises(BadPlan, match=r"'fc2\.weight', which cannot go unit by unit"):
        prune(lenet, PruningPlan(sparsity=0.5, granularity="channel", overrides={"fc2.weight": 0.5}))


def test_a_ranking_of_another_criterion_is_refused(lenet):
    with pytest.raises(ValueError, match="scores differently"):
        prune(lenet, PruningPlan(sparsity=0.5, criterion="random"), rank(lenet))


patterns = st.integers(2, 16).flatmap(lambda m: st.tuples(st.integers(1, m - 1), st.just(m)))


@given(patterns, st.lists(st.integers(1, 20), min_size=1, max_size=3), st.integers(0, 9), st.booleans())
def test_n_of_m_holds_in_every_group_ragged_tails_too(pattern, shape, seed, ties):
    n, m = pattern
    rng = np.random.default_rng(seed)
    size = (3, *shape)
    values = rng.integers(0, 3, size).astype(np.float32) if ties else rng.random(size, np.float32)
    kept = keep_n_of_m(torch.from_numpy(values), n, m).numpy()
    assert kept.shape == size
    rows = np.moveaxis(values, 1, -1).reshape(-1, size[1])
    stay = np.moveaxis(kept, 1, -1).reshape(-1, size[1])
    for row, mask in zip(rows, stay, strict=True):
        for start in range(0, size[1], m):
            group, here = row[start : start + m], mask[start : start + m]
            assert here.sum() == min(n, len(group))
            expected = np.sort(np.argsort(-group, kind="stable")[:n])  # of equal ones the first
            assert np.array_equal(np.flatnonzero(here), expected)


def test_a_pattern_leaves_dense_what_an_override_says(lenet):
    pruned = prune(lenet, PruningPlan(granularity="1:4", overrides={"fc2.weight": 0.0}))
    shares = {layer.name: layer.sparsity for layer in pruned.layers}
    assert shares == {"conv1.weight": 0.0, "conv2.weight": 0.75, "fc1.weight": 0.75, "fc2.weight": 0.0}


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


def test_a_constant_layer_loses_its_first_weights_and_an_empty_one_nothing():
    ranking = ranking_of(torch.full((4,), 0.5), torch.zeros(0))
    masks, _, _ = cut(ranking, PruningPlan(sparsity=0.5))
    assert masks["layer0"].tolist() == [False, False, True, True]
    assert masks["layer1"].numel() == 0


def test_a_plan_is_plain_data_and_a_key():
    plan = PruningPlan(sparsity=0.5, overrides={"b": 0.1, "a": 0.2})
    assert plan == PruningPlan(**plan.to_dict())
    assert hash(plan) == hash(PruningPlan(sparsity=0.5, overrides={"a": 0.2, "b": 0.1}))
    assert plan.scoring == PruningPlan(overrides={"a": 0, "b": 0})
