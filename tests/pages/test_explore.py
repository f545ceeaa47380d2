"""The Explore page without a browser: what people pick, what they read, what happens to bad links."""

import contextlib
import io
import json
import re
import time
import zipfile
from dataclasses import replace
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from core.errors import TaskUnavailable
from core.pruning import PruningPlan, prune
from core.stages import Subject
from core.store.results import tuned_results
from core.tasks import catalog
from core.tasks.assets import Assets
from pages.shared import answers, cache, curves, download, fine_tunes, rankings, storage
from pages.shared.format import format_value
from pages.shared.in_hand import InHand
from tests.conftest import ROOT


def open_app(**query):
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=240)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def metric(app, label):
    (found,) = [each for each in app.metric if each.label == label]
    return found


def number(text):
    return float(re.search(r"-?[\d.,]+", text)[0].replace(",", ""))


def test_the_first_picture_needs_no_choice():
    app = open_app()
    assert not app.exception
    assert not app.error
    assert app.selectbox(key="model").label == "Pretrained model"
    assert app.slider(key="threshold").label == "Pruning threshold"
    assert [each.label for each in app.metric] == ["Accuracy", "Sparsity", "Weights left", "Zipped file"]
    assert {"Fine-tune"} <= {button.label for button in app.button}
    assert app.get("download_button")[0].label == "Download"


@pytest.mark.parametrize("cut", [0.0, 50.0, 92.0])
def test_the_figures_are_those_of_core(cut, mlp):
    app = open_app(model="fashion-mlp")
    app.slider(key="threshold").set_value(cut).run()
    pruned = prune(mlp, PruningPlan(sparsity=cut / 100))
    quality = mlp.evaluate(pruned.model)
    assert number(metric(app, "Accuracy").value) == pytest.approx(100 * quality.value, abs=0.051)
    assert metric(app, "Sparsity").value == f"{cut:.1f} %"
    assert f"{pruned.threshold:.4f}" in metric(app, "Sparsity").delta
    kept = sum(int(mask.sum()) for mask in pruned.masks.values())
    assert metric(app, "Weights left").value == f"{kept:,}"
    change = 100 * (quality.value - mlp.evaluate(mlp.model).value)
    delta = metric(app, "Accuracy").delta
    if delta.startswith("no clear change"):
        low, high = (float(each) for each in re.findall(r"[+-][\d.]+", delta))
        assert low <= change + 0.051 and change - 0.051 <= high and low <= 0 <= high
    else:
        assert number(delta) == pytest.approx(change, abs=0.051)


def test_a_link_shows_the_same_model_and_threshold():
    app = open_app(model="fashion-mlp", threshold="91.5")
    assert app.selectbox(key="model").value == "fashion-mlp"
    assert metric(app, "Sparsity").value == "91.5 %"
    assert app.query_params["model"] in ("fashion-mlp", ["fashion-mlp"])
    assert not app.warning


@pytest.mark.parametrize("value", ["abc", "nan", "-5", "1e9", ""])
def test_a_malformed_threshold_is_a_sentence_and_the_default(value):
    app = open_app(threshold=value)
    assert not app.exception
    assert "no number from 0 to 99.5" in app.warning[0].value
    assert metric(app, "Sparsity").value == "80.0 %"


def test_an_unknown_model_is_a_sentence_and_the_default():
    app = open_app(model="<script>alert(1)</script>")
    assert not app.exception
    assert "model that is not here" in app.warning[0].value
    assert app.selectbox(key="model").value == "fashion-lenet5"


def test_a_damaged_file_is_a_sentence_and_the_other_models_work(monkeypatch):
    def damaged(name):
        raise TaskUnavailable("The file assets/models/x is missing or damaged.", "Restore it: git checkout")

    with monkeypatch.context() as patch:
        cache._catalogue_task.clear()
        rankings.rankings.clear()
        answers.memo.clear()
        patch.setattr(cache, "load", damaged)
        # a page that is run anew imports nothing again, so the patched module is the one it uses
        app = open_app(model="fashion-mlp", threshold="33.5")
        assert not app.exception
        assert "missing or damaged" in app.error[0].value
    app.selectbox(key="model").set_value("fashion-lenet5").run()
    assert not app.error
    assert number(metric(app, "Accuracy").value) > 80


