"""Which layers are sensitive: quality by layer and sparsity, as a heat map or as curves."""

from typing import Any

from core.charts.style import (
    INK,
    PAPER,
    PRUNED,
    SERIES_COLOURS,
    SERIES_DASHES,
    SERIES_SYMBOLS,
    base_axis,
    base_layout,
    error_bars,
    relative_axis,
    sparsity_axis,
)
from core.language import text
from core.measure.sensitivity import Sensitivity


def sensitivity_heat_map(scan: Sensitivity, worst: float = 0.0, theme: str = "light") -> dict[str, Any]:
    """Draw quality relative to the dense model, in percent, the most fragile layer on top.

    The darker, the more is lost; each field holds its figure, so that colour is never needed to read it.
    """
    order = scan.by_fragility(worst)
    rows = [[100 * q.relative(scan.dense, worst).value for q in scan.qualities[name]] for name in order]
    axis = base_axis(theme)
    return {
        "data": [
            {
                "type": "heatmap",
                "x": [f"{100 * sparsity:.0f} %" for sparsity in scan.sparsities],
                "y": [name.removesuffix(".weight") for name in order],
                "z": rows,
                "zmin": 0,
                "zmax": 100,
                "colorscale": [[0, PRUNED], [1, PAPER[theme]]],
                "text": [[f"{value:.0f}" for value in row] for row in rows],
                "texttemplate": "%{text}",
                "textfont": {"color": INK[theme]},
                "showscale": False,
                "xgap": 2,
                "ygap": 2,
                "hovertemplate": text("%{y} alone, %{x} of it removed: %{z:.1f} % of the dense quality<extra></extra>"),
            }
        ],
        "layout": {
            **base_layout(theme, 106 + 26 * len(order)),
            "margin": {"l": 60, "r": 24, "t": 34, "b": 60},
            "xaxis": {
                **axis,
                "type": "category",
                "title": {"text": text("removed of this layer alone"), "standoff": 14},
            },
            "yaxis": {**axis, "type": "category", "autorange": "reversed", "automargin": True},
        },
    }


def sensitivity_curves(scan: Sensitivity, worst: float = 0.0, theme: str = "light", most: int = 7) -> dict[str, Any]:
    """Draw the same as curves, one a layer, for the most fragile layers: as many as there are colours."""
    order = scan.by_fragility(worst)[:most]
    traces = []
    for number, name in enumerate(order):
        found = [quality.relative(scan.dense, worst) for quality in scan.qualities[name]]
        colour = SERIES_COLOURS[number % len(SERIES_COLOURS)] or INK[theme]
        traces.append(
            {
                "type": "scatter",
                "name": name.removesuffix(".weight"),
                "x": [100 * sparsity for sparsity in scan.sparsities],
                "y": [100 * quality.value for quality in found],
                "mode": "lines+markers",
                "line": {"color": colour, "width": 2, "dash": SERIES_DASHES[number % len(SERIES_DASHES)]},
                "marker": {"size": 7, "symbol": SERIES_SYMBOLS[number % len(SERIES_SYMBOLS)], "color": colour},
                "error_y": error_bars(found, 100),
                "hovertemplate": text(
                    "{layer} alone, {x} % of it removed: {y} % of dense<extra></extra>",
                    layer=name,
                    x="%{x:.0f}",
                    y="%{y:.1f}",
                ),
            }
        )
    return {
        "data": traces,
        "layout": {
            **base_layout(theme, 360),
            "xaxis": sparsity_axis(theme, text("removed of this layer alone")),
            "yaxis": relative_axis(theme),
        },
    }
