"""However a fine-tune ends, its end is what the recipe asks for; and what it learns from is what it does itself."""

import copy
from dataclasses import replace

import pytest
import torch
import torchvision
from torch import nn

from core.errors import BadRecipe
from core.jobs.work import TuneProgress, best_progress, tune
from core.pruning import PruningPlan, prune
from core.quality import share
from core.tasks import load
from core.tuning import Recipe, fine_tune, length_of, longer
from core.tuning.loop import recalibrate
from tests.core.test_criteria import task_of
from tests.core.test_tuning import last


@pytest.fixture
def normed():
    """A small convolutional network with batch norm, and 96 pictures of three classes."""
    torch.manual_seed(3)
    model = nn.Sequential(nn.Conv2d(1, 6, 3, bias=False), nn.BatchNorm2d(6), nn.ReLU(), nn.Flatten(), nn.Linear(96, 3))
    inputs = torch.randn(96, 1, 6, 6, generator=torch.Generator().manual_seed(4))
    return task_of(model, inputs, inputs.flatten(1)[:, :3].argmax(1))


def judged_as(task, hits):
    """The task with validation figures that are given, one a look; and the weights at each look."""
    figures, seen = iter(hits), []

    def score(model, split, limit):
        right = torch.zeros(96, dtype=torch.bool)
        if split == "validation":
            seen.append(copy.deepcopy(model.state_dict()))
            right[: next(figures, 0)] = True
        yield share(right.numpy(), split=split)

    return replace(task, score=score), seen


PATIENT = Recipe(epochs=10, batch_size=16, patience=2, learning_rate=0.01)
RISES_AND_FALLS = [50, 55, 60, 58, 59, *[10] * 40]


def test_patience_ends_with_batch_norm_that_was_recalibrated(normed):
    task, seen = judged_as(normed, RISES_AND_FALLS)
    final = last(fine_tune(task, prune(normed, PruningPlan(sparsity=0.3)), replace(PATIENT, recalibrate=True)))
    assert final.ended and final.step == 30  # the fifth of ten looks
    again = copy.deepcopy(final.model)
    recalibrate(normed, again, PATIENT)
    for name, value in again.state_dict().items():
        torch.testing.assert_close(final.model.state_dict()[name], value)
    assert torch.equal(final.model[4].weight, seen[2]["4.weight"])  # the best weights
    assert not torch.equal(final.model[1].running_mean, seen[2]["1.running_mean"])


def test_patience_ends_with_weights_that_were_averaged_since_the_best_look(normed):
    pruned = prune(normed, PruningPlan(sparsity=0.3))
    recipe = replace(PATIENT, average=0.2, warmup=0.0, cosine=False)
    task, _ = judged_as(normed, RISES_AND_FALLS)
    final = last(fine_tune(task, pruned, recipe))
    assert final.step == 30
    each = []
    for step in range(19, 31):  # the best look was after 18 steps
        plain = replace(recipe, average=0.0, patience=0, epochs=10, steps=step)
        each.append(last(fine_tune(normed, pruned, plain)).model.state_dict())
    for name, parameter in final.model.named_parameters():
        expected = torch.stack([state[name] for state in each]).mean(0)
        torch.testing.assert_close(parameter.detach(), expected, rtol=1e-4, atol=1e-5)
    for name, mask in pruned.masks.items():
        assert not final.model.get_parameter(name)[~mask].any()


def test_a_run_with_patience_that_comes_to_its_end_still_takes_the_best_and_recalibrates(normed):
    rising = [50, 52, 54, 56, 58, 60, 62, 64, 66, 60, 60, 60]
    task, seen = judged_as(normed, rising)
    final = last(fine_tune(task, prune(normed, PruningPlan(sparsity=0.3)), replace(PATIENT, patience=5)))
    assert final.step == final.of == 60
    assert final.quality.value == 66 / 96
    assert torch.equal(final.model[4].weight, seen[8]["4.weight"])


def test_a_time_limit_ends_with_an_average_and_is_judged_by_its_end(normed):
    pruned = prune(normed, PruningPlan(sparsity=0.3))
    recipe = Recipe(epochs=200, batch_size=2, seconds=0.6, average=0.5, recalibrate=True)
    *looks, final = fine_tune(normed, pruned, recipe)
    assert final.ended and final.step < final.of and not any(look.ended for look in looks)
    latest = [look.model for look in looks if look.model is not None]
    assert not latest or not torch.equal(latest[-1][4].weight, final.model[4].weight)
    again = copy.deepcopy(final.model)
    recalibrate(normed, again, recipe)
    torch.testing.assert_close(final.model[1].running_mean, again[1].running_mean)


def test_the_end_of_a_run_with_a_time_limit_is_its_result_also_if_an_earlier_look_was_better(mlp):
    recipe = Recipe(epochs=200, batch_size=16, seconds=1.5)
    *_, end = tune(lambda name: mlp, "fashion-mlp", PruningPlan(sparsity=0.9), recipe)
    assert end.ended and end.step < end.of and end.weights
    better = replace(end, quality=replace(end.quality, value=0.99), ended=False)
    assert best_progress([better, end], 0.9) is end
    stopped = replace(end, ended=False)
    assert best_progress([better, stopped], 0.9) is better


