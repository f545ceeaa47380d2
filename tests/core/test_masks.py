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
from core.pruning import PruningPlan, Ranking, prune, rank, threshold_at
from core.pruning.masks import cut


def ranking_of(*tensors: torch.Tensor) -> Ranking:
    scores = {f"layer{i}": tensor for i, tensor in enumerate(tensors)}
    return Ranking(scores, np.sort(np.concatenate([tensor.numpy().ravel() for tensor in tensors])))


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
    masks, _ = cut(ranking, PruningPlan(sparsity=sparsity))
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
        (kept_low, _), (kept_high, _) = (cut(ranking, plan) for plan in plans)
        assert not (kept_high["layer0"] & ~kept_low["layer0"]).any()


@given(weights, st.floats(0, 1))
def test_no_kept_score_is_smaller_than_a_removed_one(values, sparsity):
    ranking = ranking_of(torch.tensor(values).abs())
    masks, threshold = cut(ranking, PruningPlan(sparsity=sparsity))
    scores, kept = ranking.scores["layer0"], masks["layer0"]
    assert (scores[kept] >= threshold).all()
    assert (scores[~kept] <= threshold).all()
    assert threshold == threshold_at(ranking, sparsity)


def test_equal_scores_are_removed_in_order():
    masks, _ = cut(ranking_of(torch.ones(3), torch.ones(3)), PruningPlan(sparsity=4 / 6))
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
    assert rank(tiny).ascending.size == 56


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
    ],
)
def test_an_impossible_plan_is_a_sentence(choices):
    with pytest.raises(BadPlan) as caught:
        PruningPlan(**choices)
    assert caught.value.what.endswith(".")
    assert caught.value.advice.endswith(".")
