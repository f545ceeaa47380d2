"""How a network learns: training and validation together, and what came of it class by class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.charts.look import GRID, INK, PRUNED, TUNED
from core.measure import Quality


@dataclass(frozen=True)
class Look:
    """One look at a network on its way: optimiser step, quality on validation and on training data, sparsity."""

    step: int
    quality: Quality
    train: Quality
    sparsity: float


def learning(looks: Sequence[Look], of: int, dense: Quality, theme: str = "light") -> dict[str, Any]:
    """Draw validation (solid) and training (dotted) quality over optimiser steps, and the dense model as a line."""
    x = [look.step for look in looks]
    lines = (
        ("validation", [100 * look.quality.value for look in looks], {"color": TUNED, "width": 3}, "circle"),
        (
            "training",
            [100 * look.train.value for look in looks],
            {"color": INK[theme], "width": 2, "dash": "dot"},
            "square",
        ),
    )
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "name": name,
            "x": x,
            "y": y,
            "mode": "lines+markers",
            "line": line,
            "marker": {"size": 7, "symbol": symbol, "color": line["color"]},
            "hovertemplate": f"{name}: %{{y:.1f}} % after %{{x}} steps<extra></extra>",
        }
        for name, y, line, symbol in lines
    ]
    traces.append(
        {
            "type": "scatter",
            "name": "sparsity",
            "x": x,
            "y": [100 * look.sparsity for look in looks],
            "mode": "lines",
            "line": {"color": PRUNED, "width": 1.5, "dash": "dash", "shape": "hv"},
            "hovertemplate": "%{y:.1f} % removed<extra></extra>",
        }
    )
    traces.append(
        {
            "type": "scatter",
            "name": "dense",
            "x": [0, of],
            "y": [100 * dense.value] * 2,
            "mode": "lines",
            "line": {"color": INK[theme], "width": 1},
            "hovertemplate": "dense: %{y:.1f} %<extra></extra>",
        }
    )
    axis = _axis(theme)
    return {
        "data": traces,
        "layout": {
            **_layout(theme, 300),
            "xaxis": {**axis, "range": [0, of * 1.02], "title": {"text": "optimiser steps"}},
            "yaxis": {**axis, "range": [0, 102], "ticksuffix": " %", "title": {"text": dense.metric.lower()}},
        },
    }


def over_fitting(looks: Sequence[Look]) -> int | None:
    """Return the step from which training and validation part, or None.

    They part where validation stops rising for good while training goes on: the best validation figure, if a later
    training figure lies above its interval and the last validation figure below the best one.
    """
    if len(looks) < 3:
        return None
    best = max(looks, key=lambda look: look.quality.value)
    later = [look for look in looks if look.step > best.step]
    if later and later[-1].quality.value < best.quality.value and later[-1].train.value > best.train.high:
        return best.step
    return None


def by_class(stages: Mapping[str, Mapping[str, Quality]], theme: str = "light") -> dict[str, Any]:
    """Draw recall of each class as dots with intervals, one row a class: dense, pruned and fine-tuned."""
    colours = {"Dense": INK[theme], "Pruned": PRUNED, "Fine-tuned": TUNED}
    symbols = {"Dense": "line-ns-open", "Pruned": "circle", "Fine-tuned": "diamond"}
    traces = []
    for stage, recalls in stages.items():
        values = [100 * q.value for q in recalls.values()]
        traces.append(
            {
                "type": "scatter",
                "name": stage.lower(),
                "x": values,
                "y": list(recalls),
                "mode": "markers",
                "marker": {"size": 11, "color": colours[stage], "symbol": symbols[stage], "line": {"width": 2}},
                "error_x": {
                    "type": "data",
                    "symmetric": False,
                    "array": [100 * q.high - v for q, v in zip(recalls.values(), values, strict=True)],
                    "arrayminus": [v - 100 * q.low for q, v in zip(recalls.values(), values, strict=True)],
                    "thickness": 1,
                    "width": 0,
                    "color": colours[stage],
                },
                "hovertemplate": f"%{{y}}, {stage.lower()}: %{{x:.1f}} %<extra></extra>",
            }
        )
    axis = _axis(theme)
    return {
        "data": traces,
        "layout": {
            **_layout(theme, 340),
            "xaxis": {**axis, "range": [-2, 102], "ticksuffix": " %", "title": {"text": "named rightly (recall)"}},
            "yaxis": {**axis, "autorange": "reversed", "automargin": True},
        },
    }


def _axis(theme: str) -> dict[str, Any]:
    return {
        "gridcolor": GRID[theme],
        "zeroline": False,
        "color": INK[theme],
        "fixedrange": True,
        "ticklabelstandoff": 4,
    }


def _layout(theme: str, height: int) -> dict[str, Any]:
    return {
        "height": height,
        "margin": {"l": 60, "r": 24, "t": 34, "b": 44},
        "showlegend": True,
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"color": INK[theme]}},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": INK[theme], "size": 12, "family": "Source Sans, sans-serif"},
        "uirevision": "same",
        "dragmode": False,
    }
