"""How a network learns: training and validation together, and what came of it group by group."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.charts.style import (
    INK,
    PRUNED,
    STAGE_COLOURS,
    TUNED,
    base_axis,
    base_layout,
    display_scale,
    error_bars,
    hover_format,
    value_axis,
)
from core.experiment import STAGE_NAMES
from core.language import as_text, text
from core.measure import Look, Quality


def learning_chart(looks: Sequence[Look], of: int, dense: Quality, theme: str = "light") -> dict[str, Any]:
    """Draw validation (solid) and training (dotted) quality over optimiser steps, and the dense model as a line.

    of: how many steps the run takes in all, where the axis ends.
    """
    shown = [dense, *(look.quality for look in looks), *(look.train for look in looks)]
    validation, training = [look.quality for look in looks], [look.train for look in looks]
    traces = [
        _quality_line(text("validation"), looks, validation, {"color": TUNED, "width": 3}, "circle"),
        _quality_line(text("training"), looks, training, {"color": INK[theme], "width": 2, "dash": "dot"}, "square"),
        _sparsity_line(looks),
        _dense_line(dense, of, theme),
    ]
    axis = base_axis(theme)
    return {
        "data": traces,
        "layout": {
            **base_layout(theme, 300),
            "margin": {"l": 60, "r": 76, "t": 34, "b": 44},
            "xaxis": {**axis, "range": [0, of * 1.02], "title": {"text": text("optimiser steps")}},
            "yaxis": {**axis, **value_axis(shown), "title": {"text": as_text(dense.metric)}},
            "yaxis2": {
                **axis,
                "range": [0, 102],
                "ticksuffix": " %",
                "title": {"text": text("removed")},
                "overlaying": "y",
                "side": "right",
                "showgrid": False,
            },
        },
    }


def _quality_line(
    name: str, looks: Sequence[Look], figures: Sequence[Quality], line: Mapping[str, Any], symbol: str
) -> dict[str, Any]:
    scale = display_scale(figures)
    return {
        "type": "scatter",
        "name": name,
        "x": [look.step for look in looks],
        "y": [scale * figure.value for figure in figures],
        "mode": "lines+markers",
        "line": line,
        "marker": {"size": 7, "symbol": symbol, "color": line["color"]},
        "hovertemplate": text(
            "{name}: {y} after {x} steps<extra></extra>", name=name, y=f"%{{y{hover_format(figures)}", x="%{x}"
        ),
    }


def _sparsity_line(looks: Sequence[Look]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": text("sparsity"),
        "x": [look.step for look in looks],
        "y": [100 * look.sparsity for look in looks],
        "yaxis": "y2",
        "mode": "lines",
        "line": {"color": PRUNED, "width": 1.5, "dash": "dash", "shape": "hv"},
        "hovertemplate": text("%{y:.1f} % removed<extra></extra>"),
    }


def _dense_line(dense: Quality, of: int, theme: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": STAGE_NAMES["dense"],
        "x": [0, of],
        "y": [display_scale([dense]) * dense.value] * 2,
        "mode": "lines",
        "line": {"color": INK[theme], "width": 1, "dash": "longdashdot"},
        "hovertemplate": text("dense: {y}<extra></extra>", y=f"%{{y{hover_format([dense])}"),
    }


def group_chart(stages: Mapping[str, Mapping[str, Quality]], theme: str = "light") -> dict[str, Any]:
    """Draw the quality of each group as dots with intervals, one row a group: dense, pruned and fine-tuned."""
    colours = {stage: colour or INK[theme] for stage, colour in STAGE_COLOURS.items()}
    symbols = {"Dense": "line-ns-open", "Pruned": "circle", "Repaired": "triangle-up", "Fine-tuned": "diamond"}
    shown = [quality for groups in stages.values() for quality in groups.values()]
    scale, suffix = display_scale(shown), hover_format(shown)
    traces = [
        {
            "type": "scatter",
            "name": STAGE_NAMES[stage.lower()],
            "x": [scale * quality.value for quality in groups.values()],
            "y": list(groups),
            "mode": "markers",
            "marker": {"size": 11, "color": colours[stage], "symbol": symbols[stage], "line": {"width": 2}},
            "error_x": error_bars(list(groups.values()), scale, color=colours[stage]),
            "hovertemplate": text(
                "{group}, {stage}: {x}<extra></extra>",
                group="%{y}",
                stage=STAGE_NAMES[stage.lower()],
                x=f"%{{x{suffix}",
            ),
        }
        for stage, groups in stages.items()
    ]
    axis = base_axis(theme)
    return {
        "data": traces,
        "layout": {
            **base_layout(theme, 340),
            "xaxis": {**axis, **value_axis(shown), "title": {"text": as_text(shown[0].metric)}},
            "yaxis": {**axis, "autorange": "reversed", "automargin": True},
        },
    }