def test_the_layer_table_adds_up():
    app = open_app(model="fashion-mlp", threshold="90")
    table = app.dataframe[-1].value
    assert list(table["Layer"]) == ["fc1.weight", "fc2.weight", "fc3.weight"]
    assert table["Weights"].sum() == 266_200
    assert table["Removed"].sum() == round(0.9 * 266_200)


@pytest.mark.whole_curve
def test_the_curve_fills_in_and_a_visited_step_comes_from_memory(monkeypatch):
    app = open_app(model="fashion-mlp")
    job = curves.curve_job("fashion-mlp", PruningPlan())
    while not job.ended.wait(1):
        curves.curve_job("fashion-mlp", PruningPlan())  # somebody goes on looking, or it would be stopped
    assert job.state == "done"
    app.run()
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    (curve,) = [trace for trace in figure["data"] if trace.get("name") == "pruned"]
    assert len(curve["x"]) == 26
    assert curve["y"][0] > 90 > 60 > curve["y"][-1]

    def never(*_):
        raise AssertionError("computed again")

    monkeypatch.setattr(cache, "judge_plan", never)
    app.slider(key="threshold").set_value(95.0).run()
    assert not app.exception
    assert metric(app, "Sparsity").value == "95.0 %"


@pytest.mark.whole_curve
def test_a_curve_nobody_looks_at_stops_and_goes_on_where_it_was(monkeypatch):
    monkeypatch.setattr(curves, "PATIENCE", 0.5)
    monkeypatch.setattr("core.jobs.pool.ABSENCE", 0.5)
    plan = PruningPlan(criterion="random")
    first = curves.curve_job("fashion-resnet", plan)
    while not first.results:
        assert curves.curve_job("fashion-resnet", plan) is first
        time.sleep(0.1)
    assert first.ended.wait(10)
    assert first.state == "stopped"
    known = first.results
    assert len(known) < 26
    again = curves.curve_job("fashion-resnet", plan)
    assert again is not first
    assert again.results[: len(known)] == known
    while len(again.results) < len(known) + 2:
        curves.curve_job("fashion-resnet", plan)
        time.sleep(0.1)
    assert len({step.plan for step in again.results}) == len(again.results)


def fine_tuned(app, seconds=240):
    deadline = time.monotonic() + seconds
    while True:
        app.run()
        if any(each.label == "Fine-tuned" for each in app.metric):
            return app
        assert time.monotonic() < deadline, "the fine-tune took too long"
        time.sleep(0.3)


def press(app, label):
    (found,) = [button for button in app.button if button.label == label]
    with contextlib.suppress(RuntimeError):
        found.click().run()
    return app


def test_fine_tuning_gives_accuracy_back():
    app = press(open_app(model="fashion-mlp", threshold="92"), "Fine-tune")
    assert "Stop" in {button.label for button in app.button}
    app = fine_tuned(app)
    dense, pruned, tuned = (number(metric(app, label).value) for label in ("Dense", "Pruned", "Fine-tuned"))
    assert pruned < tuned - 10
    assert dense - tuned < 5
    assert {"Fine-tune"} <= {button.label for button in app.button}
    assert app.session_state["stage"] == "Fine-tuned"  # what it reached is what is looked at now
    assert number(metric(app, "Accuracy").value) == tuned
    assert metric(app, "Accuracy").delta == metric(app, "Fine-tuned").delta
    assert metric(app, "Sparsity").value == "92.0 %"
    content = zipfile.ZipFile(io.BytesIO(download.pack_network(in_hand(app), ("safetensors",))))
    figures = json.loads(content.read("metrics.json"))["figures"]
    assert list(figures) == ["dense", "pruned", "fine-tuned"]
    assert all(set(each) == {"validation", "test"} for each in figures.values())
    assert 100 * figures["fine-tuned"]["validation"]["value"] == pytest.approx(tuned, abs=0.051)


def in_hand(app):
    """What the fine-tune of an app's visit has reached, with its recipe."""
    ((experiment, result),) = tuned_results(storage.store(), app.session_state["visit key"], fine_tunes.KIND)
    subject = Subject(experiment.network, experiment.plan, "fine-tuned", result.artefact)
    return InHand(subject, 92.0, experiment.recipe)


