"""Strategies: where each starts, when it cuts, and that all end at the target."""

import copy
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
import torchvision
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from core.errors import BadRecipe
from core.pruning import PruningPlan, prune, shrink
from core.tasks import load
from core.tuning import Recipe, fine_tune
from core.tuning.strategies import known_strategies
from tests.core.pruning.networks import task_of
from tests.core.tuning.runs import last


@pytest.mark.parametrize("strategy", known_strategies())
@pytest.mark.parametrize("granularity", ["weight", "channel"])
def test_every_strategy_ends_at_the_target_after_the_same_steps(normed, strategy, granularity):
    pruned = prune(normed, PruningPlan(sparsity=0.6, granularity=granularity))
    recipe = Recipe(epochs=5, batch_size=16, strategy=strategy, learning_rate=0.01)
    final = last(fine_tune(normed, pruned, recipe))
    assert final.step == final.of == 30
    unit = 33 / 894 if granularity == "channel" else 1e-9  # the largest unit; by its new weights another one may go
    assert final.sparsity == pytest.approx(pruned.sparsity, abs=unit)
    removed = sum(int((~mask).sum()) for mask in final.pruned.masks.values())
    assert final.sparsity == pytest.approx(removed / sum(mask.numel() for mask in final.pruned.masks.values()))
    for name, mask in {**final.pruned.masks, **final.pruned.companion_masks}.items():
        assert (final.model.get_parameter(name)[~mask] == 0).all()
    again = last(fine_tune(normed, pruned, recipe))
    assert all(torch.equal(value, again.model.state_dict()[name]) for name, value in final.model.state_dict().items())
    if granularity == "channel":
        x = torch.randn(5, 1, 6, 6)
        with torch.no_grad():
            torch.testing.assert_close(shrink(final.pruned)(x), final.model(x), atol=1e-4, rtol=1e-4)


def sparsities(task, strategy, target, **changes):
    recipe = Recipe(epochs=20, batch_size=16, strategy=strategy, **changes)
    return [each.sparsity for each in fine_tune(task, prune(task, PruningPlan(sparsity=target)), recipe)]


def test_gradual_pruning_follows_the_cubic_schedule(normed):
    seen = sparsities(normed, "gradual", 0.9)  # 120 steps, the last cut before the 37th
    for step, sparsity in enumerate(seen[:36]):
        assert sparsity == pytest.approx(0.9 * (1 - (1 - step / 36) ** 3), abs=0.002)
    assert seen[36:] == pytest.approx([0.9] * 84, abs=0.001)


def test_iterative_pruning_keeps_the_same_share_in_each_round(normed):
    seen = sparsities(normed, "iterative", 0.875, rounds=3)
    assert [seen[0], seen[40], seen[80]] == pytest.approx([0.5, 0.75, 0.875], abs=0.002)
    assert len({round(each, 3) for each in seen}) == 3


def test_tuning_first_prunes_at_half_of_the_steps(normed):
    seen = sparsities(normed, "tune-first", 0.5)
    assert seen[:60] == [0.0] * 60
    assert seen[60:] == pytest.approx([0.5] * 60, abs=0.001)


def test_tuning_first_equals_its_parts_done_by_hand(normed):
    recipe = Recipe(epochs=1, batch_size=48, warmup=0, cosine=False, optimizer="sgd", learning_rate=0.1)
    final = last(fine_tune(normed, prune(normed, PruningPlan(sparsity=0.5)), replace(recipe, strategy="tune-first")))
    model = copy.deepcopy(normed.model).train()
    optimizer = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9, nesterov=True)
    masks = {}
    for inputs, targets in normed.batches("train", 48, torch.Generator().manual_seed(0), ()):
        optimizer.zero_grad()
        F.cross_entropy(model(inputs), targets).backward()
        for name, mask in masks.items():
            model.get_parameter(name).grad *= mask
        optimizer.step()
        if not masks:
            masks = prune(replace(normed, model=copy.deepcopy(model).eval()), PruningPlan(sparsity=0.5)).masks
        with torch.no_grad():
            for name, mask in masks.items():
                model.get_parameter(name).mul_(mask)
    for name, value in model.named_parameters():
        torch.testing.assert_close(final.model.get_parameter(name), value, rtol=1e-4, atol=1e-5)


def test_rewinding_starts_from_the_early_weights_under_the_trained_networks_masks(normed):
    pruned = prune(normed, PruningPlan(sparsity=0.5))
    final = last(fine_tune(normed, pruned, Recipe(strategy="rewind", learning_rate=1e-12, batch_size=96)))
    expected = normed.training.early_checkpoint()[8].weight * pruned.masks["8.weight"]
    torch.testing.assert_close(final.model[8].weight, expected)
    assert torch.equal(final.pruned.masks["8.weight"], pruned.masks["8.weight"])


