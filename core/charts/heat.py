"""Which layers are sensitive: a heat map of quality, one row a layer, one column a sparsity."""

from typing import Any

from core.charts.learning import base_axis, base_layout
from core.charts.look import INK, PRUNED
from core.measure.sensitivity import Scan
from core.tasks.quality import Quality


def heat(scan: Scan, dense: Quality, worst: float = 0.0, theme: str = "light") -> dict[str, Any]:
    """Draw quality relative to the dense model, in percent, the most fragile layer on top.

    The darker, the more is lost; each field holds its figure, so that colour is never needed to read it.
    """
    order = scan.by_fragility(worst)
    rows = [[100 * q.relative(dense, worst).value for q in scan.qualities[name]] for name in order]
    paper = "#FFFFFF" if theme == "light" else "#20242C"
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
                "colorscale": [[0, PRUNED], [1, paper]],
                "text": [[f"{value:.0f}" for value in row] for row in rows],
                "texttemplate": "%{text}",
                "textfont": {"color": INK[theme]},
                "showscale": False,
                "xgap": 2,
                "ygap": 2,
                "hovertemplate": "%{y} alone, %{x} of it removed: %{z:.1f} % of the dense quality<extra></extra>",
            }
        ],
        "layout": {
            **base_layout(theme, 90 + 26 * len(order)),
            "xaxis": {**axis, "type": "category", "title": {"text": "removed of this layer alone"}},
            "yaxis": {**axis, "type": "category", "autorange": "reversed", "automargin": True},
        },
    }
