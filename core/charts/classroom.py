"""What a class guesses, as dots on a curve's axes or above a line, or as bars, with the truth; and its board."""

import itertools
import textwrap
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from core.charts.curve import sparsity_curve
from core.charts.style import INK, KEPT, PRUNED, REMOVED, TUNED, base_axis, base_layout, plain_label
from core.language import as_text
from core.measure import PlanResult
from core.quality import METRICS, Quality

BINS = 50
"""Places along the line; guesses at one place stand on each other."""

LEAST_ROWS = 6
"""Dots on each other for which there is room at least, so that the first ones do not jump about."""

LINE, CURVE, BAR, AROUND = 300, 340, 44, 96
"""Pixels: height of the line's picture and of the curve's; of a bar; and what is above and below all bars."""

DOT = 0.046
"""Height of a dot on the curve's axes, as a share of what can be guessed."""

ASIDE, ROW = 2.5, 45.0
"""Percent of the weights, along the curve's axis: between dots beside each other, and for a whole row of them."""

WIDEST = 44
"""Letters of a line of an option's text."""


def guess_line(
    values: Sequence[float],
    low: float,
    high: float,
    unit: str,
    labels: tuple[str, str, str],
    mine: float | None = None,
    truth: float | None = None,
    theme: str = "light",
) -> dict[str, Any]:
    """Draw guesses of numbers as dots on each other above a line from low to high.

    labels: what the dots, one's own dot and the truth are called; mine: one's own guess, which is among the values.
    truth: drawn as a line across once it is to be seen.
    """
    others = list(values)
    if mine is not None and mine in others:
        others.remove(mine)
    heights: Counter[int] = Counter()
    traces = []
    for name, shown, look in (
        (labels[1], [] if mine is None else [mine], {"color": PRUNED, "symbol": "diamond", "size": 15}),
        (labels[0], sorted(others), {"color": KEPT, "symbol": "circle", "size": 12}),
    ):
        x, y = [], []
        for value in shown:
            place = round((value - low) / (high - low) * BINS)
            heights[place] += 1
            x.append(low + place * (high - low) / BINS)
            y.append(heights[place])
        said = [f"{value:g} {plain_label(unit)}" for value in shown]
        traces.append(_marks(name, x, y, said, look, theme))
    tallest = max([*heights.values(), LEAST_ROWS]) + 1.5
    if truth is not None:
        line = {"color": TUNED, "width": 4, "dash": "dash"}
        across = {"type": "scatter", "mode": "lines", "name": plain_label(labels[2]), "x": [truth] * 2}
        traces.append({**across, "y": [0, tallest], "line": line, "hoverinfo": "skip"})
    axis, room = base_axis(theme), 0.02 * (high - low)
    suffix = f" {plain_label(unit)}" if unit else ""
    return {
        "data": [trace for trace in traces if trace["x"] or trace is traces[1]],  # one at least, or it is no figure
        "layout": {
            **base_layout(theme, LINE),
            "xaxis": {**axis, "range": [low - room, high + room], "ticksuffix": suffix},
            "yaxis": {**axis, "range": [0, tallest], "showticklabels": False, "showgrid": False},
        },
    }


@dataclass(frozen=True)
class CurveQuestion:
    """Describe the question for a point of a curve of quality over sparsity.

    at: the sparsity for which it asks, 0 to 1; metric: by what quality is judged.
    low, high, unit: of what can be guessed, as the curve's axis has it.
    """

    at: float
    metric: str
    low: float
    high: float
    unit: str


def guess_curve(
    asked: CurveQuestion,
    values: Sequence[float],
    labels: tuple[str, str, str],
    mine: float | None = None,
    truth: tuple[float, float] | None = None,
    points: Sequence[PlanResult] = (),
    dense: Quality | None = None,
    theme: str = "light",
) -> dict[str, Any]:
    """Draw guesses as dots at their height, at the sparsity that was asked for, on the axes of the curve.

    labels: what the dots, one's own dot and the truth are called; mine: one's own guess, which is among the values.
    truth: sparsity, 0 to 1, and what was measured there, in the unit of the guesses; points, dense: of the curve. Leave
    them out as long as nobody is to see them.
    """
    drawn = sparsity_curve(points, dense, theme=theme)
    traces = [{**trace, "showlegend": "name" in trace} for trace in drawn["data"] if trace["x"]]
    others = sorted(values)
    if mine is not None and mine in others:
        others.remove(mine)
    own = [] if mine is None else [mine]
    # Dots of nearly the same height stand in a row, which begins at the sparsity and goes to where there is room.
    places = _places_in_rows([*own, *others], DOT * (asked.high - asked.low))
    step = min(ASIDE, ROW / max(places, default=1)) if any(places) else ASIDE
    across = [100 * asked.at + (-step if asked.at > 0.5 else step) * place for place in places]
    for name, shown, x, look in (
        (labels[0], others, across[len(own) :], {"symbol": "circle", "size": 12}),
        (labels[1], own, across[: len(own)], {"symbol": "diamond", "size": 16}),
    ):
        if shown or name == labels[0]:  # one at least, or it is no figure
            said = [f"{value:g} {plain_label(asked.unit)}" for value in shown]
            traces.append(_marks(name, x, shown, said, {"color": KEPT, **look}, theme))
    if truth is not None:
        said = [f"{truth[1]:.1f} {plain_label(asked.unit)}"]
        star = {"color": TUNED, "symbol": "star", "size": 18}
        traces.append(_marks(labels[2], [100 * truth[0]], [truth[1]], said, star, theme))
    room = 0.02 * (asked.high - asked.low)
    # The axis is there before any point of the curve is.
    guessed = {**base_axis(theme), "range": [asked.low - room, asked.high + room]}
    axis = drawn["layout"]["yaxis"] if METRICS[asked.metric].share else guessed
    line = {"color": REMOVED, "width": 1.5, "dash": "dot"}
    here = {"type": "line", "x0": 100 * asked.at, "x1": 100 * asked.at, "yref": "paper", "y0": 0, "y1": 1, "line": line}
    layout = {
        **base_layout(theme, CURVE),
        "xaxis": drawn["layout"]["xaxis"],
        "yaxis": {**axis, "title": {"text": as_text(asked.metric)}},
    }
    return {"data": traces, "layout": {**layout, "shapes": [{**here, "layer": "below"}]}}


