"""A network whose answers are not numbers gives no answer: never a score, in any field."""

import copy
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.charts import sparsity_curve
from core.errors import PlaygroundError
from core.measure import change, confusion, forgotten, further_figures, judge_plan, paired_change
from core.measure.statistics import fell_for_certain
from core.measure.sweep import answers_alike
from core.pruning import PruningPlan, prune, rank
from core.quality import share
from core.tasks import load
from core.tasks.class_figures import (
    macro_recall,
    precision_and_calibration,
    precision_and_calibration_changes,
    recall_by_class,
)
from core.tasks.outputs import predicted_classes, top_answers
from core.tuning import Recipe, fine_tune
from pages.shared.format import delta_colour, format_difference, format_interval, format_quality

FAST = ("fashion-mlp", "reuters-cnn", "movielens-ncf", "cartpole-policy", "acrobot-policy")


def broken(task, value=math.nan):
    model = copy.deepcopy(task.model)
    with torch.no_grad():
        list(model.parameters())[-1].fill_(value)
    return model


@pytest.mark.parametrize("value", [math.nan, math.inf], ids=str)
@pytest.mark.parametrize("name", FAST)
def test_a_network_of_nan_has_no_figure(name, value):
    task = load(name)
    model = broken(task, value)
    quality = task.evaluate(model)
    assert math.isnan(quality.value) and math.isnan(quality.low) and math.isnan(quality.high)
    assert format_quality(quality) == "no answer" and format_interval(quality) == ""
    dense = task.evaluate(task.model)
    assert not quality.better_than(dense) and dense.better_than(quality)
    assert math.isnan(quality.relative(dense, task.info.worst).value)
    assert format_difference(quality, dense) == "no answer"
    assert delta_colour(change(dense, quality)) == "off"
    found = further_figures(task, model)
    assert all(math.isnan(each.value) for each in (*found.metrics, *found.groups.values()))
    assert task.demo.answer(model, task.demo.start).said.startswith("no answer")


def test_some_examples_without_an_answer_count_as_wrong_and_are_counted(mlp):
    model = copy.deepcopy(mlp.model)
    whole = mlp.classifier.logits(mlp.model, "validation")

    def said(given, split):
        answers = whole.clone()
        answers[:10] = math.nan
        return answers

    task = replace(mlp, classifier=replace(mlp.classifier, logits=said))
    right = (predicted_classes(whole) == mlp.classifier.labels("validation")).float()
    guessed = predicted_classes(said(model, "validation"))
    assert (guessed[:10] == -1).all() and torch.equal(guessed[10:], whole[10:].argmax(1))
    shares = further_figures(task, model).groups
    assert sum(each.unanswered for each in shares.values()) == 10
    kept = sum(each.value * each.n for each in shares.values())
    assert kept == pytest.approx(float(right[10:].sum()))


def test_what_was_forgotten_by_a_network_of_nan_is_everything(mlp):
    found = forgotten(mlp, broken(mlp))
    known = int((mlp.classifier.answers(mlp.model, "validation")[0] == mlp.classifier.labels("validation")).sum())
    assert len(found.examples) == known and found.gained == 0
    assert {each.now for each in found.examples} == {"no answer"}
    assert confusion(mlp, broken(mlp)).sum() == 0


def test_a_figure_is_never_that_of_the_first_class(mlp):
    output = torch.full((4, 10), math.nan)
    assert predicted_classes(output).tolist() == [-1] * 4
    assert predicted_classes(torch.tensor([[1.0, math.nan], [1.0, -math.inf], [math.inf, 0.0]])).tolist() == [-1, 0, -1]
    assert top_answers(output[:1], mlp.classes) == ("no answer", [])


def test_the_page_can_draw_it(mlp):
    task = replace(mlp, model=broken(mlp))
    plan = PruningPlan(sparsity=0.5)
    *_, step = judge_plan(task, plan, rank(task, plan))
    assert math.isnan(step.quality.value)
    assert sparsity_curve([step], step.quality)["data"]
    assert math.isnan(paired_change(task, mlp.model, task.model).value)
    assert not change(mlp.evaluate(mlp.model), step.quality).clear


@pytest.mark.parametrize("name", ["fashion-mlp", "cartpole-policy"])
def test_fine_tuning_it_is_a_sentence(name):
    task = load(name)
    task = replace(task, model=broken(task))
    with pytest.raises(PlaygroundError, match=r"not numbers|stopped being a number"):
        list(fine_tune(task, prune(task, PruningPlan(sparsity=0.5)), Recipe(steps=3)))


def test_no_signal_passes_is_said_only_where_it_is_so(resnet, mlp):
    around = prune(resnet, PruningPlan(sparsity=0.0, overrides={"stage2.1.conv1.weight": 1.0}))
    assert around.collapsed == ("stage2.1.conv1.weight",)
    assert not answers_alike(around)
    assert np.isfinite(resnet.evaluate(around.model).value) and resnet.evaluate(around.model).value > 0.2
    blocked = prune(mlp, PruningPlan(sparsity=0.0, overrides={"fc2.weight": 1.0}))
    assert answers_alike(blocked)
    plan = PruningPlan(sparsity=0.2, granularity="channel", overrides={"fc2.weight": 1.0})
    *_, step = judge_plan(mlp, plan, rank(mlp, plan))
    assert step.silent and "fc2.weight" in step.collapsed
    *_, step = judge_plan(resnet, around.plan, rank(resnet, around.plan))
    assert step.collapsed and not step.silent


def test_no_answer_is_wrong_for_every_class():
    truth = torch.tensor([0] * 5 + [1] * 5)
    said = torch.tensor([[1.0, 0.0]] * 5 + [[0.0, 1.0]] * 5)
    said[:5] = math.nan  # the one class gets no answer, the other one is named rightly
    recalls = recall_by_class(("a", "b"), predicted_classes(said), truth)
    assert [each.value for each in recalls.values()] == [0.0, 1.0]
    assert macro_recall(recalls).value == 0.5
    precision, f1, _ = precision_and_calibration(said, truth)
    assert (precision.value, f1.value) == (0.5, 0.5)
    change_of_precision, *_ = precision_and_calibration_changes(torch.eye(2)[truth], said, truth)
    assert change_of_precision.value == -0.5
    said[0] = torch.tensor([1.0, 0.0])
    assert macro_recall(recall_by_class(("a", "b"), predicted_classes(said), truth)).value == pytest.approx(0.6)


def test_a_fall_to_no_answer_is_a_fall():
    fine, silent = share([True] * 50), share([False] * 50, answered=[False] * 50)
    assert fell_for_certain([fine, fine], silent) == 0
    assert fell_for_certain([silent], silent) is None
