"""The history on the Fine-tune page without a browser: what the store has of a visit, named, deleted, gone on from."""

import json

import numpy as np
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.experiment import Experiment
from core.pruning import PruningPlan, prune
from core.quality import change, share
from core.stages import Packed, pack
from core.store import (
    StoreUnavailable,
    add_node,
    find_experiment,
    find_result,
    list_nodes,
    new_key,
    save_result,
)
from core.store.figures import quality_to_data
from core.tuning import Recipe
from pages.parts.history import panel
from pages.shared.fine_tunes import KIND
from pages.shared.format import format_change
from pages.shared.storage import store
from tests.conftest import ROOT

RNG = np.random.default_rng(0)
STAGES = {stage: share(RNG.random(500) < most) for stage, most in (("dense", 0.88), ("pruned", 0.4), ("tuned", 0.85))}
STRANGE = "<b>bold</b> & *two* $x$ '); DROP TABLE nodes; --"


def keep(key, experiment, task=None, **qualities):
    """Put a fine-tune into the store as if it had ended; with weights if there is a task."""
    weights = None
    if task is not None:
        pruned = prune(task, experiment.plan)
        weights = pack(Packed(pruned.model.state_dict(), {**pruned.masks, **pruned.companion_masks}, experiment.id))
    figures = {stage: quality_to_data(quality) for stage, quality in {**STAGES, **qualities}.items()}
    content = {"state": "done", "sparsity": experiment.plan.sparsity, "step": 157, "of": 157, "seconds": 2.0, **figures}
    costs = {"size": 90_000, "macs": 266_200, "effective": 20_000, "parameters": 266_610}
    add_node(store(), key, experiment)
    return save_result(store(), experiment, "fine-tuned", KIND, content | costs, 2.0, weights)


def run_of(percent=90, **recipe):
    return Experiment("fashion-mlp", plan=PruningPlan(sparsity=percent / 100), recipe=Recipe(**recipe))


def open_app(key, **query):
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=240)
    app.session_state["visit key"] = key
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def open_history(key, mark=()):
    app = open_app(key, model="fashion-mlp").switch_page("pages/fine_tune.py").run()
    return set_marks(app, mark) if mark else app


def set_marks(app, rows, key="run-table"):
    app.session_state[key] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    return app.run()


def table(app):
    return app.dataframe[-1].value


def tree(app):
    return json.loads(app.get("plotly_chart")[-1].proto.spec)


def click(app, label):
    (found,) = [each for each in app.button if each.label == label]
    return found.click().run()


def shown(app):
    return " ".join(each.value for kind in ("text", "markdown", "caption", "info", "error") for each in app.get(kind))


def test_a_second_session_of_the_visit_lists_its_runs_and_a_stranger_none():
    key = new_key()
    for each in (run_of(90), run_of(90, strategy="scratch"), run_of(95)):
        keep(key, each)
    app = open_history(key)
    assert not app.exception
    assert not app.error
    assert table(app)["Strategy"].tolist() == ["one-shot", "scratch", "one-shot"]
    assert table(app)["Sparsity, %"].tolist() == [90.0, 90.0, 95.0]
    assert table(app)["File, kB"].tolist() == [90.0] * 3
    (dots,) = [trace for trace in tree(app)["data"] if trace.get("name") == "fine-tuned"]
    assert dots["x"] == [90.0, 90.0, 95.0]
    stranger = open_history(new_key())
    assert not [each for each in stranger.dataframe if "Strategy" in each.value]
    assert "Each fine-tune adds a line" in shown(stranger)


def test_names_and_notes_are_kept_and_shown_as_they_were_written():
    key, run = new_key(), run_of(91)
    keep(key, run)
    app = open_history(key, mark=[0])
    app.text_input(key=f"name-{run.id}").set_value(STRANGE)
    app.text_input(key=f"note-{run.id}").set_value("<img src=x onerror=alert(1)>")
    click(app, "Keep")
    assert not app.exception
    (node,) = list_nodes(store(), key)
    assert (node.name, node.note) == (STRANGE, "<img src=x onerror=alert(1)>")
    assert table(app)["Name"].tolist() == [STRANGE]
    assert table(app)["Note"].tolist() == ["<img src=x onerror=alert(1)>"]
    assert STRANGE in " ".join(each.value for each in app.text)
    assert not [each for kind in ("markdown", "caption", "info") for each in app.get(kind) if "bold" in each.value]
    label = tree(app)["layout"]["yaxis"]["ticktext"][1]
    assert label.startswith("<b>&lt;b&gt;bold&lt;/b&gt; &amp; *two* &#36;x&#36;")
    assert open_history(key).dataframe[-1].value["Name"].tolist() == [STRANGE]


