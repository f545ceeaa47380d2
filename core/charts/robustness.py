"""How networks hold up on shifted data: one small picture a kind of shift, the networks as lines over its strength."""

from collections.abc import Sequence
from typing import Any

from core.charts.style import (
    INK,
    STAGE_COLOURS,
    base_axis,
    base_layout,
    display_scale,
    error_bars,
    hover_format,
    value_axis,
)
from core.experiment import STAGE_NAMES
from core.language import as_text, text
from core.measure.robustness import ShiftResult

COLUMNS = 3
"""Pictures side by side."""


def robustness_chart(found: Sequence[ShiftResult], theme: str = "light") -> dict[str, Any]:
    """Draw quality over the strength of each shift, with 95 % intervals; strength 0 is the data as it is."""
    kinds = list(dict.fromkeys(result.kind for result in found))
    stages = list(dict.fromkeys(result.stage for result in found))
    shown = [result.quality for result in found]
    rows, columns = -(-len(kinds) // COLUMNS) or 1, min(len(kinds), COLUMNS) or 1
    layout: dict[str, Any] = {**base_layout(theme, 60 + 210 * rows), "annotations": []}
    traces: list[dict[str, Any]] = []
    for number, kind in enumerate(kinds):
        row, column = divmod(number, COLUMNS)
        left, right = (column + 0.06) / columns, (column + 0.96) / columns
        top, bottom = 1 - (row + 0.12) / rows, 1 - (row + 0.80) / rows
        name = "" if number == 0 else str(number + 1)
        axis = base_axis(theme)
        across = {"domain": [left, right], "anchor": f"y{name}", "range": [-0.3, 5.3], "dtick": 1}
        layout[f"xaxis{name}"] = {**axis, **across}
        layout[f"yaxis{name}"] = {**axis, **value_axis(shown), "domain": [bottom, top], "anchor": f"x{name}"}
        layout["annotations"].append(_heading(kind, left, top, theme))
        traces += [_line(found, kind, stage, name, number == 0, theme) for stage in stages]
    return {"data": traces, "layout": layout}


def _heading(kind: str, left: float, top: float, theme: str) -> dict[str, Any]:
    return {
        "text": as_text(kind),
        "x": left,
        "y": top,
        "xref": "paper",
        "yref": "paper",
        "xanchor": "left",
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"color": INK[theme], "size": 13},
    }


LOOKS = {
    "Dense": ("dot", "square"),
    "Pruned": ("solid", "circle"),
    "Repaired": ("dashdot", "triangle-up"),
    "Fine-tuned": ("dash", "diamond"),
}
"""Dash and mark of each stage."""


def _line(found: Sequence[ShiftResult], kind: str, stage: str, axes: str, legend: bool, theme: str) -> dict[str, Any]:
    colour = STAGE_COLOURS[stage] or INK[theme]
    dash, symbol = LOOKS[stage]
    points = sorted((r for r in found if r.kind == kind and r.stage == stage), key=lambda result: result.strength)
    figures = [point.quality for point in points]
    scale = display_scale(figures)
    return {
        "type": "scatter",
        "name": STAGE_NAMES[stage.lower()],
        "x": [point.strength for point in points],
        "y": [scale * figure.value for figure in figures],
        "xaxis": f"x{axes}",
        "yaxis": f"y{axes}",
        "mode": "lines+markers",
        "line": {"color": colour, "width": 2, "dash": dash},
        "marker": {"size": 6, "symbol": symbol, "color": colour},
        "showlegend": legend,
        "error_y": error_bars(figures, scale),
        "hovertemplate": text(
            "{kind}, {stage}, strength {x}: {y}<extra></extra>",
            kind=as_text(kind),
            stage=STAGE_NAMES[stage.lower()],
            x="%{x}",
            y=f"%{{y{hover_format(figures)}",
        ),
    }
