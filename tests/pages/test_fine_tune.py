"""The Fine-tune page without a browser: strategies, details, bad recipes, runs that are found again."""

import csv
import io
import re
import time

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.tasks import load
from core.tuning import preset_for
from core.tuning.strategies import known_strategies
from tests.conftest import ROOT
from tests.pages.test_explore import fine_tuned, metric, number, open_app, press


def open_page(**query):
    # The simulated browser shows the default model for one run when it changes pages; a real one does not.
    return open_app(**query).switch_page("pages/fine_tune.py").run().run()


def test_the_first_picture_needs_no_choice_and_names_the_cost():
    app = open_page(model="fashion-mlp")
    assert not app.exception
    assert not app.error
    assert [app.selectbox(key=key).value for key in ("model", "recipe", "strategy-quick")] == [
        "fashion-mlp",
        "quick",
        "one-shot",
    ]
    assert len(app.selectbox(key="strategy-quick").options) == len(known_strategies())
    assert re.search(r"157 .*optimiser steps", " ".join(each.value for each in app.markdown))
    assert "Fine-tune" in {button.label for button in app.button}


def test_a_preset_fills_in_the_details():
    app = open_page(model="fashion-mlp")
    app.selectbox(key="recipe").set_value("careful").run()
    careful = preset_for(load("fashion-mlp"), "careful")
    assert app.number_input(key="epochs-careful-fashion-mlp").value == careful.epochs
    assert app.number_input(key="rate-careful-fashion-mlp").value == careful.learning_rate
    assert app.selectbox(key="strategy-careful").value == careful.strategy
    assert app.slider(key="distill-careful-fashion-mlp").value == careful.distill


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("rate-quick-fashion-mlp", 0.0, "learning rate of 0 cannot train"),
        ("rate-quick-fashion-mlp", -1.0, "learning rate of -1 cannot train"),
        ("rate-quick-fashion-mlp", 1e6, "cannot train a network"),
        ("epochs-quick-fashion-mlp", 0, "0 epochs is not possible"),
        ("batch-quick-fashion-mlp", 0, "A batch of 0"),
        ("seconds-quick-fashion-mlp", -5.0, "time budget of -5.0 seconds"),
    ],
)
def test_an_impossible_recipe_is_a_sentence_and_can_be_mended(key, value, sentence):
    app = open_page(model="fashion-mlp")
    usual = app.number_input(key=key).value
    app.number_input(key=key).set_value(value).run()
    assert not app.exception
    assert sentence in app.error[0].value
    assert app.slider(key="threshold").value == 80.0
    app.number_input(key=key).set_value(usual).run()
    assert not app.error


def test_a_run_that_turns_non_finite_keeps_the_pruned_model():
    app = open_page(model="fashion-mlp", threshold="92")
    app.number_input(key="rate-quick-fashion-mlp").set_value(1.0).run()
    app.selectbox(key="optimizer-quick-fashion-mlp").set_value("sgd").run()
    app.number_input(key="batch-quick-fashion-mlp").set_value(16).run()
    press(app, "Fine-tune")
    deadline = time.monotonic() + 240
    while not app.error:
        assert time.monotonic() < deadline
        time.sleep(0.3)
        app.run()
        if any(each.label == "Fine-tuned" for each in app.metric):
            pytest.fail("a learning rate of 1 was expected to break this network")
    assert "stopped being a number" in app.error[0].value
    assert "Fine-tune" in {button.label for button in app.button}


def test_runs_are_listed_compared_and_downloaded(monkeypatch):
    app = fine_tuned(press(open_page(model="fashion-mlp", threshold="92"), "Fine-tune"))
    one = number(metric(app, "Fine-tuned").value)
    table = app.dataframe[-1].value
    assert table["Strategy"].tolist() == ["one-shot"]
    assert table["After"][0] == pytest.approx(one, abs=0.06)
    assert table["Before"][0] < table["After"][0] < table["Dense"][0]
    assert table["Steps"][0] == 157
    app.selectbox(key="strategy-quick").set_value("scratch").run()
    press(app, "Fine-tune")
    deadline = time.monotonic() + 240
    while list(app.dataframe[-1].value.get("Strategy", ())) != ["one-shot", "scratch"]:
        assert time.monotonic() < deadline
        time.sleep(0.3)
        app.run()
    table = app.dataframe[-1].value
    assert table["Strategy"].tolist() == ["one-shot", "scratch"]
    assert table["After"][1] < table["After"][0]
    while not any("validation examples" in each.value for each in app.caption):  # said once all is judged
        assert time.monotonic() < deadline
        time.sleep(0.3)
        app.run()
    given = []
    monkeypatch.setattr(st, "download_button", lambda label, data, *rest, **more: given.append((label, data)))
    app.run()
    content = next(data for label, data in given if label == "Download runs (CSV)")
    lines = list(csv.DictReader(io.StringIO(content())))
    assert [line["Strategy"] for line in lines] == ["one-shot", "scratch"]
    assert [float(line["After"]) for line in lines] == table["After"].tolist()
    for line in lines:
        low, high = (float(each) for each in re.findall(r"\(([+-][\d.]+) to ([+-][\d.]+)\)", line["Against pruned"])[0])
        assert low < float(line["After"]) - float(line["Before"]) < high


def test_another_tab_finds_the_running_fine_tune_and_the_bar_shows_it_once_it_has_ended():
    app = open_page(model="fashion-mlp", threshold="93.5")
    app.number_input(key="epochs-quick-fashion-mlp").set_value(5).run()
    press(app, "Fine-tune")
    other = AppTest.from_file(str(ROOT / "app.py"), default_timeout=240)
    other.query_params.update({"model": "fashion-mlp", "threshold": "93.5"})
    other.session_state["visit key"] = app.session_state["visit key"]
    other.run()
    assert "Stop" in {button.label for button in other.button}
    app, other = fine_tuned(app), fine_tuned(other)
    assert not app.exception
    assert not other.exception
    assert app.session_state["stage"] == "Fine-tuned"
    assert "Fine-tuned" in other.get("button_group")[0].options


def test_leaving_and_coming_back_finds_the_run():
    app = open_page(model="fashion-mlp", threshold="92")
    app.number_input(key="epochs-quick-fashion-mlp").set_value(5).run()
    press(app, "Fine-tune")
    app.switch_page("pages/about.py").run()
    assert not app.exception
    app = fine_tuned(app.switch_page("pages/fine_tune.py"))
    assert app.dataframe[-1].value["Steps"].tolist() == [785]
