"""Tasks side by side: quality relative to dense, over sparsity."""

from collections.abc import Mapping
from typing import Any

from core.charts.learning import base_axis, base_layout
from core.charts.style import INK, MANY, error_bars
from core.measure.comparison import NetworkCurves, Point


def compare(courses: Mapping[str, NetworkCurves], tolerance: float, theme: str = "light") -> dict[str, Any]:
    """Draw each course: solid as pruned, dotted with diamonds after a fine-tune, with 95 % intervals.

    Colours stand for tasks here, not for stages. A line across marks what the tolerance still allows.
    """
    traces: list[dict[str, Any]] = []
    for number, course in enumerate(courses.values()):
        colour = MANY[number % len(MANY)] or INK[theme]
        traces.append(_line(course.title, course.pruned, {"color": colour, "width": 2.5}, "circle", True))
        if course.tuned:
            line = {"color": colour, "width": 1.5, "dash": "dot"}
            traces.append(_line(f"{course.title}, fine-tuned", course.tuned, line, "diamond", False))
    axis = base_axis(theme)
    return {
        "data": traces,
        "layout": {
            **base_layout(theme, 420),
            "xaxis": {
                **axis,
                "range": [-1, 101],
                "dtick": 20,
                "ticksuffix": " %",
                "title": {"text": "weights removed"},
            },
            "yaxis": {
                **axis,
                "range": [0, 112],
                "dtick": 20,
                "ticksuffix": " %",
                "title": {"text": "quality, of the dense model's"},
            },
            "shapes": [
                {
                    "type": "line",
                    "x0": -1,
                    "x1": 101,
                    "y0": 100 * (1 - tolerance),
                    "y1": 100 * (1 - tolerance),
                    "line": {"color": INK[theme], "width": 1, "dash": "dash"},
                }
            ],
        },
    }


def _line(name: str, points: tuple[Point, ...], line: dict[str, Any], symbol: str, legend: bool) -> dict[str, Any]:
    ordered = sorted(points, key=lambda point: point[0])
    values = [100 * quality.value for _, quality in ordered]
    return {
        "type": "scatter",
        "name": name,
        "x": [100 * sparsity for sparsity, _ in ordered],
        "y": values,
        "mode": "lines+markers",
        "line": line,
        "marker": {"size": 7 if symbol == "circle" else 10, "symbol": symbol, "color": line["color"]},
        "error_y": error_bars([quality for _, quality in ordered], 100),
        "showlegend": legend,
        "hovertemplate": f"{name}: %{{x:.1f}} % removed, %{{y:.1f}} % of dense<extra></extra>",
    }
