"""Accuracy over sparsity: the curve that a slider walks along."""

from collections.abc import Sequence
from typing import Any

from core.charts.style import GRID, INK, PRUNED, TUNED, scale_of, span_of, suffix_of
from core.measure import PlanResult, Quality


def curve(
    points: Sequence[PlanResult],
    dense: Quality | None,
    here: tuple[float, Quality] | None = None,
    tuned: tuple[float, Quality] | None = None,
    theme: str = "light",
) -> dict[str, Any]:
    """Draw quality, in its own unit, over sparsity in percent, with the 95 % interval as a band.

    points: of a sweep, in any order; dense: the unpruned model, a line across;
    here: sparsity and quality of the current choice; tuned: the same after a fine-tune.
    """
    shown = [*(point.quality for point in points), *([dense] if dense else [])]
    scale, suffix = scale_of(shown), suffix_of(shown)
    ordered = sorted(points, key=lambda point: point.sparsity)
    x = [100 * p.sparsity for p in ordered]
    band = [scale * p.quality.high for p in ordered] + [scale * p.quality.low for p in reversed(ordered)]
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "x": x + x[::-1],
            "y": band,
            "fill": "toself",
            "mode": "lines",
            "fillcolor": "rgba(213,94,0,0.15)",
            "line": {"width": 0},
            "hoverinfo": "skip",
            "showlegend": False,
        },
        {
            "type": "scatter",
            "name": "pruned",
            "x": x,
            "y": [scale * p.quality.value for p in ordered],
            "mode": "lines+markers",
            "line": {"color": PRUNED, "width": 2},
            "marker": {"size": 5, "color": PRUNED},
            "hovertemplate": f"%{{x:.1f}} % removed: %{{y{suffix}<extra></extra>",
            "showlegend": False,
        },
    ]
    if dense:
        traces.append(_line_across(dense, INK[theme], scale, suffix))
    if here:
        traces.append(_mark(here, "here", PRUNED, "bottom left", INK[theme], scale, suffix))
    if tuned:
        traces.append(_mark(tuned, "fine-tuned", TUNED, "top left", INK[theme], scale, suffix))
    metric = shown[0].metric if shown else "Accuracy"
    axis = {
        "gridcolor": GRID[theme],
        "zeroline": False,
        "color": INK[theme],
        "fixedrange": True,
        "ticklabelstandoff": 4,
    }
    layout = {
        "height": 255,
        "margin": {"l": 60, "r": 24, "t": 8, "b": 44},
        "showlegend": False,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": INK[theme], "size": 12, "family": "Source Sans, sans-serif"},
        "xaxis": {
            **axis,
            "range": [-1, 101],
            "dtick": 20,
            "ticksuffix": " %",
            "title": {"text": "weights removed (sparsity)"},
        },
        "yaxis": {**axis, **span_of(shown), "title": {"text": metric}},
        "uirevision": "same",
        "dragmode": False,
    }
    return {"data": traces, "layout": layout}


def _line_across(dense: Quality, colour: str, scale: float, suffix: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": "dense",
        "x": [0, 100],
        "y": [scale * dense.value] * 2,
        "mode": "lines",
        "line": {"color": colour, "width": 1.5, "dash": "dot"},
        "hovertemplate": f"dense: %{{y{suffix}<extra></extra>",
    }


def _mark(
    place: tuple[float, Quality], name: str, colour: str, side: str, edge: str, scale: float, suffix: str
) -> dict[str, Any]:
    sparsity, quality = place
    return {
        "type": "scatter",
        "name": name,
        "x": [100 * sparsity],
        "y": [scale * quality.value],
        "mode": "markers+text",
        "text": [name],
        "textposition": side,
        "marker": {"color": colour, "size": 13, "line": {"color": edge, "width": 1.5}},
        "hovertemplate": f"{name}: %{{x:.1f}} % removed, %{{y{suffix}<extra></extra>",
    }