def test_a_model_without_an_early_state_says_so(tiny):
    with pytest.raises(BadRecipe, match="early state"):
        last(fine_tune(tiny, prune(tiny, PruningPlan(sparsity=0.5)), Recipe(strategy="rewind")))


def test_from_scratch_has_the_masks_but_none_of_the_weights(normed):
    pruned = prune(normed, PruningPlan(sparsity=0.5))
    recipe = Recipe(strategy="scratch", learning_rate=1e-12, batch_size=96)
    one, other = (last(fine_tune(normed, pruned, replace(recipe, seed=seed))).model for seed in (0, 1))
    kept = pruned.masks["6.weight"]
    assert not torch.isclose(one[6].weight[kept], normed.model[6].weight[kept]).any()
    assert not torch.equal(one[6].weight, other[6].weight)
    assert (one[6].weight[~kept] == 0).all()


def test_shipped_models_have_their_early_state(mlp, lenet, resnet):
    for task in (mlp, lenet, resnet):
        early = task.training.early_checkpoint()
        first, last = (task.evaluate(model, "validation", 1_000).value for model in (early, task.model))
        assert 0.6 < first < last


@pytest.mark.parametrize("strategy", ["gradual", "iterative", "tune-first"])
def test_a_pattern_comes_at_once_or_a_sentence_says_so(normed, strategy):
    pruned = prune(normed, PruningPlan(granularity="2:4"))
    with pytest.raises(BadRecipe, match="cannot come bit by bit"):
        last(fine_tune(normed, pruned, Recipe(strategy=strategy)))
    final = last(fine_tune(normed, pruned, Recipe(epochs=2)))
    groups = (final.model[6].weight != 0).unflatten(1, (-1, 4)).sum(-1)
    assert groups.max() <= 2


@given(st.integers(1, 4), st.integers(1, 60), st.floats(0.05, 0.99), st.sampled_from(list(known_strategies())))
def test_courses_end_at_the_target_whatever_the_number_of_steps(rounds, steps, target, strategy):
    torch.manual_seed(0)
    task = task_of(nn.Sequential(nn.Flatten(), nn.Linear(4, 3)), torch.randn(4, 1, 2, 2), torch.arange(4) % 3)
    task = replace(task, training=replace(task.training, early_checkpoint=lambda: copy.deepcopy(task.model)))
    pruned = prune(task, PruningPlan(sparsity=target))
    recipe = Recipe(strategy=strategy, rounds=min(rounds, steps))
    course = known_strategies()[strategy].schedule(task, pruned, recipe, steps)
    assert all(0 <= step < steps for step in course.cuts)
    assert list(course.cuts.values()) == sorted(course.cuts.values())
    if course.cuts:
        assert course.cuts[max(course.cuts)] == pruned.sparsity
    else:
        assert int((course.start.model[1].weight == 0).sum()) == round(target * 12)


def test_from_scratch_nothing_keeps_what_it_learned():
    vit = torchvision.models.VisionTransformer(32, 16, 1, 2, 16, 32, num_classes=3)
    block = torchvision.models.ConvNeXt(
        [torchvision.models.convnext.CNBlockConfig(8, None, 2)], layer_scale=1.0, num_classes=3
    )
    for build in (lambda: copy.deepcopy(vit), lambda: copy.deepcopy(block)):
        model = build()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(7.0)  # what it has learned
        task = task_of(model, torch.randn(6, 3, 32, 32), torch.arange(6) % 3)
        task = replace(task, training=replace(task.training, fresh=build))
        recipe = Recipe(strategy="scratch", steps=1, batch_size=6, learning_rate=1e-12)
        final = last(fine_tune(task, prune(task, PruningPlan(sparsity=0.3)), recipe))
        assert all(float(parameter.abs().max()) < 5 for parameter in final.model.parameters())


@pytest.mark.parametrize("name", ["fashion-mlp", "reuters-cnn", "movielens-ncf", "cartpole-policy"])
def test_a_fresh_network_of_each_field_is_random_and_of_the_same_form(name):
    task = load(name)
    fresh = task.training.fresh().state_dict()
    assert {key: value.shape for key, value in fresh.items()} == {
        key: value.shape for key, value in task.model.state_dict().items()
    }
    for key in task.prunable:
        assert not torch.equal(fresh[key], task.model.get_parameter(key))


def test_a_network_that_nobody_knows_how_to_draw_anew_says_so():
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale, self.out = nn.Parameter(torch.ones(4)), nn.Linear(4, 3)

        def forward(self, x):
            return self.out(self.scale * x.flatten(1))

    task = task_of(Scaled(), torch.randn(6, 1, 2, 2), torch.arange(6) % 3)
    with pytest.raises(BadRecipe, match="nobody here knows how scale is drawn"):
        last(fine_tune(task, prune(task, PruningPlan(sparsity=0.3)), Recipe(strategy="scratch")))
