"""However a fine-tune ends, its end is what the recipe asks for."""

import copy
from dataclasses import replace

import torch

from core.jobs.work import TuneProgress, best_progress, tune
from core.pruning import PruningPlan, prune
from core.quality import change, proportion, share
from core.tasks import load
from core.tuning import Recipe, fine_tune
from core.tuning.recalibration import recalibrate
from tests.core.tuning.runs import last


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


def test_patience_ends_with_batch_norm_that_was_recalibrated(one_conv):
    task, seen = judged_as(one_conv, RISES_AND_FALLS)
    final = last(fine_tune(task, prune(one_conv, PruningPlan(sparsity=0.3)), replace(PATIENT, recalibrate=True)))
    assert final.ended and final.step == 30  # the fifth of ten looks
    again = copy.deepcopy(final.model)
    recalibrate(one_conv, again, PATIENT)
    for name, value in again.state_dict().items():
        torch.testing.assert_close(final.model.state_dict()[name], value)
    assert torch.equal(final.model[4].weight, seen[2]["4.weight"])  # the best weights
    assert not torch.equal(final.model[1].running_mean, seen[2]["1.running_mean"])


def test_patience_ends_with_weights_that_were_averaged_since_the_best_look(one_conv):
    pruned = prune(one_conv, PruningPlan(sparsity=0.3))
    recipe = replace(PATIENT, average=0.2, warmup=0.0, cosine=False)
    task, _ = judged_as(one_conv, RISES_AND_FALLS)
    final = last(fine_tune(task, pruned, recipe))
    assert final.step == 30
    each = []
    for step in range(19, 31):  # the best look was after 18 steps
        plain = replace(recipe, average=0.0, patience=0, epochs=10, steps=step)
        each.append(last(fine_tune(one_conv, pruned, plain)).model.state_dict())
    for name, parameter in final.model.named_parameters():
        expected = torch.stack([state[name] for state in each]).mean(0)
        torch.testing.assert_close(parameter.detach(), expected, rtol=1e-4, atol=1e-5)
    for name, mask in pruned.masks.items():
        assert not final.model.get_parameter(name)[~mask].any()


def test_a_run_with_patience_that_comes_to_its_end_still_takes_the_best_and_recalibrates(one_conv):
    rising = [50, 52, 54, 56, 58, 60, 62, 64, 66, 60, 60, 60]
    task, seen = judged_as(one_conv, rising)
    final = last(fine_tune(task, prune(one_conv, PruningPlan(sparsity=0.3)), replace(PATIENT, patience=5)))
    assert final.step == final.of == 60
    assert final.quality.value == 66 / 96
    assert torch.equal(final.model[4].weight, seen[8]["4.weight"])


def test_a_time_limit_ends_with_an_average_and_is_judged_by_its_end(one_conv):
    pruned = prune(one_conv, PruningPlan(sparsity=0.3))
    recipe = Recipe(epochs=200, batch_size=2, seconds=0.6, average=0.5, recalibrate=True)
    *looks, final = fine_tune(one_conv, pruned, recipe)
    assert final.ended and final.step < final.of and not any(look.ended for look in looks)
    latest = [look.model for look in looks if look.model is not None]
    assert not latest or not torch.equal(latest[-1][4].weight, final.model[4].weight)
    again = copy.deepcopy(final.model)
    recalibrate(one_conv, again, recipe)
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
    assert [p.same_examples.n for p in looks] == [300] * len(looks)
    assert looks[-1].same_examples == mlp.evaluate(looks[-1].model, limit=300)
    ratings = load("movielens-ncf")
    *_, final = fine_tune(ratings, prune(ratings, PruningPlan(sparsity=0.5)), Recipe(steps=2))
    assert final.same_examples == ratings.evaluate(final.model, limit=ratings.quick_eval_size)


def test_a_result_of_a_worker_says_whether_it_is_an_end():
    assert TuneProgress(1, 2, 0.1, None, None, 0.5, 0.1, 0.1, None, None).ended is False


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


def test_averaged_weights_are_the_mean_of_the_last_steps(tiny):
    pruned = prune(tiny, PruningPlan(sparsity=0.5))
    plain = Recipe(batch_size=16, warmup=0.0, cosine=False, learning_rate=0.01)
    ends = [last(fine_tune(tiny, pruned, replace(plain, steps=steps))).model.state_dict() for steps in range(6, 11)]
    averaged = last(fine_tune(tiny, pruned, replace(plain, steps=10, average=0.5))).model
    for name, value in averaged.state_dict().items():
        torch.testing.assert_close(value, torch.stack([each[name] for each in ends]).mean(0))
    for name, mask in pruned.masks.items():
        assert not averaged.get_parameter(name)[~mask].any()
