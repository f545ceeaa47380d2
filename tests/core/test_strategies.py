"""Strategies, what learns, distillation, early stopping, batch norm: each against a calculation of its own."""

import copy
import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from core.errors import BadRecipe
from core.pruning import PruningPlan, prune, shrink
from core.quality import change, proportion
from core.tasks.base import distance
from core.tuning import Recipe, fine_tune
from core.tuning.recipe import STRATEGIES
from tests.core.test_criteria import task_of
from tests.core.test_tuning import last


@pytest.fixture
def normed():
    """A small convolutional network with batch norm and 96 pictures of three classes; made anew each time."""
    torch.manual_seed(3)
    model = nn.Sequential(
        nn.Conv2d(1, 6, 3, bias=False),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.Conv2d(6, 8, 3),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(8 * 4, 10),
        nn.ReLU(),
        nn.Linear(10, 3),
    )
    inputs = torch.randn(96, 1, 6, 6, generator=torch.Generator().manual_seed(4))
    task = task_of(model, inputs, inputs.flatten(1)[:, :3].argmax(1))
    early = copy.deepcopy(model)
    with torch.no_grad():
        early[8].weight.add_(1.0)
    return replace(task, training=replace(task.training, early_checkpoint=lambda: copy.deepcopy(early)))


@pytest.mark.parametrize("strategy", STRATEGIES)
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
        assert task.evaluate(early).value < task.evaluate(task.model).value
        assert task.evaluate(early).value > 0.6


def test_removed_units_take_no_part_in_the_training(normed):
    pruned = prune(normed, PruningPlan(sparsity=0.5, granularity="channel"))
    trained = set()

    def see(module, *_):
        if isinstance(module, nn.Linear) and module.training:
            trained.add(module.weight.numel())

    hook = nn.modules.module.register_module_forward_hook(see)
    try:
        last(fine_tune(normed, pruned, Recipe(batch_size=96)))
    finally:
        hook.remove()
    assert trained == {module.weight.numel() for module in shrink(pruned).modules() if isinstance(module, nn.Linear)}


@pytest.mark.parametrize("strategy", ["gradual", "iterative", "tune-first"])
def test_a_pattern_comes_at_once_or_a_sentence_says_so(normed, strategy):
    pruned = prune(normed, PruningPlan(granularity="2:4"))
    with pytest.raises(BadRecipe, match="cannot come bit by bit"):
        last(fine_tune(normed, pruned, Recipe(strategy=strategy)))
    final = last(fine_tune(normed, pruned, Recipe(epochs=2)))
    groups = (final.model[6].weight != 0).unflatten(1, (-1, 4)).sum(-1)
    assert groups.max() <= 2


@pytest.mark.parametrize("learns", ["last-1", "last-2", "last-99", "biases-norms"])
def test_frozen_layers_do_not_move_by_a_bit(normed, learns):
    pruned = prune(normed, PruningPlan(sparsity=0.3))
    final = last(fine_tune(normed, pruned, Recipe(epochs=3, batch_size=16, learns=learns, weight_decay=0.1)))
    moving = {
        "last-1": {"8.weight", "8.bias"},
        "last-2": {"6.weight", "6.bias", "8.weight", "8.bias"},
        "last-99": {name for name, _ in normed.model.named_parameters()},
        "biases-norms": {"1.weight", "1.bias", "3.bias", "6.bias", "8.bias"},
    }[learns]
    if "1.weight" in moving:
        moving = moving | {"1.running_mean", "1.running_var"}
    before = pruned.model.state_dict()
    changed = {name for name, value in final.model.state_dict().items() if not torch.equal(value, before[name])}
    assert changed - {"1.num_batches_tracked"} == moving


def test_a_distillation_loss_by_hand():
    output, wanted = torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 1.0]])
    p = [math.exp(3 / 2) / (math.exp(3 / 2) + math.exp(1 / 2)), math.exp(1 / 2) / (math.exp(3 / 2) + math.exp(1 / 2))]
    q = [math.exp(1 / 2) / (math.exp(1 / 2) + math.exp(2 / 2)), math.exp(2 / 2) / (math.exp(1 / 2) + math.exp(2 / 2))]
    expected = 4 * sum(a * math.log(a / b) for a, b in zip(p, q, strict=True))
    assert distance(output, wanted, 2.0).item() == pytest.approx(expected, rel=1e-5)
    assert distance(wanted, wanted, 2.0).item() == pytest.approx(0, abs=1e-6)


def test_distillation_alone_does_not_look_at_the_labels(normed):
    pruned = prune(normed, PruningPlan(sparsity=0.4))
    recipe = Recipe(epochs=2, batch_size=16, distill=1.0)

    def wrong(*arguments):
        for inputs, targets in normed.batches(*arguments):
            yield inputs, (targets + 1) % 3

    one, other = (last(fine_tune(task, pruned, recipe)).model for task in (normed, replace(normed, batches=wrong)))
    assert all(torch.equal(value, other.state_dict()[name]) for name, value in one.state_dict().items())


