"""A plan beside chance: quality over how much is removed by either."""

from collections.abc import Sequence
from typing import Any

from core.charts.style import (
    INK,
    PRUNED,
    REMOVED,
    base_axis,
    base_layout,
    display_scale,
    error_bars,
    hover_format,
    value_axis,
)
from core.language import as_text, text
from core.quality import Quality


def curve_beside_chance(
    plan: Sequence[tuple[float, Quality]],
    chance: Sequence[tuple[float, Quality]],
    dense: Quality,
    theme: str = "light",
) -> dict[str, Any]:
    """Draw (sparsity, quality) of a plan and of chance with 95 % intervals, and the dense network as a line across."""
    shown = [quality for _, quality in (*plan, *chance)]
    scale, suffix = display_scale(shown), hover_format(shown)
    traces = []
    lines = (
        (text("this plan"), plan, PRUNED, "solid", "circle"),
        (text("by chance"), chance, REMOVED, "dash", "x"),
    )
    for name, points, colour, dash, symbol in lines:
        ordered = sorted(points, key=lambda point: point[0])
        traces.append(
            {
                "type": "scatter",
                "name": name,
                "x": [100 * sparsity for sparsity, _ in ordered],
                "y": [scale * quality.value for _, quality in ordered],
                "mode": "lines+markers",
                "line": {"color": colour, "width": 2, "dash": dash},
                "marker": {"size": 7, "symbol": symbol, "color": colour},
                "error_y": error_bars([quality for _, quality in ordered], scale),
                "hovertemplate": text(
                    "{name}: {y} at {x} %<extra></extra>", name=name, y=f"%{{y{suffix}", x="%{x:.1f}"
                ),
            }
        )
    axis = base_axis(theme)
    line = {"color": INK[theme], "width": 1, "dash": "dot"}
    across = {"type": "line", "x0": 0, "x1": 101, "y0": scale * dense.value, "y1": scale * dense.value, "line": line}
    return {
        "data": traces,
        "layout": {
            **base_layout(theme, 360),
            "xaxis": {**axis, "range": [0, 101], "ticksuffix": " %", "title": {"text": text("weights removed")}},
            "yaxis": {**axis, **value_axis(shown), "title": {"text": as_text(shown[0].metric) if shown else ""}},
            "shapes": [across],
        },
    }
