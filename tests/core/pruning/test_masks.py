"""Masks against torch.nn.utils.prune, numpy, and the properties they must have."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils import prune as reference

from core.pruning import PruningPlan, Ranking, prune, rank
from core.pruning.masks import cut
from core.pruning.pools import weight_pools


def ranking_of(*tensors: torch.Tensor, plan: PruningPlan | None = None) -> Ranking:
    scores = {f"layer{i}": tensor for i, tensor in enumerate(tensors)}
    plan, shapes = (plan or PruningPlan()).scoring, {name: tuple(each.shape) for name, each in scores.items()}
    counts = {name: each.numel() for name, each in scores.items()}
    return Ranking(plan, scores, weight_pools(scores, counts, plan), shapes)


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
        cut(Ranking(plan.scoring, scores, weight_pools(scores, counts, plan, sort), shapes), plan)
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


def test_a_ranking_of_another_criterion_is_refused(lenet):
    with pytest.raises(ValueError, match="scores differently"):
        prune(lenet, PruningPlan(sparsity=0.5, criterion="random"), rank(lenet))


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
