"""What a class guesses, as dots above a line or as bars of options, with the truth among them; and its board."""

import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.charts.style import INK, KEPT, PRUNED, REMOVED, TUNED, base_axis, base_layout, plain_label

BINS = 50
"""Places along the line; guesses at one place stand on each other."""

LEAST_ROWS = 6
"""Dots on each other for which there is room at least, so that the first ones do not jump about."""

LINE, BAR, AROUND = 300, 44, 96
"""Pixels: height of the line's picture; of a bar; and what is above and below all bars."""

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
        marker = {**look, "line": {"color": INK[theme], "width": 1}}
        hover = "%{text}<extra></extra>"
        trace = {"type": "scatter", "mode": "markers", "name": plain_label(name), "x": x, "y": y, "text": said}
        traces.append({**trace, "marker": marker, "hovertemplate": hover})
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


def option_bars(
    options: Sequence[str],
    counts: Sequence[int],
    labels: tuple[str, str],
    mine: int | None = None,
    right: int | None = None,
    theme: str = "light",
) -> dict[str, Any]:
    """Draw how many chose each option, the first on top.

    labels: what one's own option and the right one are called beside their text, so that colour says nothing alone.
    mine, right: places of one's own option, and of the right one once it is to be seen.
    """
    named = []
    for place, option in enumerate(options):
        marks = [label for label, at in zip(labels, (mine, right), strict=True) if at == place]
        lines = textwrap.wrap(option, WIDEST) or [""]
        text = "<br>".join(plain_label(line) for line in lines)
        named.append(f"{text}<br><b>{plain_label(', '.join(marks))}</b>" if marks else text)
    colours = [TUNED if place == right else (KEPT if right is None else REMOVED) for place in range(len(options))]
    shapes = ["" if right is None or place == right else "/" for place in range(len(options))]
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
