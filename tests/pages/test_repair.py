"""Repair on the pages: a toggle, a stage that is measured and taken home, a link, a fine-tune that begins there."""

import io
import json
import zipfile

import pytest
from streamlit.testing.v1 import AppTest

from core.experiment import Experiment
from core.language import text
from core.pruning import PruningPlan
from core.store.results import tuned_results
from pages.shared import curves, download, fine_tunes, repairs
from pages.shared.in_hand import InHand
from pages.shared.storage import store
from tests.pages.test_explore import fine_tuned, metric, number, open_app, press
from tests.pages.test_measure import until

NETWORK, PLAN = "fashion-mlp", PruningPlan(sparsity=0.9)


def repaired(app: AppTest) -> AppTest:
    """Wait until the repaired network is what the page shows."""
    return until(app, lambda: app.caption[0].value.endswith("· repaired"), seconds=120)


def test_a_layer_that_is_left_out_of_repair_is_named(monkeypatch):
    monkeypatch.setattr("core.pruning.teacher.MOST_BYTES", 8 * 500**2)
    app = repaired(open_app(model=NETWORK, threshold="90", repair="once", stage="Repaired"))
    assert not app.exception
    (told,) = [each.value for each in app.info if each.value.startswith("Not repaired")]
    assert told.startswith("Not repaired: fc1. Several layers use one weight, or")
    app.session_state["stage"] = "Pruned"
    app.run()
    assert not [each for each in app.info if each.value.startswith("Not repaired")]


def test_a_toggle_repairs_and_the_link_says_so():
    app = open_app(model=NETWORK, threshold="90")
    before = number(metric(app, "Accuracy").value)
    app.toggle(key="repair").set_value(True).run()
    assert app.session_state["stage"] == "Repaired"
    repaired(app)
    assert number(metric(app, "Accuracy").value) > before + 10
    assert dict(app.query_params)["repair"] == "once"
    assert dict(app.query_params)["stage"] == "Repaired"
    found = repairs.find_repaired(NETWORK, PLAN, "once")
    content = zipfile.ZipFile(io.BytesIO(download.pack_network(InHand(found, 90.0, repair="once"), ("safetensors",))))
    figures = json.loads(content.read("metrics.json"))["figures"]
    assert set(figures) == {"dense", "pruned", "repaired"}
    assert figures["repaired"]["validation"]["value"] > figures["pruned"]["validation"]["value"]
    assert "repaired without training" in content.read("README.md").decode()
    app.toggle(key="repair").set_value(False).run()
    assert app.session_state["stage"] == "Pruned"
    assert "repair" not in dict(app.query_params)
    assert number(metric(app, "Accuracy").value) == before


def test_a_link_opens_the_repaired_network_which_all_visitors_share():
    first = repaired(open_app(model=NETWORK, threshold="90", repair="once", stage="Repaired"))
    found = repairs.find_repaired(NETWORK, PLAN, "once")
    assert found is not None and found.stage == "repaired"
    second = open_app(model=NETWORK, threshold="90", repair="once", stage="Repaired")
    assert second.caption[0].value.endswith("· repaired")  # at once: nobody repairs it again
    assert metric(second, "Accuracy").value == metric(first, "Accuracy").value
    experiment = Experiment(NETWORK, plan=PLAN, repair="once")
    assert repairs.find_result(store(), experiment.id, "repaired", repairs.KIND) is not None


def test_a_fine_tune_begins_from_the_repaired_network():
    app = repaired(open_app(model=NETWORK, threshold="90", repair="once", stage="Repaired"))
    app = fine_tuned(press(app, "Fine-tune"))
    assert app.session_state["stage"] == "Fine-tuned"
    assert "repaired" in app.caption[0].value and "fine-tuned" in app.caption[0].value
    ((experiment, _),) = tuned_results(store(), app.session_state["visit key"], fine_tunes.KIND)
    assert experiment.repair == "once"


def test_a_repaired_figure_that_is_known_comes_before_the_network_is_repaired(monkeypatch):
    shipped = curves.known_repaired(NETWORK, PLAN, "once")
    monkeypatch.setattr(repairs, "find_repaired", lambda *about: None)
    app = open_app(model=NETWORK, threshold="90", repair="once", stage="Repaired")
    assert not app.exception
    assert number(metric(app, "Accuracy, repaired").value) == pytest.approx(100 * shipped.quality.value, abs=0.06)
    assert "until then shown as pruned" in app.caption[0].value
    noted = app.session_state["tried"][NETWORK]["pruned", PLAN]  # what is remembered as pruned is as pruned
    assert noted.quality.value < shipped.quality.value - 0.1
    other = open_app(model=NETWORK, threshold="90", repair="rounds", stage="Repaired")
    assert other.metric[0].label == "Accuracy"  # nobody knows: as pruned


def test_a_way_to_repair_that_is_not_there_is_a_sentence():
    app = open_app(model=NETWORK, threshold="90", repair="glue")
    assert not app.exception
    assert not app.toggle(key="repair").value
    assert str(text("Repair")) == app.toggle(key="repair").label
