"""The search under a budget, confusion and the report on the Measure page; the forms of the download on Explore."""

import io
import re
import zipfile

import onnxruntime

from core.pruning import PruningPlan, prune
from core.tasks import load
from pages.shared import packing, visit
from tests.core.downloaded import unpack
from tests.pages.test_explore import open_app
from tests.pages.test_measure import open_page, until


def test_a_search_names_the_best_and_opens_it_in_explore():
    app = open_page(model="cartpole-policy")
    app.button(key="search").click().run()
    until(app, lambda: app.success)
    told = app.success[0].value
    assert any(re.search(r"tried of this network: [4-9]\d\.", each.value) for each in app.caption)
    app.button(key="take").click().run()
    assert not app.exception
    taken = PruningPlan(
        sparsity=app.session_state["threshold"] / 100,
        granularity=app.session_state["remove"],
        criterion=app.session_state["judge"],
        scope=app.session_state["scope"],
    )
    task = load("cartpole-policy")
    pruned = prune(task, taken)
    quality = task.evaluate(pruned.model)
    assert f"{100 * pruned.sparsity:.1f} % removed: Return {quality.value:.1f}" in told
    assert task.evaluate(task.model).value - quality.value <= 10


def test_a_budget_that_nothing_meets_is_told_with_the_closest():
    app = open_page(model="cartpole-policy")
    app.selectbox(key="budget").set_value("size").run()
    app.number_input(key="most-cartpole-policy-size").set_value(0.1).run()
    app.button(key="search").click().run()
    until(app, lambda: app.warning)
    assert "Nothing that was tried keeps to this budget. The closest:" in app.warning[0].value
    assert "Whole channels" in app.warning[0].value
    assert not app.exception


def test_what_is_mistaken_for_what_is_shown_when_asked_for():
    app = open_page(model="fashion-mlp", threshold="93")
    app.session_state["mixed-fashion-mlp"] = True
    app.run()
    assert not app.exception
    assert any(
        re.search(r"\*\*.+\*\* is called \*\*.+\*\* \d+ times, \d+ times by", each.value) for each in app.markdown
    )


def test_every_form_tells_its_size_before_it_is_made():
    app = open_app(model="fashion-mlp", threshold="90")
    app.session_state["forms-fashion-mlp"] = True
    app.run()
    assert not app.exception
    told = [each.value for each in app.markdown if "before zipping" in each.value]
    assert [re.match(r"\*\*(.+?)\*\*, about ([\d.]+ [kM]B)", each).groups() for each in told] == [
        ("Weights, zeros too", "1.07 MB"),
        ("Weights, one bit a place", "142.3 kB"),
        ("Weights that share values", "27.3 kB"),
        ("ONNX", "1.07 MB"),
        ("PyTorch program (.pt2)", "1.07 MB"),
    ]
    labels = {each.proto.label for each in app.get("download_button")}
    assert {"Download", "SAFETENSORS", "SPARSE"} <= labels
    assert {"SHARED", "ONNX", "PT2"} <= {each.label for each in app.button} - labels


def test_a_form_that_has_to_be_traced_is_written_by_a_worker_and_can_be_stopped(tmp_path):
    app = open_app(model="fashion-mlp", threshold="90")
    app.session_state["forms-fashion-mlp"] = True
    app.run()
    app.button(key="pack-onnx").click().run()
    jobs = visit._visits().peek(app.session_state["visit key"]).jobs
    app.button(key="stop-pack-onnx").click().run()
    assert jobs["job-pack-onnx"].ended.wait(60)
    app.run()
    assert not app.exception
    assert any("stopped" in each.value for each in app.caption)
    app.button(key="pack-onnx").click().run()
    job = jobs["job-pack-onnx"]
    assert job.ended.wait(240) and job.state == "done", job.error
    assert job.progress.packed is None
    (found,) = job.results
    assert found.packed is None  # this server's memory does not hold it
    app.run()
    assert not app.exception
    assert "Download ONNX" in {each.proto.label for each in app.get("download_button")}
    unpack(packing._content(found.artefact)(), tmp_path)
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    assert session.get_inputs()[0].shape[1:] == [1, 28, 28]
    with zipfile.ZipFile(io.BytesIO(packing._content(64 * "0")())) as archive:
        assert b"needed the room" in archive.read("NOT-WRITTEN.txt")
