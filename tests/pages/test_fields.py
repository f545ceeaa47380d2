"""The pages with networks of all fields, and the Compare page, without a browser."""

import time

import pytest
from streamlit.testing.v1 import AppTest

from core.measure import survives
from core.pruning import PruningPlan, prune
from core.stages import Packed, pack, with_stored_weights
from core.store import new_key, put_artefact, save_state
from core.tasks import load
from pages.parts.compare.choice import USUAL
from pages.shared import cache, curves, sparsities
from pages.shared.format import format_quality
from pages.shared.storage import store
from tests.conftest import ROOT
from tests.pages.test_explore import metric, open_app
from tests.pages.test_measure import until

FAST = ["reuters-cnn", "movielens-ncf", "cartpole-policy", "acrobot-policy"]


@pytest.mark.parametrize("name", FAST)
def test_every_field_is_shown_in_its_own_metric(name):
    app = open_app(model=name, threshold="90.0")
    assert not app.exception and not app.error
    task = load(name)
    quality = task.evaluate(prune(task, PruningPlan(sparsity=0.9)).model)
    assert metric(app, task.info.metric).value == format_quality(quality)
    assert any(task.extra.baseline.name in each.value for each in app.caption)


@pytest.mark.parametrize(
    ("name", "question", "wrong", "advice"),
    [
        ("reuters-cnn", "opec cut oil output", "谢谢你们", "English"),
        ("tales-lm", "The king said", "谢谢你们", "English"),
        ("movielens-ncf", 20, 100_000, "Choose 1 to 671"),
        ("cartpole-policy", 2, -4, "Choose 1 to"),
        ("fashion-lenet5", 7, 0, "Choose 1 to 5,000"),
    ],
)
def test_networks_can_be_tried_and_a_wrong_question_is_a_sentence(name, question, wrong, advice):
    app = open_app(model=name)
    app.session_state[f"trial-{name}"] = True
    app.run()
    box = next(each for each in [*app.text_input, *app.number_input] if each.key == f"question-{name}")
    box.set_value(question).run()
    assert not app.exception and not app.error
    assert [each.value for each in app.markdown if each.value.startswith(("**Dense**", "**Pruned**"))]
    next(each for each in [*app.text_input, *app.number_input] if each.key == f"question-{name}").set_value(wrong).run()
    assert not app.exception
    assert advice in app.error[0].value
    assert metric(app, "Sparsity").value == "80.0 %"


def test_further_figures_are_those_of_core():
    app = open_app(model="reuters-cnn", threshold="90.0")
    app.session_state["beyond-reuters-cnn"] = True
    app.run()
    task = load("reuters-cnn")
    found = task.extra.metrics(prune(task, PruningPlan(sparsity=0.9)).model, "validation")
    assert {"Macro recall", "Macro precision", "Macro F1", "Calibration error"} <= {each.metric for each in found}
    for each in found:
        assert metric(app, each.metric).value == format_quality(each)


def test_embeddings_go_only_if_asked_for():
    app = open_app(model="movielens-ncf")
    task = load("movielens-ncf")
    sizes = {name: task.model.get_parameter(name).numel() for name in task.prunable}
    plain = sum(size for name, size in sizes.items() if name not in task.opt_in_parameters)
    assert metric(app, "Weights left").delta == f"of {plain:,}"
    app.checkbox(key="tables").check().run()
    assert not app.exception
    assert metric(app, "Weights left").delta == f"of {sum(sizes.values()):,}"
    assert "True" in str(app.query_params["tables"])


def open_compare(key=None, **query):
    """Open the page; key: of the visit, a new one by default."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=240)
    if key:
        app.session_state["visit key"] = key
    for name, value in query.items():
        app.query_params[name] = value
    return app.switch_page("pages/compare.py").run()


def test_the_compare_page_shows_what_the_sweeps_found():
    app = open_compare()
    assert not app.exception and not app.error
    app.multiselect(key="compared").set_value(["cartpole-policy", "movielens-ncf"]).run()
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        jobs = [curves.curve_job(name, PruningPlan()) for name in ("cartpole-policy", "movielens-ncf")]
        if not any(job.active for job in jobs):
            break
        time.sleep(0.2)
    app.run()
    assert not app.exception
    (table,) = [frame.value for frame in app.dataframe if "Survives, %" in frame.value]
    for job, shown in zip(jobs, table["Survives, %"], strict=True):
        name = job.arguments[0]
        dense = cache.dense_quality(name)
        points = [(step.sparsity, step.quality.relative(dense, cache.tasks()[name].worst)) for step in job.results]
        assert shown == pytest.approx(100 * survives(points, 0.05), abs=0.051)
    assert any("survives the most" in each.value or "all of them survive" in each.value for each in app.markdown)


def test_fine_tunes_of_equal_length_fill_in(monkeypatch):
    monkeypatch.setattr(sparsities, "TUNED", (0.8,))
    app = open_compare()
    app.multiselect(key="compared").set_value(["cartpole-policy", "movielens-ncf"]).run()
    app.select_slider(key="heal-steps").set_value(50).run()
    app.button(key="heal").click().run()
    deadline = time.monotonic() + 240
    done = False
    while not done and time.monotonic() < deadline:
        time.sleep(0.5)
        app.run()
        assert not app.exception
        (table,) = [frame.value for frame in app.dataframe if "Survives, %" in frame.value]
        done = not any("not complete" in each.value for each in app.caption)
    assert done
    assert table["Survives fine-tuned, %"].notna().any()


def test_the_network_in_hand_is_compared_and_gives_its_place_to_the_next():
    app = open_compare(model="acrobot-policy")
    assert not app.exception and not app.error
    assert app.multiselect(key="compared").value == [*USUAL, "acrobot-policy"]
    app.multiselect(key="compared").set_value(["cartpole-policy", "acrobot-policy"]).run()
    app.selectbox(key="model").set_value("fashion-mlp").run()
    assert app.multiselect(key="compared").value == ["cartpole-policy", "fashion-mlp"]
    app.multiselect(key="compared").set_value(["cartpole-policy"]).run()
    assert app.multiselect(key="compared").value == ["cartpole-policy"]


def test_weights_of_ones_own_are_compared_under_their_title():
    key, task = new_key(), load("cartpole-policy")
    weights = prune(task, PruningPlan(sparsity=0.5)).model.state_dict()
    mine = with_stored_weights("cartpole-policy", put_artefact(store(), pack(Packed(weights))))
    entry = {"name": mine, "title": "Cart-pole policy, your weights (mine.pt)"}
    save_state(store(), key, {"networks": [entry]})
    app = open_compare(key, model="acrobot-policy")
    assert entry["title"] in app.multiselect(key="compared").options
    app.multiselect(key="compared").set_value([mine]).run()
    until(app, lambda: not any("not complete" in each.value for each in app.caption))
    assert not app.warning and not app.exception, [each.value for each in app.warning]
    assert not app.error
    (table,) = [frame.value for frame in app.dataframe if "Survives, %" in frame.value]
    assert list(table["Network"]) == [entry["title"]]
    assert entry["title"] in app.get("plotly_chart")[0].proto.spec
    assert entry["title"] not in open_compare(new_key()).multiselect(key="compared").options


def test_nothing_to_compare_is_a_sentence():
    app = open_compare()
    app.multiselect(key="compared").set_value([]).run()
    assert not app.exception
    assert "Choose at least one" in app.info[0].value
    assert app.button(key="heal").disabled