def test_going_on_begins_with_what_the_run_has_reached(mlp, monkeypatch):
    key, run = new_key(), run_of(80)
    kept = keep(key, run, mlp)
    network = f"fashion-mlp#{kept.artefact}"
    went = {}
    with monkeypatch.context() as patch:  # the simulated browser forgets the address on the way to another page
        patch.setattr(st, "switch_page", lambda page, query_params: went.update(query_params, page=page))
        click(open_history(key, mark=[0]), "Go on from here")
    assert went == {"page": "pages/explore.py", "model": network, "parent": run.id, "threshold": "90"}
    app = open_app(key, **{name: went[name] for name in ("model", "parent", "threshold")})
    assert not app.exception
    assert not app.error
    assert not app.warning
    assert app.selectbox(key="model").value == network
    assert app.slider(key="threshold").value == 90.0
    child = Experiment(network, plan=PruningPlan(sparsity=0.9), recipe=Recipe(), parent=run.id)
    keep(key, child)
    points = tree(open_history(key))["data"]
    (branches,) = [trace for trace in points if trace["mode"] == "lines"]
    assert [each for each in zip(branches["x"], branches["y"], strict=True) if each[0] is not None][-3:] == [
        (80.0, 1),
        (80.0, 2),
        (90.0, 2),
    ]


def test_a_run_is_opened_by_a_link_that_says_what_it_is():
    key, run = new_key(), run_of(90, strategy="scratch", seed=3)
    keep(key, run)
    app = open_history(key, mark=[0])
    (link,) = app.get("page_link")
    assert link.proto.label == "Open"
    assert all(part in link.proto.query_string for part in ("model=fashion-mlp", "threshold=90", "scratch"))


def test_deleting_asks_once_more_and_waits_for_what_goes_on_from_it(mlp):
    key, run = new_key(), run_of(85)
    kept = keep(key, run, mlp)
    child = Experiment(f"fashion-mlp#{kept.artefact}", plan=PruningPlan(sparsity=0.95), recipe=Recipe(), parent=run.id)
    keep(key, child)
    app = open_history(key, mark=[0])
    assert "Delete first what begins with its result: one-shot." in shown(app)
    assert "Delete this run" not in {each.label for each in app.button}
    app = click(set_marks(app, [1]), "Delete this run")
    assert not app.exception
    assert [node.experiment for node in list_nodes(store(), key)] == [run]
    assert len(table(app)) == 1
    assert "Run 1: " in shown(app)  # nothing is marked any more, so the latest one that is left is shown
    app = click(set_marks(app, [0], "run-table-1"), "Delete this run")
    assert list_nodes(store(), key) == []
    assert not (store().files / kept.artefact).exists()


def test_two_runs_of_one_network_are_compared_by_the_paired_change():
    key = new_key()
    one, two = (share(RNG.random(500) < most) for most in (0.85, 0.7))
    keep(key, run_of(92), tuned=one)
    keep(key, run_of(92, strategy="scratch"), tuned=two)
    keep(key, Experiment("fashion-lenet5", plan=PruningPlan(sparsity=0.92), recipe=Recipe()))
    app = open_history(key, mark=[0, 1])
    assert "Run 1 (one-shot) against run 2 (scratch)" in shown(app)
    assert format_change(change(two, one)) in shown(app)
    assert "against run" not in shown(set_marks(app, [0, 2]))


def test_forgetting_the_visit_asks_once_more_and_leaves_nothing(mlp):
    key, run = new_key(), run_of(87)
    kept = keep(key, run, mlp)
    app = click(open_history(key), "Forget all of it")
    app.run()
    assert not app.exception
    assert app.session_state["visit key"] != key
    assert list_nodes(store(), key) == []
    assert find_experiment(store(), run.id) is None
    assert find_result(store(), run.id, "fine-tuned", KIND) is None
    assert not (store().files / kept.artefact).exists()


def test_a_store_that_does_not_answer_is_a_sentence_and_the_page_goes_on(monkeypatch):
    def fails(*_):
        raise StoreUnavailable("This could not be kept: the disk is full.", "Download what you want to keep.")

    monkeypatch.setattr(panel, "read_tried", fails)
    app = open_history(new_key())
    assert not app.exception
    assert "the disk is full" in app.error[-1].value
    assert "Fine-tune" in {each.label for each in app.button}


def test_the_download_has_all_runs_with_their_changes(monkeypatch):
    key = new_key()
    keep(key, run_of(93))
    given = {}
    monkeypatch.setattr(st, "download_button", lambda label, data, *rest, **more: given.update({label: data}))
    open_history(key)
    header, line = given["Download runs (CSV)"]().strip().splitlines()
    assert header.startswith("Run,Model,Strategy,Removed,") and header.endswith(
        "Against dense,Against pruned,Steps,Seconds,Ended,Learning rate,Seed"
    )
    assert line.startswith("1,fashion-mlp,one-shot,weight,93.0,")
