"""How networks hold up on shifted data: one small picture a kind of shift, the networks as lines over its strength."""

from collections.abc import Sequence
from typing import Any

from core.charts.learning import base_axis, base_layout
from core.charts.style import INK, PRUNED, TUNED, error_bars, scale_of, span_of, suffix_of
from core.measure.robustness import ShiftResult

COLUMNS = 3


def robust(found: Sequence[ShiftResult], theme: str = "light") -> dict[str, Any]:
    """Draw quality over the strength of each shift, with 95 % intervals; strength 0 is the data as it is."""
    colours = {"Dense": INK[theme], "Pruned": PRUNED, "Fine-tuned": TUNED}
    kinds = list(dict.fromkeys(held.kind for held in found))
    stages = list(dict.fromkeys(held.stage for held in found))
    shown = [held.quality for held in found]
    scale, suffix = scale_of(shown), suffix_of(shown)
    rows = -(-len(kinds) // COLUMNS) or 1
    layout: dict[str, Any] = {**base_layout(theme, 60 + 210 * rows), "annotations": []}
    traces: list[dict[str, Any]] = []
    axis = base_axis(theme)
    columns = min(len(kinds), COLUMNS) or 1
    for number, kind in enumerate(kinds):
        row, column = divmod(number, COLUMNS)
        left, right = (column + 0.06) / columns, (column + 0.96) / columns
        top, bottom = 1 - (row + 0.12) / rows, 1 - (row + 0.80) / rows
        name = "" if number == 0 else str(number + 1)
        layout[f"xaxis{name}"] = {
            **axis,
            "domain": [left, right],
            "anchor": f"y{name}",
            "range": [-0.3, 5.3],
            "dtick": 1,
        }
        layout[f"yaxis{name}"] = {**axis, **span_of(shown), "domain": [bottom, top], "anchor": f"x{name}"}
        layout["annotations"].append(
            {
                "text": kind,
                "x": left,
                "y": top,
                "xref": "paper",
                "yref": "paper",
                "xanchor": "left",
                "yanchor": "bottom",
                "showarrow": False,
                "font": {"color": INK[theme], "size": 13},
            }
        )
        for stage in stages:
            line = sorted((h for h in found if h.kind == kind and h.stage == stage), key=lambda h: h.strength)
            values = [scale * held.quality.value for held in line]
            traces.append(
                {
                    "type": "scatter",
                    "name": stage.lower(),
                    "x": [held.strength for held in line],
                    "y": values,
                    "xaxis": f"x{name}",
                    "yaxis": f"y{name}",
                    "mode": "lines+markers",
                    "line": {"color": colours[stage], "width": 2, "dash": "dot" if stage == "Dense" else "solid"},
                    "showlegend": number == 0,
                    "error_y": error_bars([held.quality for held in line], scale),
                    "hovertemplate": f"{kind}, {stage.lower()}, strength %{{x}}: %{{y{suffix}<extra></extra>",
                }
            )
    return {"data": traces, "layout": layout}