def test_each_look_carries_a_figure_of_the_same_examples(mlp):
    part = replace(mlp, quick_eval_size=300)
    looks = [p for p in fine_tune(part, prune(mlp, PruningPlan(sparsity=0.9)), Recipe(steps=20)) if p.model]
    assert [p.quality.n for p in looks] == [*[300] * (len(looks) - 1), 5_000]
    assert [p.glance.n for p in looks] == [300] * len(looks)
    assert looks[-1].glance == mlp.evaluate(looks[-1].model, limit=300)
    ratings = load("movielens-ncf")
    *_, final = fine_tune(ratings, prune(ratings, PruningPlan(sparsity=0.5)), Recipe(steps=2))
    assert final.glance == ratings.evaluate(final.model, limit=ratings.quick_eval_size)


@pytest.mark.parametrize("granularity", ["neuron", "weight"])
def test_an_agent_learns_from_what_it_does_itself_also_after_units_went(granularity):
    task, acting = load("cartpole-policy"), []

    def draw(asked):
        for inputs, targets in task.draw(asked):
            acting.append(asked.model)
            yield inputs, targets

    watched = replace(task, draw=draw, score=lambda *given: iter([task.evaluate(task.model, limit=1)]))
    pruned = prune(task, PruningPlan(sparsity=0.5, granularity=granularity))
    recipe = Recipe(strategy="tune-first", steps=8, batch_size=256)
    final = last(fine_tune(watched, pruned, recipe))
    sizes = [sum(p.numel() for p in model.parameters()) for model in acting]
    learned = sum(p.numel() for p in final.model.parameters())
    assert len(acting) == 8 and sizes[:4] == [learned] * 4
    if granularity == "neuron":
        assert all(size < learned for size in sizes[5:])  # the batch of the cut itself was met before it
    else:
        assert sizes[5:] == [learned] * 3


@pytest.mark.parametrize("build", [lambda: nn.Dropout(0.3), lambda: torchvision.ops.StochasticDepth(0.5, "row")])
def test_whatever_is_left_to_chance_follows_the_seed(build):
    torch.manual_seed(1)

    class Noisy(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.chance, self.out = nn.Linear(16, 12), build(), nn.Linear(12, 3)

        def forward(self, x):
            x = self.chance(self.body(x.flatten(1)).relu())
            return self.out(x + 0.1 * torch.randn_like(x) * self.training)

    inputs = torch.randn(40, 1, 4, 4)
    task = task_of(Noisy(), inputs, torch.arange(40) % 3)
    pruned = prune(task, PruningPlan(sparsity=0.3))
    runs = []
    for seed in (0, 0, 5):
        torch.rand(7)  # whatever else happens with the general generator
        runs.append(last(fine_tune(task, pruned, Recipe(epochs=2, batch_size=8, seed=seed))).model.state_dict())
    assert all(torch.equal(value, runs[1][name]) for name, value in runs[0].items())
    assert not torch.equal(runs[0]["out.weight"], runs[2]["out.weight"])


def test_convnext_comes_out_the_same_each_time():
    torch.manual_seed(0)
    model = torchvision.models.convnext_tiny(stochastic_depth_prob=0.5, num_classes=3)
    task = task_of(model, torch.randn(4, 3, 32, 32), torch.arange(4) % 3)
    pruned = prune(task, PruningPlan(sparsity=0.5))
    one, two = (last(fine_tune(task, pruned, Recipe(steps=1, batch_size=4))).model.state_dict() for _ in range(2))
    assert all(torch.equal(value, two[name]) for name, value in one.items())


@pytest.mark.parametrize("batch", [1, 5])
@pytest.mark.parametrize("recalibrated", [False, True])
def test_a_last_batch_of_one_is_learned_from_with_batch_norm(batch, recalibrated):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 3))
    task = task_of(model, torch.randn(11, 1, 2, 2), torch.arange(11) % 3)
    recipe = Recipe(epochs=2, batch_size=batch, recalibrate=recalibrated)
    final = last(fine_tune(task, prune(task, PruningPlan(sparsity=0.3)), recipe))
    assert final.step == final.of
    assert all(value.isfinite().all() for value in final.model.state_dict().values())


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


def test_lengths_count_what_the_recipe_counts():
    assert length_of(Recipe()) == "1 round"
    assert length_of(Recipe(epochs=3)) == "3 rounds"
    assert length_of(longer(Recipe(epochs=3), 10)) == "30 rounds"
    assert length_of(longer(Recipe(steps=30), 3)) == "90 steps"
    assert longer(Recipe(steps=30), 3).epochs == 1


def test_a_result_of_a_worker_says_whether_it_is_an_end():
    assert TuneProgress(1, 2, 0.1, None, None, 0.5, 0.1, 0.1, None, None).ended is False
