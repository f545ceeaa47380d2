"""Which sparsity for which end, on the Measure page: what is found, told, stopped, and carried to the other pages."""

import pytest

from core.ends import End, EndFigures, Tried, WidthTime
from core.ends.widths import units_plan, with_amount
from core.jobs.job import Job
from core.measure import Latency, measure_candidate
from core.pruning import PruningPlan, carry_out, prune
from core.pruning.units import layer_structures
from core.tasks import load
from pages.shared import job_button, visit
from tests.pages.test_measure import open_page, until

NAME = "fashion-mlp"


@pytest.fixture(scope="module")
def made():
    """Networks as a search finds them: dense, and with half of the units of the first layer, repaired."""
    task = load(NAME)
    structures = layer_structures(task)
    plan = with_amount(units_plan(structures, [150, *(each.units for each in structures[1:])]), 0.5)
    networks = {"dense": prune(task, PruningPlan(sparsity=0.0)), "repaired": carry_out(task, plan, "once")}
    found = {}
    for stage, pruned in networks.items():
        chosen, quoted = task.evaluate(pruned.model, limit=600).halves()
        counted = measure_candidate(task, pruned, quoted, stage)
        found[stage] = type(counted)(**{**vars(counted), "chosen": chosen})
    return found


def ended(monkeypatch, figures: EndFigures, state: str = "done") -> list[tuple[object, ...]]:
    """Let the search be over as soon as it is asked for; return what was asked."""
    asked: list[tuple[object, ...]] = []

    def submit(work, *arguments, **how):
        asked.append((work, *arguments))
        job = Job(1, "visit", work, arguments, lambda payload: True)
        job.change(progress=figures, results=(figures,))
        job.end(state)
        return job

    monkeypatch.setattr(job_button, "submit_job", submit)
    return asked


def times(milliseconds: float) -> dict[str, Latency]:
    time = Latency(milliseconds, 0.9 * milliseconds, 1.1 * milliseconds, 30)
    return {"ranked": time, "latency": time}


def test_the_fastest_is_told_against_both_dense_ones_and_its_plan_is_carried_along(made, monkeypatch):
    tried = (
        Tried(made["dense"], "torch", **times(4.0)),
        Tried(made["dense"], "onnxruntime", **times(3.0)),
        Tried(made["repaired"], "onnxruntime", 0.6, **times(2.0)),
    )
    table = (WidthTime("torch", "fc1", 150, 300, 2.5), WidthTime("torch", "fc1", 300, 300, 4.0))
    left_out = {"openvino": "It is not here."}
    asked = ended(monkeypatch, EndFigures(End("fastest", 0.05, 1), tried, left_out, table))
    app = open_page(model=NAME)
    app.selectbox(key="end").set_value("fastest").run()
    app.selectbox(key="end-batch").set_value(1).run()
    app.number_input(key=f"end-lose-{NAME}").set_value(5.0).run()
    app.button(key="find-end").click().run()
    assert not app.exception
    assert asked == [("end", NAME, End("fastest", 0.05, 1))]
    (told,) = [each.value for each in app.success]
    assert "Fastest: 2.00 (1.80 to 2.20) ms in ONNX Runtime, 2.0 times the speed of the dense network in" in told
    assert "1.5 times that of the dense one in the same engine" in told and "repaired" in told
    assert any("Left out, OpenVINO: It is not here." in each.value for each in app.caption)
    listed = next(frame.value for frame in app.dataframe if "Form or engine" in frame.value)
    assert listed["ms, by the table"].tolist()[0] == "1.800"
    assert listed["Network"].tolist() == ["repaired", "dense", "dense"]
    widths = next(frame.value for frame in app.dataframe if "fc1, 150 of 300 units" in frame.value.index)
    assert widths.loc["fc1, 150 of 300 units", "PyTorch"] == 2.5
    app.button(key="take-end").click().run()
    assert not app.exception
    assert app.session_state["repair"] and app.session_state["stage"] == "Repaired"
    assert app.query_params["repair"] == "once" and app.query_params["own"] == "fc1.weight:50,fc2.weight:0"
    app.switch_page("pages/fine_tune.py").run().run()
    assert app.query_params["repair"] == "once" and app.query_params["remove"] == "channel"


def test_times_that_cannot_be_told_apart_are_said_to_be_so(made, monkeypatch):
    tried = (Tried(made["dense"], "torch", **times(2.05)), Tried(made["repaired"], "torch", 0.6, **times(2.0)))
    ended(monkeypatch, EndFigures(End("fastest", 0.5), tried))
    app = open_page(model=NAME)
    app.selectbox(key="end").set_value("fastest").run()
    app.number_input(key=f"end-lose-{NAME}").set_value(50.0).run()
    app.button(key="find-end").click().run()
    assert any("cannot be told apart" in each.value for each in app.caption)


def test_where_nothing_keeps_to_the_loss_it_is_said_how_near_it_came(made, monkeypatch):
    worse = type(made["repaired"])(**{**vars(made["repaired"]), "chosen": load(NAME).evaluate(
        prune(load(NAME), PruningPlan(sparsity=0.99)).model, limit=600).halves()[0]})  # fmt: skip
    ended(monkeypatch, EndFigures(End("smallest", 0.01), (Tried(made["dense"], "plain"), Tried(worse, "zipped"))))
    app = open_page(model=NAME)
    app.button(key="find-end").click().run()
    assert not app.exception and not app.success
    assert "Nothing that was removed keeps to this loss. The nearest: Whole channels" in app.warning[0].value
    assert "points" in app.warning[0].value


def test_a_loss_that_cannot_be_told_gets_a_sentence():
    app = open_page(model=NAME)
    app.number_input(key=f"end-lose-{NAME}").set_value(0.001).run()
    app.button(key="find-end").click().run()
    until(app, lambda: any("So small a loss cannot be told" in each.value for each in app.error))


def test_a_search_that_is_stopped_keeps_what_it_found():
    app = open_page(model=NAME)
    app.button(key="find-end").click().run()
    job = visit._visits().peek(app.session_state["visit key"]).jobs["job-find-end"]
    until(app, lambda: job.results and len(job.results[-1].tried) > 2)
    assert any("s left" in each.value for each in app.caption)
    app.button(key="stop-end").click().run()
    assert job.ended.wait(60) and job.state == "stopped"
    app.run()
    assert not app.exception
    assert any(each.value.startswith("Stopped; what follows") for each in app.caption)
    assert len(job.results) == 1  # the last holds all before it
    assert app.success or app.warning
