"""What lessons say beside a guess: which options are right, how far off, in which words; and where a lesson leads."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.lessons import Predict, list_lessons, read_lesson
from core.lessons.records import Measured
from core.measure import Latency
from core.pruning.criteria import known_criteria
from core.pruning.scopes import known_scopes
from pages.parts.learn.guess import right_in_words, right_options
from pages.parts.learn.live import _label_of
from pages.parts.learn.truths import Truth, measure
from pages.parts.learn.typeset import unbroken
from pages.shared.format import format_bytes, format_latency
from tests.pages.test_learn import guess, open_page

STEP = Predict("a", "Which?", (Measured("quality"),) * 3, options=("one", "two", "three"))
SMALLEST = Predict("a", "Which?", (Measured("quality"),) * 3, options=("one", "two", "three"), smallest=True)


def truth(value: float, reach: float | None) -> Truth:
    return Truth(value, f"{value}", range=None if reach is None else (value - reach, value + reach))


def test_options_that_ranges_do_not_tell_apart_are_all_right():
    known = [truth(64.6, 1.3), truth(91.2, 0.8), truth(91.2, 0.7)]
    assert right_options(STEP, known) == ["two", "three"]
    assert right_in_words(STEP, known) == "“two” or “three”"
    assert right_options(SMALLEST, known) == ["one"]
    counted = [truth(3.0, None), truth(3.0001, None), truth(1.0, None)]
    assert right_options(STEP, counted) == ["two"]


@example([(0.0, 0.0), (1.0, 0.0), (1.0, 2.0)], False)
@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 5)), min_size=3, max_size=3), st.booleans())
def test_the_right_options_are_the_best_one_and_those_that_may_be_as_good(drawn, smallest):
    known = [truth(*each) for each in drawn]
    found = right_options(SMALLEST if smallest else STEP, known)
    value_of_best = (min if smallest else max)(value for value, _ in drawn)
    best = value_of_best, max(reach for value, reach in drawn if value == value_of_best)
    for option, (value, reach) in zip(STEP.options, drawn, strict=True):
        apart = abs(value - best[0]) - (reach + best[1])
        if abs(apart) > 1e-6:
            assert (option in found) == (apart < 0 or value == best[0])


def test_a_tie_is_told_and_counts_for_either(monkeypatch):
    known = iter(())
    monkeypatch.setattr("pages.parts.learn.guess.measure", lambda wanted: next(known))
    monkeypatch.setattr("pages.parts.learn.lesson.measure", lambda wanted: truth(1.0, 0.5))
    app = open_page("t" * 43, lesson="02-where-is-the-cut")
    assert "Choose an answer first." in [each.value for each in app.caption]
    app.radio[0].set_value(app.radio[0].options[1]).run()
    assert "Choose an answer first." not in [each.value for each in app.caption]
    known = iter([truth(91.2, 0.8), truth(91.1, 0.8)] * 20)
    guess(app)
    said = "\n".join(each.value for each in app.markdown)
    assert "You were right; it is “One threshold for the whole network” or “The same share of every layer”" in said
    assert "their ranges overlap, so either counts" in said


def test_a_change_from_a_guess_has_a_unit_and_a_direction_of_its_own():
    for place, (said, arrow) in enumerate(((100.0, "down"), (0.0, "up"))):
        app = open_page("uv"[place] * 43, lang="zh")
        app.slider[0].set_value(said).run()
        (button,) = (each for each in app.button if each.key.endswith(" done"))
        button.click().run()
        (shown,) = (each for each in app.metric if each.delta)
        assert shown.delta.endswith("个百分点")
        assert arrow in type(shown.proto).MetricDirection.Name(shown.proto.direction).lower()


def test_a_lesson_goes_on_only_once_its_figure_is_there(monkeypatch):
    monkeypatch.setattr("pages.parts.learn.guess.measure", lambda wanted: None)
    app = open_page("w" * 43)
    guess(app)
    assert any("being measured" in each.value for each in app.caption)
    assert not any(each.key and each.key.endswith(" done") for each in app.button)


def test_the_end_of_a_lesson_leads_to_the_next_one(monkeypatch):
    monkeypatch.setattr("pages.learn.show_lesson", lambda lesson: True, raising=False)
    monkeypatch.setattr("pages.parts.learn.lesson.show_lesson", lambda lesson: True)
    names = list_lessons()
    app = open_page(lesson=names[-2])
    assert f"Lesson {len(names) - 1} of {len(names)}" in [each.value for each in app.caption]
    (button,) = (each for each in app.button if each.label.startswith("Next lesson"))
    assert read_lesson(names[-1]).title in button.label
    button.click().run()
    assert app.selectbox(key="lesson").value == names[-1]
    assert not any(each.label.startswith("Next lesson") for each in app.button)


def test_tables_have_the_labels_of_the_choices():
    for varied, known in (("judge", known_criteria()), ("scope", known_scopes())):
        assert [_label_of(varied, each) for each in known] == [choice.label for choice in known.values()]
    assert _label_of("model", "erk") == "erk"


def test_a_figure_and_its_unit_stay_in_one_line():
    assert (
        unbroken("90 % of 100 kB, 3 kBold, 5 ms and 2 days")
        == "90\u00a0% of 100\u00a0kB, 3 kBold, 5\u00a0ms and 2 days"
    )


@pytest.mark.parametrize(
    ("times", "said"),
    [((0.53014, 0.46991, 0.73277), "0.530 (0.470 to 0.733)"), ((97.376, 9.3024, 103.595), "97.4 (9.30 to 104)")],
)
def test_times_have_three_digits_at_most(times, said):
    assert format_latency(Latency(*times, 20)) == said


def test_sizes_beside_each_other_have_one_unit():
    assert (format_bytes(121_010, 1_724_920), format_bytes(1_724_920, 121_010)) == ("121.0 kB", "1,724.9 kB")
    assert (format_bytes(2_410_000, 2_880_000), format_bytes(2_880_000, 2_410_000)) == ("2.41 MB", "2.88 MB")


def test_what_lessons_say_of_their_figures_is_so():
    small = {"model": "fashion-lenet5"}
    sizes = [measure(Measured("zipped-size", {"model": "fashion-mlp", "threshold": each})) for each in ("90", "95")]
    assert sizes[0] is not None and sizes[1] is not None and sizes[0].value > 100 > sizes[1].value
    rows = {"model": "fashion-mlp", "threshold": "50", "remove": "neuron"}
    sparsity, gone = measure(Measured("sparsity", rows)), measure(Measured("gone", rows))
    assert sparsity is not None and gone is not None and gone.value > sparsity.value + 5
    dense, cut = measure(Measured("dense", small)), measure(Measured("quality", {**small, "threshold": "65"}))
    assert dense is not None and cut is not None and 0 < dense.value - cut.value < 1
