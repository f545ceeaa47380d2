"""The report: every figure in it against its source, and nothing that reaches outside."""

import dataclasses
import re

import numpy as np
import pytest
from jinja2 import UndefinedError

from core.export import Findings
from core.export import report as write_report
from core.export.rendering import render
from core.jobs.work import TuneProgress, by_chance, report, reporting, tune, tuned_network
from core.measure import FurtherFigures, ShippingFigures
from core.pruning import PruningPlan, prune
from core.quality import proportion
from core.stages import Packed, Subject, pack
from core.store import open_store, put_artefact
from core.tasks import load
from core.tuning import Recipe, fine_tune
from tests.core.export.report_reader import Page


def finished(task, subject, *more):
    *_, last = report(lambda name: task, subject, *more)
    return last.page, {row[0]: row[1:] for row in Page(last.page).rows if row}


def test_a_report_holds_plan_figures_costs_and_chance(mlp):
    plan = PruningPlan(sparsity=0.9)
    text, rows = finished(mlp, Subject("fashion-mlp", plan))
    pruned = prune(mlp, plan)
    for split in ("validation", "test"):
        quality = mlp.evaluate(pruned.model, split)
        expected = f"{quality.value:.2%} ({quality.low:.2%} to {quality.high:.2%}, n = {quality.n:,})"
        assert rows[f"Accuracy, pruned, {split}"] == [expected]
    kept = sum(layer.kept for layer in pruned.layers)
    assert rows["Compression ratio (prunable weights before / after)"] == [f"{266_200 / kept:.2f} x"]
    assert rows["Theoretical speed-up (operations before / after, zeros skipped)"] == [f"{266_200 / kept:.2f} x"]
    relative = mlp.evaluate(pruned.model).value / mlp.evaluate(mlp.model).value
    assert rows["Of the dense Accuracy, pruned"][0].startswith(f"{relative:.1%} (")
    chance = mlp.evaluate(prune(mlp, PruningPlan(sparsity=0.9, criterion="random", seed=2)).model)
    assert rows["by chance, seed 2"][0].startswith(f"{chance.value:.2%}")
    assert rows["criterion"] == ["magnitude"]
    assert rows["with zeros"][0] == "266,610"
    assert "recipe" not in text.lower().split("plotly")[0]
    assert rows["Machine"] and rows["torch"]


def test_a_report_loads_nothing_and_may_do_nothing(mlp):
    text, _ = finished(mlp, Subject("fashion-mlp", PruningPlan(sparsity=0.5)))
    assert Page(text).loads == []
    assert "default-src 'none'" in text
    assert re.search(r"<script>.{1000000}", text, re.DOTALL), "the chart library is in the file"


def test_a_report_on_the_dense_network_is_about_that_alone(mlp, monkeypatch):
    monkeypatch.setattr(reporting, "REPORTED", (0.5, 0.9))
    text, rows = finished(mlp, Subject("fashion-mlp", PruningPlan(sparsity=0.9), "dense"))
    assert rows["Accuracy, dense, test"][0].startswith(f"{mlp.evaluate(mlp.model, 'test').value:.2%}")
    assert rows["Removed of the prunable weights"] == ["0.00%"]
    assert not [name for name in rows if "pruned" in name or "by chance" in name]
    assert f"<h1>{mlp.info.title}: dense</h1>" in text and "<h2>Plan</h2>" not in text


def test_a_report_on_a_fine_tune_has_its_recipe_and_its_seeds(mlp, tmp_path, monkeypatch):
    plan, recipe = PruningPlan(sparsity=0.95, granularity="neuron"), Recipe(steps=30)
    *_, healed = tune(lambda name: mlp, "fashion-mlp", plan, recipe)
    assert isinstance(healed, TuneProgress)
    *_, again = fine_tune(mlp, prune(mlp, plan), Recipe(steps=30, seed=1))
    seeds = ((0, healed.quality), (1, again.quality))
    network = tuned_network(prune(mlp, plan), healed)
    masks = {**network.masks, **network.companion_masks}
    packed = pack(Packed(network.model.state_dict(), masks, "fine-tuned"))
    monkeypatch.setenv("PLAYGROUND_DATA", str(tmp_path))
    weights = put_artefact(open_store(folder=tmp_path), packed)
    text, rows = finished(mlp, Subject("fashion-mlp", plan, "fine-tuned", weights), recipe, seeds)
    # The report judges the smaller network: where sums round otherwise, single examples on an edge may fall elsewhere.
    said = float(rows["Accuracy, fine-tuned, validation"][0].partition("%")[0])
    assert said == pytest.approx(100 * healed.quality.value, abs=0.05)
    assert rows["learning_rate"] == ["0.001"]
    assert rows["1"][0].startswith(f"{again.quality.value:.2%}")
    assert "standard deviation" in text
    assert int(rows["smaller"][0].replace(",", "")) < 266_610


@pytest.mark.parametrize("name", ["movielens-ncf", "cartpole-policy"])
def test_every_field_has_a_report(name, monkeypatch):
    monkeypatch.setattr(reporting, "REPORTED", (0.5, 0.9))
    task = load(name)
    _, rows = finished(task, Subject(name, PruningPlan(sparsity=0.8)))
    assert f"{task.info.metric}, pruned, test" in rows


def test_chance_removes_as_much_of_the_same_kind(mlp):
    for plan in (PruningPlan(sparsity=0.7, scope="lamp"), PruningPlan(granularity="2:4"), PruningPlan(threshold=0.05)):
        pruned = prune(mlp, plan)
        chance = prune(mlp, by_chance(mlp, pruned))
        assert chance.sparsity == pytest.approx(pruned.sparsity, abs=1e-4)
        assert chance.plan.granularity == plan.granularity


def test_names_that_strangers_give_are_shown_as_text(mlp):
    hostile = '<script>alert("x")</script> & {{ 7 * 7 }}'
    task = dataclasses.replace(
        mlp,
        info=dataclasses.replace(mlp.info, title=hostile, about=hostile, source=hostile),
        classifier=dataclasses.replace(mlp.classifier, classes=tuple(f"{hostile} {i}" for i in range(10))),
    )
    figure = proportion(9, 10)
    further = FurtherFigures((), {hostile: figure})
    findings = Findings(
        figures={stage: {"validation": figure, "test": figure} for stage in ("dense", "pruned")},
        further={stage: further for stage in ("dense", "pruned")},
        chances=[figure],
        curve=[],
        curve_of_chance=[],
        shipping=ShippingFigures({"dense": 1}, {"dense": 1}, 1, {"dense": 1}, {}, 1, 1, hostile, {hostile: hostile}),
        confused={"dense": np.ones((10, 10), int)},
    )
    text = write_report(task, prune(task, PruningPlan(sparsity=0.5)), findings)
    page = Page(text)
    assert [row for row in page.rows if row and row[0] == f"Accuracy: {hostile}"]
    assert ["Model and data", task.info.origin] in page.rows
    assert "<script>alert" not in text
    assert "<h1>&lt;script&gt;alert(" in text


def test_a_template_that_asks_for_what_is_not_given_fails():
    with pytest.raises(UndefinedError):
        render("README.md.jinja")