def test_early_stopping_stops_in_time_and_restores_the_best(tiny):
    figures = iter([50, 55, 60, 58, 59, 10, 10, 10, 10, 10])
    weights = []

    def score(model, split, limit):
        if split == "validation":
            weights.append(copy.deepcopy(model.state_dict()))
            yield proportion(next(figures), 64)
        else:
            yield proportion(40, 64, split="train")

    task = replace(tiny, score=score)
    recipe = Recipe(epochs=10, batch_size=16, patience=2)
    seen = list(fine_tune(task, prune(tiny, PruningPlan(sparsity=0.5)), recipe))
    assert seen[-1].step == 20  # the fifth of ten looks, two after the best
    assert seen[-1].left == 0
    assert seen[-1].quality.value == 60 / 64
    assert all(torch.equal(value, weights[2][name]) for name, value in seen[-1].model.state_dict().items())


def test_recalibration_changes_the_statistics_of_batch_norm_and_nothing_else(normed):
    with torch.no_grad():
        normed.model[1].running_mean.fill_(5.0)
    pruned = prune(normed, PruningPlan(sparsity=0.3))
    final = last(fine_tune(normed, pruned, Recipe(epochs=0, recalibrate=True, batch_size=32)))
    before, after = pruned.model.state_dict(), final.model.state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"1.running_mean", "1.running_var", "1.num_batches_tracked"}
    means, variances = [], []
    for inputs, _ in normed.batches("train", 32, torch.Generator().manual_seed(0), ()):
        with torch.no_grad():
            x = pruned.model[0](inputs)
        means.append(x.mean((0, 2, 3)))
        variances.append(x.var((0, 2, 3)))
    torch.testing.assert_close(after["1.running_mean"], torch.stack(means).mean(0))
    torch.testing.assert_close(after["1.running_var"], torch.stack(variances).mean(0))
    assert final.step == 0


def test_recalibration_heals_without_any_learning(resnet):
    pruned = prune(resnet, PruningPlan(sparsity=0.6))
    part = replace(resnet, score=lambda model, split, limit: resnet.score(model, split, 500))
    final = last(fine_tune(part, pruned, Recipe(epochs=0, recalibrate=True)))
    assert change(part.evaluate(pruned.model), final.quality).low > 0.01  # on the same examples


def test_a_time_limit_ends_a_run_with_a_settled_figure(tiny):
    pruned = prune(tiny, PruningPlan(sparsity=0.5))
    seen = list(fine_tune(tiny, pruned, Recipe(epochs=200, batch_size=1, seconds=0.2)))
    assert 0.2 <= seen[-1].seconds < 2
    assert 0 < seen[-1].step < seen[-1].of
    assert seen[-1].quality == tiny.evaluate(seen[-1].model)
    assert all(each.left <= 0.2 for each in seen)


def test_nothing_left_is_a_sentence(tiny):
    with pytest.raises(BadRecipe, match=r"every weight was removed.*Remove less"):
        last(fine_tune(tiny, prune(tiny, PruningPlan(sparsity=1.0)), Recipe()))


@given(st.integers(1, 4), st.integers(1, 60), st.floats(0.05, 0.99), st.sampled_from(STRATEGIES))
def test_courses_end_at_the_target_whatever_the_number_of_steps(rounds, steps, target, strategy):
    from core.tuning.strategies import SCHEDULES

    torch.manual_seed(0)
    task = task_of(nn.Sequential(nn.Flatten(), nn.Linear(4, 3)), torch.randn(4, 1, 2, 2), torch.arange(4) % 3)
    task = replace(task, training=replace(task.training, early_checkpoint=lambda: copy.deepcopy(task.model)))
    pruned = prune(task, PruningPlan(sparsity=target))
    recipe = Recipe(strategy=strategy, rounds=min(rounds, steps))
    course = SCHEDULES[strategy](task, pruned, recipe, steps)
    assert all(0 <= step < steps for step in course.cuts)
    assert list(course.cuts.values()) == sorted(course.cuts.values())
    if course.cuts:
        assert course.cuts[max(course.cuts)] == pruned.sparsity
    else:
        assert int((course.start.model[1].weight == 0).sum()) == round(target * 12)


def test_averaged_weights_are_the_mean_of_the_last_steps(tiny):
    pruned = prune(tiny, PruningPlan(sparsity=0.5))
    plain = Recipe(batch_size=16, warmup=0.0, cosine=False, learning_rate=0.01)
    ends = [last(fine_tune(tiny, pruned, replace(plain, steps=steps))).model.state_dict() for steps in range(6, 11)]
    averaged = last(fine_tune(tiny, pruned, replace(plain, steps=10, average=0.5))).model
    for name, value in averaged.state_dict().items():
        torch.testing.assert_close(value, torch.stack([each[name] for each in ends]).mean(0))
    for name, mask in pruned.masks.items():
        assert not averaged.get_parameter(name)[~mask].any()
