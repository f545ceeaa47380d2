"""Charts for those who do not see them, or see no colours: told in words, told apart by marks and dashes."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest

from core.charts import (
    CurveQuestion,
    TreePoint,
    comparison_chart,
    frontier_chart,
    group_chart,
    guess_curve,
    history_tree,
    learning_chart,
    robustness_chart,
    sensitivity_curves,
    sparsity_curve,
)
from core.charts.adapting import adapting_chart
from core.charts.chance import curve_beside_chance
from core.charts.in_words import (
    adapting_in_words,
    comparison_in_words,
    confusion_in_words,
    curve_in_words,
    frontier_in_words,
    groups_in_words,
    guesses_in_words,
    history_in_words,
    learning_in_words,
    robustness_in_words,
    sensitivity_in_words,
    spread,
)
from core.charts.style import enlarge
from core.experiment import STAGE_TITLES
from core.language import Text
from core.measure import WAYS, Candidate, Look, NetworkCurves, Sensitivity, ShiftResult
from core.measure.adapting import Adapted
from core.pruning import PruningPlan
from core.quality import Quality


def figure(value, metric="Accuracy"):
    return Quality(metric, value, value - 0.01, value + 0.01, 1000)


POINTS = [SimpleNamespace(sparsity=sparsity, quality=figure(0.9 - sparsity / 2)) for sparsity in (0.0, 0.8, 0.5)]
LOOKS = [Look(step, figure(0.5 + step / 100), figure(0.6 + step / 100), 0.9) for step in (0, 10, 20)]
NETWORKS = {
    name: NetworkCurves(name, [(0.5, figure(0.9)), (0.9, figure(0.4))], [(0.9, figure(0.8))]) for name in "abcdefg"
}
GROUPS = {stage: {"shirt": figure(0.7), "bag": figure(0.95)} for stage in STAGE_TITLES.values()}
TRIED = [
    Candidate(PruningPlan(), share, figure(1 - share), round(1000 * (1.1 - share)), 100, 90, 10, stage)
    for share, stage in ((0.0, "dense"), (0.5, "pruned"), (0.8, "fine-tuned"))
]
SHIFTS = [
    ShiftResult("fog", strength, stage, figure(0.9 - strength / 10))
    for stage in STAGE_TITLES.values()
    for strength in (0, 1, 5)
]
SCAN = Sensitivity(9, 9, (0.5, 0.9), {f"fc{i}.weight": (figure(0.8), figure(0.1 * i)) for i in range(8)}, figure(0.9))
ADAPTED = [Adapted("t", way, n, n, figure(0.6), figure(0.9), None, None, 1.0) for way in WAYS for n in (10, 100)]
TREE = [
    TreePoint("net", "", "net", "91.0 %", "dense"),
    TreePoint("one", "net", "first", "88.1 %", "fine-tuned", sparsity=0.8),
]
ASKED = CurveQuestion(0.8, "Accuracy", 0.0, 100.0, "%")

CHARTS = {
    "curve": sparsity_curve(POINTS, figure(0.9), (0.8, figure(0.5)), (0.8, figure(0.7))),
    "guesses": guess_curve(ASKED, [40.0, 60.0], ("one", "mine", "true"), 40.0, (0.8, 50.0), POINTS, figure(0.9)),
    "learning": learning_chart(LOOKS, 20, figure(0.9)),
    "comparison": comparison_chart(NETWORKS, 0.05),
    "groups": group_chart(GROUPS),
    "frontier": frontier_chart(TRIED, lambda each: each.size, "bytes", TRIED[2]),
    "robustness": robustness_chart(SHIFTS),
    "sensitivity": sensitivity_curves(SCAN),
    "adapting": adapting_chart(ADAPTED),
    "chance": curve_beside_chance([(0.5, figure(0.8))], [(0.5, figure(0.3))], figure(0.9)),
    "history": history_tree(TREE, {"one"}),
}

WORDS = {
    "curve": curve_in_words(POINTS, figure(0.9), (0.8, figure(0.5)), (0.8, figure(0.7))),
    "no guesses": guesses_in_words(ASKED, []),
    "guesses": guesses_in_words(ASKED, [60.0, 40.0, 70.0], 40.0, (0.8, 50.0), POINTS, figure(0.9)),
    "learning": learning_in_words(LOOKS, figure(0.9)),
    "comparison": comparison_in_words(NETWORKS, 0.05),
    "groups": groups_in_words(GROUPS),
    "frontier": frontier_in_words(TRIED, lambda each: each.size, "bytes", TRIED[2]),
    "robustness": robustness_in_words(SHIFTS),
    "sensitivity": sensitivity_in_words(SCAN),
    "adapting": adapting_in_words(ADAPTED),
    "confusion": confusion_in_words(np.array([[90, 10], [0, 50]]), ("shirt", "bag"), "Dense"),
    "history": history_in_words(TREE, ["one"]),
}


@pytest.mark.parametrize("name", CHARTS)
def test_no_two_lines_of_a_chart_differ_by_colour_alone(name):
    lines = [trace for trace in CHARTS[name]["data"] if trace["type"] == "scatter" and trace.get("hoverinfo") != "skip"]
    assert len(lines) > 1
    for one, other in itertools.combinations(lines, 2):
        looks = [
            (
                trace["mode"],
                trace.get("line", {}).get("dash", "solid") if "lines" in trace["mode"] else "",
                trace.get("marker", {}).get("symbol", "circle") if "markers" in trace["mode"] else "",
            )
            for trace in (one, other)
        ]
        apart = one.get("xaxis") != other.get("xaxis")  # in another picture of the same chart
        assert apart or looks[0] != looks[1], (one["name"], other["name"])


@pytest.mark.parametrize("name", WORDS)
def test_words_are_whole_sentences_that_can_be_said_in_any_language(name):
    assert WORDS[name]
    for said in WORDS[name]:
        assert isinstance(said, Text)
        assert said.endswith(".")
        assert "{" not in said


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (
            "curve",
            [
                "Accuracy over",
                "whole network: 90.0 %",
                "At 50.0 % removed: 65.0 %",
                "Fine-tuned, at 80.0 % removed: 70.0 %",
            ],
        ),
        ("no guesses", ["Accuracy over", "No guesses so far at 80.0 % removed, between 0 % and 100 %."]),
        (
            "guesses",
            [
                "3 guesses at 80.0 % removed, from 40 % to 70 %, the middle one 60 %.",
                "Your guess: 40 %.",
                "Measured, at 80.0 % removed: 50.0 %.",
                "At 50.0 % removed: 65.0 %",
            ],
        ),
        ("learning", ["After 20 steps: 70.0 % on validation data, 80.0 % on training data, 90.0 % removed"]),
        ("comparison", ["a at 90.0 % removed: 40.0 %", "g, fine-tuned at 90.0 % removed: 80.0 %", "5.0 %"]),
        ("groups", ["shirt, Pruned: 70.0 %", "bag, Fine-tuned: 95.0 %"]),
        ("frontier", ["3 networks", "Nothing beats 100.0 % at 1,100", "best found: 20.0 % at 300"]),
        ("robustness", ["fog, Dense, strength 0: 90.0 %", "fog, Fine-tuned, strength 5: 40.0 %"]),
        ("sensitivity", ["fc0 at 90.0 % removed: 0.0 %"]),
        ("adapting", ["From scratch, 10 examples: 60.0 %"]),
        ("confusion", ["shirt: 90.0 % right", "bag: 100.0 % right", "shirt is called bag 10 times"]),
        ("history", ["net: 0.0 % removed, 91.0 %", "first, from net: 80.0 % removed, 88.1 %", "Marked: first"]),
    ],
)
def test_words_tell_the_figures_of_the_chart(name, told):
    said = " ".join(WORDS[name])
    for each in told:
        assert each in said


def test_a_figure_that_is_no_number_is_told_as_no_answer_and_others_in_their_own_unit():
    points = [SimpleNamespace(sparsity=0.5, quality=Quality("RMSE", float("nan"), 0, 0, 5))]
    said = curve_in_words(points, Quality("RMSE", 0.8804, 0.8, 0.9, 5))
    assert "RMSE over" in said[0]
    assert "0.880" in said[1]
    assert "no answer" in said[2]
    assert "no point" in curve_in_words([], None)[0]


@pytest.mark.parametrize("count", [0, 1, 5, 6, 7, 100])
def test_a_long_line_is_told_at_a_few_places_with_both_ends(count):
    told = spread(range(count))
    assert len(told) == min(count, 6)
    assert told == sorted(set(told))
    if count:
        assert (told[0], told[-1]) == (0, count - 1)


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_for_a_room_has_the_same_data_in_larger_type(name):
    plain, large = CHARTS[name], enlarge(CHARTS[name])
    assert large["layout"]["font"]["size"] > 1.3 * plain["layout"]["font"]["size"]
    assert large["layout"]["font"]["color"] == "#000000"
    for one, other in zip(plain["data"], large["data"], strict=True):
        for key in ("x", "y", "text", "name", "hovertemplate", "mode"):
            assert one.get(key) == other.get(key)
        for key in ("error_x", "error_y"):
            assert one.get(key, {}).get("array") == other.get(key, {}).get("array")
    for axis in ("xaxis", "yaxis"):
        assert plain["layout"][axis].get("range") == large["layout"][axis].get("range")
