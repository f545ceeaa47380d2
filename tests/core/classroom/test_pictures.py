"""The pictures of a class: every guess is a dot at its place, names are text, colour says nothing alone."""

import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.charts import BoardPoint, board_chart, guess_line, option_bars

LABELS = ("one guess", "your guess", "measured")


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


def test_the_right_option_is_told_by_words_and_pattern_and_only_once_it_is_shown():
    options = ["<b>first</b>", "second $x$", "third"]
    hidden = option_bars(options, [3, 0, 1], ("your guess", "right"), mine=0)
    shown = option_bars(options, [3, 0, 1], ("your guess", "right"), mine=0, right=2)
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


def test_names_on_the_board_are_text_and_what_breaks_the_rules_is_hollow():
    points = [BoardPoint("<script>$x$</script>", 93.0, 92.0, 94.0, True), BoardPoint("Eve", 90.0, 89.0, 91.0, False)]
    figure = board_chart(points, "% named rightly")
    go.Figure(figure)
    assert figure["layout"]["yaxis"]["ticktext"] == ["&lt;script&gt;&#36;x&#36;&lt;/script&gt;", "Eve"]
    (dots,) = figure["data"]
    assert dots["marker"]["symbol"] == ["circle", "circle-open"]
    assert (dots["error_x"]["array"], dots["error_x"]["arrayminus"]) == ([1.0, 1.0], [1.0, 1.0])
