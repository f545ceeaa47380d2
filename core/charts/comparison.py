"""Networks side by side: quality relative to dense, over sparsity."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.charts.style import (
    INK,
    SERIES_COLOURS,
    SERIES_SYMBOLS,
    base_layout,
    error_bars,
    relative_axis,
    sparsity_axis,
)
from core.language import text
from core.measure.comparison import NetworkCurves, Point

DIAMONDS = (
    "diamond",
    "diamond-open",
    "diamond-tall",
    "diamond-wide",
    "diamond-dot",
    "diamond-tall-open",
    "diamond-wide-open",
)
"""Marks after a fine-tune, one a network."""


def comparison_chart(curves: Mapping[str, NetworkCurves], tolerance: float, theme: str = "light") -> dict[str, Any]:
    """Draw each network: solid as pruned, dotted with diamonds after a fine-tune, with 95 % intervals.

    Colours and marks stand for networks here, not for stages. A line across marks what the tolerance, 0 to 1, still
    allows.
    """
    traces: list[dict[str, Any]] = []
    for number, network in enumerate(curves.values()):
        colour = SERIES_COLOURS[number % len(SERIES_COLOURS)] or INK[theme]
        mark, diamond = SERIES_SYMBOLS[number % len(SERIES_SYMBOLS)], DIAMONDS[number % len(DIAMONDS)]
        traces.append(_line(network.title, network.pruned, {"color": colour, "width": 2.5}, mark, True))
        if network.tuned:
            line = {"color": colour, "width": 1.5, "dash": "dot"}
            traces.append(_line(text("{title}, fine-tuned", title=network.title), network.tuned, line, diamond, False))
    lowest = 100 * (1 - tolerance)
    across = {"type": "line", "x0": -1, "x1": 101, "y0": lowest, "y1": lowest}
    return {
        "data": traces,
        "layout": {
            **base_layout(theme, 420),
            "xaxis": sparsity_axis(theme, text("weights removed")),
            "yaxis": relative_axis(theme),
            "shapes": [{**across, "line": {"color": INK[theme], "width": 1, "dash": "dash"}}],
        },
    }


def _line(name: str, points: Sequence[Point], line: dict[str, Any], symbol: str, legend: bool) -> dict[str, Any]:
    ordered = sorted(points, key=lambda point: point[0])
    return {
        "type": "scatter",
        "name": name,
        "x": [100 * sparsity for sparsity, _ in ordered],
        "y": [100 * quality.value for _, quality in ordered],
        "mode": "lines+markers",
        "line": line,
        "marker": {"size": 7 if legend else 10, "symbol": symbol, "color": line["color"]},
        "error_y": error_bars([quality for _, quality in ordered], 100),
        "showlegend": legend,
        "hovertemplate": text(
            "{name}: {x} % removed, {y} % of dense<extra></extra>", name=name, x="%{x:.1f}", y="%{y:.1f}"
        ),
    }
