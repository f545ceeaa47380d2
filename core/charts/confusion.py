"""What is mistaken for what: one row a true class, one column a name that was given."""

from typing import Any

import numpy as np

from core.charts.style import INK, PAPER, PRUNED, base_axis, base_layout
from core.language import text


def confusion_matrix(counts: np.ndarray, classes: tuple[str, ...], title: str, theme: str = "light") -> dict[str, Any]:
    """Draw counts int (classes, classes), rows true and columns given, in percent of each row; mistakes in colour."""
    share = 100 * counts / np.maximum(counts.sum(1, keepdims=True), 1)
    wrong = share.copy()
    np.fill_diagonal(wrong, 0)
    axis = {**base_axis(theme), "type": "category", "automargin": True}
    return {
        "data": [
            {
                "type": "heatmap",
                "x": list(classes),
                "y": list(classes),
                "z": wrong.tolist(),
                "customdata": counts.tolist(),
                "zmin": 0,
                "zmax": 50,
                "colorscale": [[0, PAPER[theme]], [1, PRUNED]],
                "text": [[f"{value:.0f}" if value >= 0.5 else "" for value in row] for row in share],
                "texttemplate": "%{text}",
                "textfont": {"color": INK[theme], "size": 11},
                "showscale": False,
                "xgap": 1,
                "ygap": 1,
                "hovertemplate": text("%{y}, called %{x}: %{customdata} examples<extra></extra>"),
            }
        ],
        "layout": {
            **base_layout(theme, 380),
            "margin": {"l": 8, "r": 8, "t": 30, "b": 8},
            "title": {"text": title, "font": {"size": 14, "color": INK[theme]}, "x": 0, "y": 0.98, "yanchor": "top"},
            "xaxis": {**axis, "tickangle": -40},
            "yaxis": {**axis, "autorange": "reversed"},
        },
    }
