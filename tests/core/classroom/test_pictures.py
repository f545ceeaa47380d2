"""The pictures of a class: every guess is a dot at its place, names are text, colour says nothing alone."""

from types import SimpleNamespace

import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.charts import BoardPoint, CurveQuestion, board_chart, guess_curve, guess_line, option_bars
from core.quality import Quality

LABELS = ("one guess", "your guess", "measured")
ASKED = CurveQuestion(0.9, "Accuracy", 0.0, 100.0, "%")
STARS = CurveQuestion(0.3, "RMSE", 0.5, 2.5, "stars")


def quality(value, metric="Accuracy"):
    return Quality(metric, value, value - 0.01, value + 0.01, 1000)


CURVE = [SimpleNamespace(sparsity=each, quality=quality(0.9 - each / 2)) for each in (0.0, 0.5, 0.9, 0.99)]


def traces(figure):
    go.Figure(figure)  # plotly takes all of it
    return {each["name"]: each for each in figure["data"]}


@given(st.lists(st.integers(0, 100).map(float), max_size=60))
def test_every_guess_is_one_dot_near_its_place_and_none_covers_another(values):
    found = traces(guess_line(values, 0.0, 100.0, "%", LABELS))["one guess"]
    assert len(found["x"]) == len(values)
    for shown, value in zip(found["x"], sorted(values), strict=True):
        assert abs(shown - value) <= 1.0
    assert len(set(zip(found["x"], found["y"], strict=True))) == len(values)


def test_ones_own_guess_is_told_apart_by_its_shape_and_counts_once():
    found = traces(guess_line([40.0, 40.0, 60.0], 0.0, 100.0, "%", LABELS, mine=40.0))
    assert found["your guess"]["x"] == [40.0]
    assert len(found["one guess"]["x"]) == 2
    assert found["your guess"]["marker"]["symbol"] != found["one guess"]["marker"]["symbol"]
    assert found["your guess"]["text"] == ["40 %"]


@pytest.mark.parametrize(("low", "high"), [(0.0, 100.0), (-5.0, 5.0)])
def test_the_truth_is_there_only_once_it_is_shown(low, high):
    assert "measured" not in traces(guess_line([1.0], low, high, "%", LABELS))
    found = traces(guess_line([1.0], low, high, "%", LABELS, truth=2.5))
    assert found["measured"]["x"] == [2.5, 2.5]


def test_a_line_without_guesses_is_a_picture_all_the_same():
    assert traces(guess_line([], 0.0, 100.0, "%", LABELS))["one guess"]["x"] == []


@given(st.lists(st.integers(0, 100).map(float), max_size=60), st.sampled_from([0.0, 0.3, 0.5, 0.9, 0.95, 1.0]))
def test_on_a_curve_every_guess_is_one_dot_at_its_height_and_none_covers_another(values, at):
    found = traces(guess_curve(CurveQuestion(at, "Accuracy", 0.0, 100.0, "%"), values, LABELS))["one guess"]
    assert sorted(found["y"]) == sorted(values)
    assert len(set(zip(found["x"], found["y"], strict=True))) == len(values)
    assert all(-1 <= x <= 101 for x in found["x"])
    if values:
        assert 100 * at in found["x"]  # rows begin at the sparsity


def test_a_single_guess_stands_at_the_sparsity_that_was_asked_for():
    found = traces(guess_curve(ASKED, [42.0], LABELS, mine=42.0))
    assert (found["your guess"]["x"], found["your guess"]["y"]) == ([90.0], [42.0])
    assert found["your guess"]["text"] == ["42 %"]
    assert found["your guess"]["marker"]["symbol"] != found["one guess"]["marker"]["symbol"]


def test_before_the_answer_there_are_axes_and_dots_and_nothing_of_the_curve():
    figure = guess_curve(ASKED, [40.0, 60.0], LABELS, mine=40.0)
    assert set(traces(figure)) == {"one guess", "your guess"}
    assert figure["layout"]["xaxis"]["title"]["text"] == "weights removed (sparsity)"
    assert figure["layout"]["yaxis"]["title"]["text"] == "Accuracy"
    assert figure["layout"]["yaxis"]["range"] == [0, 102]


def test_with_the_answer_come_the_curve_and_the_true_point():
    figure = guess_curve(ASKED, [40.0], LABELS, truth=(0.9, 45.0), points=CURVE, dense=quality(0.9))
    go.Figure(figure)
    found = {each["name"]: each for each in figure["data"] if "name" in each}
    assert set(found) == {"dense", "pruned", "one guess", "measured"}
    assert (found["measured"]["x"], found["measured"]["y"]) == ([90.0], [45.0])
    assert found["pruned"]["y"] == pytest.approx([90.0, 65.0, 45.0, 40.5])
    assert figure["layout"]["yaxis"]["range"] == guess_curve(ASKED, [40.0], LABELS)["layout"]["yaxis"]["range"]


def test_a_measure_that_is_no_share_has_the_axis_of_what_can_be_guessed():
    points = [SimpleNamespace(sparsity=each, quality=quality(1 + each, "RMSE")) for each in (0.0, 0.3)]
    before = guess_curve(STARS, [1.0], LABELS)["layout"]["yaxis"]
    after = guess_curve(STARS, [1.0], LABELS, truth=(0.3, 1.3), points=points)["layout"]["yaxis"]
    low, high = before["range"]
    assert low < 0.5 < 2.5 < high
    assert before["title"]["text"] == "RMSE"
    assert before == after


def test_the_right_option_is_told_by_words_and_pattern_and_only_once_it_is_shown():
    options = ["<b>first</b>", "second $x$", "third"]
    hidden = option_bars(options, [3, 0, 1], ("your guess", "right"), mine=0)
    shown = option_bars(options, [3, 0, 1], ("your guess", "right"), mine=0, right=(2,))
    go.Figure(shown)
    before, after = (each["layout"]["yaxis"]["ticktext"] for each in (hidden, shown))
    assert not any("<b>right</b>" in each for each in before)
    assert [("<b>right</b>" in each, "<b>your guess</b>" in each) for each in after] == [
        (False, True),
        (False, False),
        (True, False),
    ]
    assert after[0].startswith("&lt;b&gt;first")
    assert "$" not in after[1]
    assert hidden["data"][0]["marker"]["pattern"]["shape"] == ["", "", ""]
    assert shown["data"][0]["marker"]["pattern"]["shape"] == ["/", "/", ""]
    tied = option_bars(options, [3, 0, 1], ("your guess", "right"), mine=0, right=(0, 2))
    assert ["<b>your guess, right</b>" in each for each in tied["layout"]["yaxis"]["ticktext"]] == [True, False, False]
    assert tied["data"][0]["marker"]["pattern"]["shape"] == ["", "/", ""]


def test_names_on_the_board_are_text_and_what_breaks_the_rules_is_hollow():
    points = [BoardPoint("<script>$x$</script>", 93.0, 92.0, 94.0, True), BoardPoint("Eve", 90.0, 89.0, 91.0, False)]
    figure = board_chart(points, "% named rightly")
    go.Figure(figure)
    assert figure["layout"]["yaxis"]["ticktext"] == ["&lt;script&gt;&#36;x&#36;&lt;/script&gt;", "Eve"]
    (dots,) = figure["data"]
    assert dots["marker"]["symbol"] == ["circle", "circle-open"]
    assert (dots["error_x"]["array"], dots["error_x"]["arrayminus"]) == ([1.0, 1.0], [1.0, 1.0])