def _places_in_rows(heights: Sequence[float], apart: float) -> list[int]:
    """Return for each dot the first place of its row, from 0, at which it covers none of those before it."""
    columns: list[list[float]] = []
    places = []
    for height in heights:
        for place in itertools.count():
            if place == len(columns):
                columns.append([])
            if all(abs(height - other) >= apart for other in columns[place]):
                columns[place].append(height)
                places.append(place)
                break
    return places


def _marks(
    name: str, x: Sequence[float], y: Sequence[float], said: Sequence[str], look: dict[str, Any], theme: str
) -> dict[str, Any]:
    marker = {**look, "line": {"color": INK[theme], "width": 1}}
    hover = "%{text}<extra></extra>"
    trace = {"type": "scatter", "mode": "markers", "name": plain_label(name), "x": list(x), "y": list(y)}
    return {**trace, "text": list(said), "marker": marker, "cliponaxis": False, "hovertemplate": hover}


def option_bars(
    options: Sequence[str],
    counts: Sequence[int],
    labels: tuple[str, str],
    mine: int | None = None,
    right: Collection[int] = (),
    theme: str = "light",
) -> dict[str, Any]:
    """Draw how many chose each option, the first on top.

    labels: what one's own option and a right one are called beside their text, so that colour says nothing alone.
    mine, right: places of one's own option, and of the right ones once they are to be seen: several where what was
        measured does not tell them apart.
    """
    named = []
    for place, option in enumerate(options):
        marks = [label for label, said in zip(labels, (place == mine, place in right), strict=True) if said]
        lines = textwrap.wrap(option, WIDEST) or [""]
        text = "<br>".join(plain_label(line) for line in lines)
        named.append(f"{text}<br><b>{plain_label(', '.join(marks))}</b>" if marks else text)
    colours = [TUNED if place in right else (REMOVED if right else KEPT) for place in range(len(options))]
    shapes = ["" if not right or place in right else "/" for place in range(len(options))]
    axis, places = base_axis(theme), list(range(len(options)))
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": list(counts),
        "y": places,
        "text": [str(count) for count in counts],
        "textposition": "outside",
        "cliponaxis": False,
        "marker": {"color": colours, "pattern": {"shape": shapes}},
        "hoverinfo": "skip",
    }
    across = {**axis, "range": [0, max([*counts, 4]) * 1.1], "showticklabels": False, "showgrid": False}
    down = {**axis, "range": [len(options) - 0.5, -0.5], "tickvals": places, "ticktext": named, "automargin": True}
    layout = base_layout(theme, AROUND + round(1.4 * BAR * len(options)))
    layout |= {"margin": {"l": 20, "r": 30, "t": 10, "b": 10}, "showlegend": False}
    return {"data": [bars], "layout": {**layout, "xaxis": across, "yaxis": {**down, "showgrid": False}}}


@dataclass(frozen=True)
class BoardPoint:
    """Hold one line of a board: who, the figure with its range, in the unit of the axis, and whether it counts."""

    name: str
    value: float
    low: float
    high: float
    counts: bool


def board_chart(points: Sequence[BoardPoint], unit: str, theme: str = "light") -> dict[str, Any]:
    """Draw who stands where with the range of each, the first on top; what does not keep to the rules is hollow."""
    axis, places = base_axis(theme), list(range(len(points)))
    names = [plain_label(textwrap.shorten(each.name, 34, placeholder="…")) for each in points]
    dots = {
        "type": "scatter",
        "mode": "markers",
        "x": [each.value for each in points],
        "y": places,
        "marker": {
            "size": 12,
            "color": PRUNED,
            "symbol": ["circle" if each.counts else "circle-open" for each in points],
        },
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [each.high - each.value for each in points],
            "arrayminus": [each.value - each.low for each in points],
            "thickness": 2,
        },
        "hovertemplate": f"%{{x:.2f}} {plain_label(unit)}<extra></extra>",
    }
    layout = base_layout(theme, AROUND + BAR * len(points))
    layout |= {"showlegend": False, "margin": {"l": 20, "r": 24, "t": 10, "b": 44}}
    down = {**axis, "range": [len(points) - 0.5, -0.5], "tickvals": places, "ticktext": names, "automargin": True}
    across = {**axis, "title": {"text": plain_label(unit)}}
    return {"data": [dots], "layout": {**layout, "xaxis": across, "yaxis": {**down, "showgrid": False}}}