def test_the_dense_stage_is_the_whole_network_whatever_the_slider_says(mlp):
    app = open_app(model="fashion-mlp", threshold="92", stage="Dense")
    assert not app.exception and not app.error
    assert number(metric(app, "Accuracy").value) == pytest.approx(100 * mlp.evaluate(mlp.model).value, abs=0.051)
    assert (metric(app, "Sparsity").value, metric(app, "Sparsity").delta) == ("0.0 %", "nothing is removed")
    assert metric(app, "Weights left").value == "266,200"
    assert app.dataframe[-1].value["Removed"].sum() == 0
    app.session_state["beyond-fashion-mlp"] = True
    app.run()
    assert not app.exception
    assert "Recall, dense" in app.dataframe[-2].value and "Change" not in app.dataframe[-2].value
    hand = InHand(Subject("fashion-mlp", PruningPlan(sparsity=0.92), "dense"), 92.0)
    content = zipfile.ZipFile(io.BytesIO(download.pack_network(hand, ("safetensors",))))
    assert set(json.loads(content.read("metrics.json"))["figures"]) == {"dense"}


@pytest.fixture
def bare(mlp, monkeypatch):
    """A network that came without examples, under the name of one that has them."""
    task = replace(mlp, count=lambda split: 0, score=lambda *_: iter(()), draw=lambda request: iter(()), demo=None)
    answers.memo.clear()
    monkeypatch.setattr(cache, "task", lambda name: task)
    nothing = SimpleNamespace(find=lambda key: None, keep=lambda key, answer: None)
    monkeypatch.setattr(answers, "lasting", lambda: nothing)
    yield task
    answers.memo.clear()


@pytest.mark.parametrize("stage", ["Dense", "Pruned"])
def test_a_network_without_examples_shows_what_can_be_known_and_asks_for_some(bare, stage):
    app = open_app(model="fashion-mlp", threshold="50", stage=stage)
    assert not app.exception and not app.error
    assert metric(app, "Accuracy").value == "not judged"
    assert metric(app, "Weights left").value == {"Dense": "266,200", "Pruned": "133,100"}[stage]
    assert "until you bring some" in app.info[0].value
    assert app.get("download_button")[0].label == "Download"
    hand = InHand(Subject("fashion-mlp", PruningPlan(sparsity=0.5), stage.lower()), 50.0)
    content = zipfile.ZipFile(io.BytesIO(download.pack_network(hand, ("safetensors",))))
    assert b"It was not judged" in content.read("README.md")
    app.switch_page("pages/measure.py").run()
    assert not app.exception and not app.error
    assert "until you bring some" in app.info[0].value
    app.button(key="bring-examples").click().run()
    assert not app.exception
    assert app.title[0].value.startswith("Bring your own")


@pytest.mark.parametrize("network", ["fashion-mlp#" + 64 * "a", "hub:some/where@" + 40 * "b", "a b\\c:d"])
def test_names_of_files_hold_nothing_that_a_system_may_not_take(network):
    assert re.fullmatch(r"[\w.-]+", download.file_stem(network))


def test_what_one_visitor_does_is_not_seen_by_another():
    mine = fine_tuned(press(open_app(model="fashion-mlp", threshold="93"), "Fine-tune"))
    mine.session_state["stage"] = "Pruned"
    mine.run()
    theirs = open_app(model="fashion-mlp", threshold="93")
    assert "Fine-tuned" not in {each.label for each in theirs.metric}
    assert metric(mine, "Accuracy").value == metric(theirs, "Accuracy").value
    assert mine.session_state["visit key"] != press(theirs, "Fine-tune").session_state["visit key"]
    press(theirs, "Stop")


def test_about_lists_the_models_with_their_test_figures():
    app = open_app().switch_page("pages/about.py").run()
    assert not app.exception
    table = app.dataframe[0].value
    figures = {name: entry["figures"]["test"] for name, entry in Assets.open().manifest["models"].items()}
    assert table["On test data"].tolist() == [
        f"{info.metric} {format_value(info.metric, figures[info.name][info.metric.lower()])}"
        for info in catalog()
        if info.shipped
    ]
