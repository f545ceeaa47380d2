"""The Learn page without a browser: a guess first, then what it is about; kept with the visit; both languages."""

import json
import time
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from core.errors import BadInput
from core.jobs.work import TunedPoint
from core.lessons import Explain, Live, Predict, list_lessons, read_lesson
from core.lessons.records import Measured
from core.pruning import PruningPlan
from pages.parts.learn import truths
from pages.parts.learn.live import PARTS
from pages.parts.learn.on_curve import place_on_curve
from pages.parts.learn.truths import MEASURES, measure, subject_of
from pages.shared import cache
from pages.shared.curves import curve_job
from tests.conftest import ROOT


def open_page(key: str = "", **query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=240)
    app.query_params.update(query)
    if key:
        app.session_state["visit key"] = key
    # The simulated browser shows the default model for one run when it changes pages; a real one does not.
    app.run().switch_page("pages/learn.py").run()
    assert not app.exception
    return app


def guess(app: AppTest) -> None:
    (button,) = (each for each in app.button if each.label in ("That is my guess",))
    button.click().run()
    assert not app.exception


def test_nothing_is_shown_before_it_was_guessed_and_a_guess_stays():
    key = "l" * 43
    app = open_page(key)
    assert [each.label for each in app.slider] == ["Your guess"]
    assert not app.metric
    (slider,) = app.slider
    slider.set_value(70.0).run()
    guess(app)
    told = {each.label: each.value for each in app.metric}
    assert told["Your guess"] == "70 %"
    expected = cache.settled_result(subject_of({"model": "fashion-lenet5", "threshold": "50"})).quality
    assert told["Measured just now"] == f"{100 * expected.value:.1f}\u00a0%"
    again = open_page(key)  # after a reload, or in another tab
    assert {each.label: each.value for each in again.metric}["Your guess"] == "70 %"
    assert not open_page("m" * 43).metric  # somebody else has not guessed yet


def test_what_was_guessed_in_one_tab_is_not_lost_by_a_guess_in_another():
    key = "n" * 43
    first, second = open_page(key), open_page(key, lesson="02-where-is-the-cut")
    guess(first)
    second.radio[0].set_value(second.radio[0].options[0]).run()
    guess(second)  # this tab was open before the other guess
    again = open_page(key)
    assert {each.label: each.value for each in again.metric}["Your guess"] == "50 %"


def test_a_guess_alone_is_one_dot_on_the_curve_that_is_seen_no_further_than_the_next_question_allows():
    app = open_page("p" * 43)
    assert not app.get("plotly_chart")
    guess(app)
    while curve_job("fashion-lenet5", PruningPlan()).state != "done":
        time.sleep(0.1)
    (chart,) = app.run().get("plotly_chart")
    found = {each.get("name"): each for each in json.loads(chart.proto.spec)["data"]}
    assert (found["your guess"]["x"], found["your guess"]["y"]) == ([50.0], [50.0])
    assert found["measured"]["x"] == [pytest.approx(50.0, abs=0.01)]
    assert found["pruned"]["x"] == pytest.approx([0.0, 50.0], abs=0.01)  # not 80 and 95: the next one asks for 90 %
    assert "Your guess: 50 %. Measured, at 50.0 % removed" in chart.proto.alt


def test_only_questions_for_a_quality_at_one_sparsity_are_on_a_curve():
    found = {}
    for name in list_lessons():
        lesson = read_lesson(name)
        places = {step.id: place_on_curve(lesson, step) for step in lesson.predictions}
        found |= {f"{name[:2]} {step}": place.question.at for step, place in places.items() if place}
    assert found == {
        **{"01 half": 0.5, "01 ninety": 0.9, "01 tuned": 0.9, "05 chance": 0.5, "06 recover": 0.95},
        **{"07 cut": 0.97, "07 recovered": 0.9, "08 words": 0.9, "09 usual": 0.65, "10 after": 0.95, "11 back": 0.95},
    }


@pytest.mark.parametrize("asked", [{"threshold": "85"}, {"threshold": "90", "scope": "lamp"}])
def test_a_fine_tune_that_is_not_made_here_is_a_sentence_and_never_another_ones_figure(asked):
    with pytest.raises(BadInput, match="not made here"):
        measure(Measured("tuned", {"model": "fashion-mlp", **asked}))


def test_a_repaired_network_is_measured_once_a_worker_has_solved_for_it():
    wanted = Measured("repaired", {"model": "fashion-mlp", "threshold": "92", "scope": "lamp"})  # which does not ship
    while (found := measure(wanted)) is None:
        time.sleep(0.1)
    pruned = measure(Measured("quality", wanted.given))
    assert pruned is not None and found.value > pruned.value + 5
    assert found.at == pytest.approx(0.92, abs=1e-3)


def test_how_far_a_fine_tune_is_counts_those_that_come_before_it(monkeypatch):
    wanted = Measured("tuned", {"model": "fashion-mlp", "threshold": "90"})  # the third of TUNED
    quality = cache.dense_quality("fashion-mlp")
    first, now = TunedPoint(0.8, quality, 157, 157), TunedPoint(0.5, None, 50, 157)
    for job, expected in (
        (None, 0.0),
        (SimpleNamespace(progress=None, results=()), 0.0),
        (SimpleNamespace(progress=now, results=(first,)), (1 + 50 / 157) / 3),
        (SimpleNamespace(progress=first, results=(first,)), 1 / 3),
    ):
        monkeypatch.setattr(truths, "tuning_job", lambda name, steps, job=job: job)
        assert truths.how_far(wanted) == pytest.approx(expected)
    assert truths.how_far(Measured("quality", wanted.given)) is None


def test_one_layer_by_hand_loses_a_part_of_its_error():
    found = measure(Measured("one-layer", {"model": "fashion-mlp", "threshold": "90"}))
    assert found is not None and 50 < found.value < 100


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_lesson_opens_in_every_language_and_asks_for_what_there_is(language):
    for name in list_lessons(language):
        lesson = read_lesson(name, language)
        app = open_page(lang=language, lesson=name)
        assert lesson.title in [each.value for each in app.title]
        assert not app.error
        for step in lesson.steps:
            if isinstance(step, Predict):
                asked = step.truth
            elif isinstance(step, Explain):
                asked = tuple(step.figures.values())
            elif isinstance(step, Live):
                assert step.part.what in PARTS
                continue
            else:
                continue
            for each in asked:
                assert each.what in MEASURES
                subject_of(each.given)
                if each.what not in ("tuned", "repaired", "quality"):
                    assert measure(each) is not None


def test_a_broken_lesson_is_a_sentence_and_the_others_work(tmp_path, monkeypatch):
    folder = tmp_path / "en"
    folder.mkdir()
    head = "title: {}\nquestion: Q?\nminutes: 5\npaper: P\n\n== explain\n\nText.\n"
    (folder / "1-good.md").write_text(head.format("Good"))
    (folder / "2-bad.md").write_text(head.format("Bad") + "\n== dance\n")
    monkeypatch.setattr("core.lessons.reading.FOLDER", tmp_path)
    monkeypatch.setattr("core.lessons.reading.list_lessons.__defaults__", ("en", tmp_path))
    monkeypatch.setattr("core.lessons.reading.read_lesson.__defaults__", ("en", tmp_path))
    app = open_page()
    assert "Good" in [each.value for each in app.title]
    assert any("2-bad.md, line 10" in each.value for each in app.error)
