"""Ways to adapt a network side by side: quality over the number of examples that it learned from."""

from collections.abc import Sequence
from typing import Any

from core.charts.style import (
    INK,
    SERIES_COLOURS,
    base_axis,
    base_layout,
    display_scale,
    error_bars,
    hover_format,
    value_axis,
)
from core.language import as_text, text
from core.measure.adapting import Adapted
from core.quality import Quality

SYMBOLS = ("x", "circle", "square", "diamond")
"""Each way has its own mark, so that colour is never all that tells them apart."""


def adapting_chart(rows: Sequence[Adapted], theme: str = "light") -> dict[str, Any]:
    """Draw each way as a solid line of validation quality with 95 % ranges, and training quality dotted in its colour.

    The examples stand on a logarithmic axis, at the numbers that there are.
    """
    labels = list(dict.fromkeys(row.way.label for row in rows))
    traces = []
    for number, label in enumerate(labels):
        mine = [row for row in rows if row.way.label == label]
        colour = SERIES_COLOURS[number % len(SERIES_COLOURS)] or INK[theme]
        symbol = SYMBOLS[number % len(SYMBOLS)]
        traces.append(_line(label, mine, [row.quality for row in mine], colour, symbol))
        trained = [row for row in mine if row.train is not None]
        seen = [row.train for row in trained if row.train is not None]
        traces.append(_line(text("{label}: training data", label=label), trained, seen, colour, symbol, training=True))
    shown = [row.quality for row in rows]
    axis = base_axis(theme)
    counts = sorted({row.examples for row in rows})
    ticks = {"tickmode": "array", "tickvals": counts, "ticktext": [f"{count:,}" for count in counts]}
    return {
        "data": traces,
        "layout": {
            **base_layout(theme, 420),
            "xaxis": {**axis, "type": "log", **ticks, "title": {"text": text("training examples of the new task")}},
            "yaxis": {**axis, **value_axis(shown), "title": {"text": as_text(shown[0].metric) if shown else ""}},
        },
    }


def _line(
    name: str, rows: Sequence[Adapted], figures: Sequence[Quality], colour: str, symbol: str, training: bool = False
) -> dict[str, Any]:
    scale = display_scale(figures)
    bars = {} if training else {"error_y": error_bars(figures, scale)}
    return {
        "type": "scatter",
        "name": name,
        "x": [row.examples for row in rows],
        "y": [scale * figure.value for figure in figures],
        "mode": "lines+markers",
        "line": {"color": colour, "width": 1 if training else 2.5, "dash": "dot" if training else "solid"},
        "marker": {"size": 6 if training else 10, "symbol": f"{symbol}-open" if training else symbol, "color": colour},
        "showlegend": not training,
        "hovertemplate": text(
            "{name}: {y} from {x} examples<extra></extra>",
            name=name,
            y=f"%{{y{hover_format(figures)}",
            x="%{x:,}",
        ),
        **bars,
    }
