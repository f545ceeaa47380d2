"""How a network learns: training and validation together, and what came of it class by class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.charts.style import GRID, INK, PRUNED, TUNED, error_bars, scale_of, span_of, suffix_of
from core.measure import Quality
from core.measure.statistics import fell_for_certain


@dataclass(frozen=True)
class Look:
    """One look at a network on its way: optimiser step, quality on validation and on training data, sparsity.

    glance: quality on the validation examples that every look has seen.
    """

    step: int
    quality: Quality
    train: Quality
    sparsity: float
    glance: Quality | None = None


def learning(looks: Sequence[Look], of: int, dense: Quality, theme: str = "light") -> dict[str, Any]:
    """Draw validation (solid) and training (dotted) quality over optimiser steps, and the dense model as a line."""
    shown = [dense, *(look.quality for look in looks), *(look.train for look in looks)]
    scale, suffix = scale_of(shown), suffix_of(shown)
    x = [look.step for look in looks]
    lines = (
        ("validation", [scale * look.quality.value for look in looks], {"color": TUNED, "width": 3}, "circle"),
        (
            "training",
            [scale * look.train.value for look in looks],
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
            "hovertemplate": f"{name}: %{{y{suffix} after %{{x}} steps<extra></extra>",
        }
        for name, y, line, symbol in lines
    ]
    traces.append(
        {
            "type": "scatter",
            "name": "sparsity",
            "x": x,
            "y": [100 * look.sparsity for look in looks],
            "yaxis": "y2",
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
            "y": [scale * dense.value] * 2,
            "mode": "lines",
            "line": {"color": INK[theme], "width": 1},
            "hovertemplate": f"dense: %{{y{suffix}<extra></extra>",
        }
    )
    axis = base_axis(theme)
    return {
        "data": traces,
        "layout": {
            **base_layout(theme, 300),
            "margin": {"l": 60, "r": 76, "t": 34, "b": 44},
            "xaxis": {**axis, "range": [0, of * 1.02], "title": {"text": "optimiser steps"}},
            "yaxis": {**axis, **span_of(shown), "title": {"text": dense.metric}},
            "yaxis2": {
                **axis,
                "range": [0, 102],
                "ticksuffix": " %",
                "title": {"text": "removed"},
                "overlaying": "y",
                "side": "right",
                "showgrid": False,
            },
        },
    }


def over_fitting(looks: Sequence[Look]) -> int | None:
    """Return the step from which training and validation part, or None where that may be chance.

    They part where validation falls for certain from an earlier look to the last one, on the same examples, while
    training is not worse at the end; sparsity is the same at both. A network whose validation does not fall is flagged
    at most once in twenty runs.
    """
    last = looks[-1] if looks else None
    if last is None or last.glance is None:
        return None
    earlier = [look for look in looks[:-1] if look.glance is not None and abs(look.sparsity - last.sparsity) < 1e-6]
    place = fell_for_certain([look.glance for look in earlier], last.glance)
    if place is None:
        return None
    best = earlier[place]
    return None if best.train.better_than(last.train) else best.step


def by_class(stages: Mapping[str, Mapping[str, Quality]], theme: str = "light") -> dict[str, Any]:
    """Draw the quality of each group as dots with intervals, one row a group: dense, pruned and fine-tuned."""
    colours = {"Dense": INK[theme], "Pruned": PRUNED, "Fine-tuned": TUNED}
    symbols = {"Dense": "line-ns-open", "Pruned": "circle", "Fine-tuned": "diamond"}
    shown = [quality for groups in stages.values() for quality in groups.values()]
    scale, suffix = scale_of(shown), suffix_of(shown)
    traces = []
    for stage, recalls in stages.items():
        values = [scale * q.value for q in recalls.values()]
        traces.append(
            {
                "type": "scatter",
                "name": stage.lower(),
                "x": values,
                "y": list(recalls),
                "mode": "markers",
                "marker": {"size": 11, "color": colours[stage], "symbol": symbols[stage], "line": {"width": 2}},
                "error_x": error_bars(list(recalls.values()), scale, color=colours[stage]),
                "hovertemplate": f"%{{y}}, {stage.lower()}: %{{x{suffix}<extra></extra>",
            }
        )
    axis = base_axis(theme)
    return {
        "data": traces,
        "layout": {
            **base_layout(theme, 340),
            "xaxis": {**axis, **span_of(shown), "title": {"text": shown[0].metric}},
            "yaxis": {**axis, "autorange": "reversed", "automargin": True},
        },
    }


def base_axis(theme: str) -> dict[str, Any]:
    """What all axes have in common."""
    return {
        "gridcolor": GRID[theme],
        "zeroline": False,
        "color": INK[theme],
        "fixedrange": True,
        "ticklabelstandoff": 4,
    }


def base_layout(theme: str, height: int) -> dict[str, Any]:
    """What all figures have in common."""
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
