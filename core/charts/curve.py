"""Quality over sparsity: the curve that a slider walks along."""

from collections.abc import Sequence
from typing import Any

from core.charts.style import (
    INK,
    PRUNED,
    REPAIRED,
    TUNED,
    base_axis,
    base_layout,
    display_scale,
    hover_format,
    sparsity_axis,
    value_axis,
)
from core.experiment import STAGE_NAMES
from core.language import as_text, text
from core.measure import PlanResult, Quality


def sparsity_curve(
    points: Sequence[PlanResult],
    dense: Quality | None,
    here: tuple[float, Quality] | None = None,
    tuned: tuple[float, Quality] | None = None,
    theme: str = "light",
    repaired: Sequence[PlanResult] = (),
) -> dict[str, Any]:
    """Draw quality, in its own unit, over sparsity in percent, with the 95 % interval as a band.

    points: of a sweep, in any order; dense: the unpruned model, a line across;
    here: sparsity and quality of the current choice; tuned: the same after a fine-tune.
    repaired: points of a sweep whose networks were repaired, a second curve.
    """
    shown = [*(point.quality for point in points), *([dense] if dense else [])]
    scale, suffix = display_scale(shown), hover_format(shown)
    ordered = sorted(points, key=lambda point: point.sparsity)
    traces = [_band(ordered, scale), _line(ordered, scale, suffix) | {"showlegend": bool(repaired)}]
    if repaired:
        traces.append(_repaired_line(sorted(repaired, key=lambda point: point.sparsity), scale, suffix))
    if dense:
        traces.append(_line_across(dense, INK[theme], scale, suffix))
    if here:
        traces.append(_mark(here, text("here"), PRUNED, "circle", "bottom left", INK[theme], scale, suffix))
    if tuned:
        traces.append(_mark(tuned, STAGE_NAMES["fine-tuned"], TUNED, "diamond", "top left", INK[theme], scale, suffix))
    metric = as_text(shown[0].metric if shown else "Accuracy")
    layout = base_layout(theme, 223) | {
        "margin": {"l": 60, "r": 24, "t": 8, "b": 44},
        "showlegend": bool(repaired),
        "legend": {"x": 0.02, "y": 0.04, "xanchor": "left", "yanchor": "bottom", "bgcolor": "rgba(0,0,0,0)"},
        "xaxis": sparsity_axis(theme, text("weights removed (sparsity)")),
        "yaxis": {**base_axis(theme), **value_axis(shown), "title": {"text": metric}},
    }
    return {"data": traces, "layout": layout}


def _band(ordered: Sequence[PlanResult], scale: float) -> dict[str, Any]:
    x = [100 * point.sparsity for point in ordered]
    upper = [scale * point.quality.high for point in ordered]
    lower = [scale * point.quality.low for point in reversed(ordered)]
    return {
        "type": "scatter",
        "x": x + x[::-1],
        "y": upper + lower,
        "fill": "toself",
        "mode": "lines",
        "fillcolor": "rgba(213,94,0,0.15)",
        "line": {"width": 0},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _line(ordered: Sequence[PlanResult], scale: float, suffix: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": STAGE_NAMES["pruned"],
        "x": [100 * point.sparsity for point in ordered],
        "y": [scale * point.quality.value for point in ordered],
        "mode": "lines+markers",
        "line": {"color": PRUNED, "width": 2},
        "marker": {"size": 5, "color": PRUNED},
        "hovertemplate": text("{x} % removed: {y}<extra></extra>", x="%{x:.1f}", y=f"%{{y{suffix}"),
        "showlegend": False,
    }


def _repaired_line(ordered: Sequence[PlanResult], scale: float, suffix: str) -> dict[str, Any]:
    """Draw the second curve, dashed and with squares, so that colour is not all that tells the two apart."""
    line = _line(ordered, scale, suffix)
    return line | {
        "name": STAGE_NAMES["repaired"],
        "line": {"color": REPAIRED, "width": 2, "dash": "dash"},
        "marker": {"size": 6, "color": REPAIRED, "symbol": "square"},
        "showlegend": True,
    }


def _line_across(dense: Quality, colour: str, scale: float, suffix: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": STAGE_NAMES["dense"],
        "x": [0, 100],
        "y": [scale * dense.value] * 2,
        "mode": "lines",
        "line": {"color": colour, "width": 1.5, "dash": "dot"},
        "showlegend": False,
        "hovertemplate": text("dense: {y}<extra></extra>", y=f"%{{y{suffix}"),
    }


def _mark(
    place: tuple[float, Quality], name: str, colour: str, symbol: str, side: str, edge: str, scale: float, suffix: str
) -> dict[str, Any]:
    sparsity, quality = place
    return {
        "type": "scatter",
        "name": name,
        "x": [100 * sparsity],
        "y": [scale * quality.value],
        "mode": "markers+text",
        "showlegend": False,
        "text": [name],
        "textposition": side,
        "marker": {"color": colour, "symbol": symbol, "size": 13, "line": {"color": edge, "width": 1.5}},
        "hovertemplate": text("{name}: {x} % removed, {y}<extra></extra>", name=name, x="%{x:.1f}", y=f"%{{y{suffix}"),
    }
