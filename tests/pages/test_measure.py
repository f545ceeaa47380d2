"""The Measure page without a browser: what it costs, what was forgotten, which layers are fragile."""

import re
import time

import pytest
from streamlit.testing.v1 import AppTest

from core.measure import forgotten
from core.pruning import PruningPlan, prune
from core.tasks import load
from pages.shared import visit, workers
from tests.conftest import ROOT
from tests.pages.test_explore import fine_tuned, open_app, press


def open_page(**query):
    # The simulated browser shows the default model for one run when it changes pages; a real one does not.
    return open_app(**query).switch_page("pages/measure.py").run().run()


def until(app, holds, seconds=240):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.3)
        app.run()
        assert not app.exception
    return app


def test_the_scan_fills_in_and_names_the_most_fragile_layer():
    app = open_page(model="fashion-mlp", threshold="90")
    until(app, lambda: any("on 5,000 validation examples" in each.value for each in app.caption))
    task = load("fashion-mlp")

    def left(layer):
        """How much is left of the whole network, on average, with this layer alone pruned: judged one by one."""
        plans = [PruningPlan(overrides={layer: share}) for share in (0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)]
        return sum(task.evaluate(prune(task, plan).model).value for plan in plans)

    most = min(task.prunable, key=left).removesuffix(".weight")
    assert any(f"Kept whole: {most}." in each.value for each in app.caption)
    app.button(key="spare").click().run()
    assert not app.exception
    assert f"{most}.weight:0" in app.query_params["own"]
    assert app.session_state["threshold"] == 90


def test_measuring_tells_files_operations_and_times():
    app = open_page(model="fashion-mlp", threshold="90")
    app.button(key="weigh").click().run()
    until(app, lambda: any("64 at a time:" in each.value for each in app.markdown))
    assert any(re.search(r"Smallest file: \w+, [\d.,]+ kB, [\d.]+ times smaller", each.value) for each in app.markdown)
    table = next(frame.value for frame in app.dataframe if "What could be shipped" in frame.value)
    assert table["What could be shipped"].tolist() == ["whole network", "with zeros", "sparse (CSR)"]
    assert table["Operations (MACs)"][0] == 266_200


def test_engines_are_compared_and_what_follows_is_said():
    app = open_page(model="fashion-mlp", threshold="90")
    app.button(key="engines").click().run()
    until(app, lambda: any("The smallest file that loses" in each.value for each in app.markdown))
    until(app, lambda: any("Times: median" in each.value for each in app.caption))
    assert any(each.value.startswith("- Zeros bring no time") or "the fastest" in each.value for each in app.markdown)
    table = next(frame.value for frame in app.dataframe if "Engine" in frame.value)
    assert table["Engine"].tolist()[:4] == ["PyTorch", "PyTorch", "ONNX Runtime", "ONNX Runtime"]
    assert table["Network"].tolist()[:2] == ["the dense network", "the network with zeros"]


def test_a_file_is_made_small_step_by_step():
    app = open_page(model="fashion-mlp", threshold="90")
    app.selectbox(key="code-bits").set_value(4)
    app.button(key="file-steps").click().run()
    until(app, lambda: any("times smaller than the dense network's file" in each.value for each in app.markdown))
    table = next(frame.value for frame in app.dataframe if "Step" in frame.value)
    smaller = [float(each) for each in table["Times smaller"]]
    assert len(smaller) == 4
    assert smaller == sorted(smaller)
    assert smaller[0] == 1 and smaller[-1] > 20


def test_what_was_forgotten_is_counted_and_shown():
    app = open_page(model="fashion-mlp", threshold="90")
    app.session_state["forgotten-fashion-mlp"] = True
    app.run()
    assert not app.exception
    task = load("fashion-mlp")
    found = forgotten(task, prune(task, PruningPlan(sparsity=0.9)).model)
    assert any(f"**{len(found.examples):,}** are named rightly" in each.value for each in app.markdown)


@pytest.mark.parametrize("name", ["cartpole-policy", "movielens-ncf"])
def test_fields_without_classes_go_without_that_panel(name):
    app = open_page(model=name)
    assert not app.exception and not app.error
    assert not [each for each in app.expander if "forget" in each.label]


def test_shifted_data_is_judged_when_asked_for():
    app = open_page(model="cartpole-policy", threshold="95")
    app.button(key="shift").click().run()
    until(app, lambda: any("Judged on 20 validation episodes" in each.value for each in app.caption))


def test_what_a_visit_has_asked_for_is_found_after_a_reload_and_in_another_tab():
    app = open_page(model="fashion-mlp", threshold="61")
    app.button(key="weigh").click().run()
    until(app, lambda: any("Smallest file" in each.value for each in app.markdown))
    again = AppTest.from_file(str(ROOT / "app.py"), default_timeout=240)
    again.session_state["visit key"] = app.session_state["visit key"]
    again.query_params.update({"model": "fashion-mlp", "threshold": "61"})
    again.run().switch_page("pages/measure.py").run().run()
    assert any("Smallest file" in each.value for each in again.markdown)
    theirs = open_page(model="fashion-mlp", threshold="61")
    assert not any("Smallest file" in each.value for each in theirs.markdown)


def test_each_stage_is_measured(monkeypatch):
    app = fine_tuned(press(open_app(model="cartpole-policy", threshold="60"), "Fine-tune"))
    asked = []
    submit = workers.jobs().submit
    monkeypatch.setattr(workers.jobs(), "submit", lambda *a, **k: asked.append(a[1:]) or submit(*a, **k))
    app.switch_page("pages/measure.py").run().run()
    for stage in ("Dense", "Fine-tuned"):
        app.session_state["stage"] = stage
        app.run()
        app.button(key="shift").click().run()
        until(app, lambda: any("Judged on 20 validation episodes" in each.value for each in app.caption))
    shifts = [arguments[0] for work, *arguments in asked if work == "shifts"]
    assert [each.stage for each in shifts] == ["dense", "fine-tuned"]
    assert ("sensitivity", shifts[1].as_network) in [each[:2] for each in asked]


@pytest.mark.parametrize("key", ["shift", "weigh", "report", "engines"])
def test_what_takes_long_is_stopped_where_it_was_begun_and_may_begin_again(key):
    app = open_app(model="fashion-resnet", threshold="77")
    app.switch_page("pages/measure.py").run()
    app.button(key=key).click().run()
    job = visit._visits().peek(app.session_state["visit key"]).jobs[f"job-{key}"]
    app.button(key=f"stop-{key}").click().run()
    assert job.ended.wait(60) and job.state == "stopped"
    app.run()
    assert not app.exception
    assert app.button(key=key).label != "Stop"
