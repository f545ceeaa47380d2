"""Engines side by side: how long the dense network takes in each, and below it the one that would be shipped."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.charts.style import INK, PRUNED, base_axis, base_layout
from core.language import Text, text
from core.measure.latency import Latency

NETWORKS = {False: (text("dense"), None, ""), True: (text("as it would be shipped"), PRUNED, "/")}
"""Whether it is the network to be shipped -> name, colour (None for ink) and pattern of its bars."""


@dataclass(frozen=True)
class EngineTime:
    """Say how long one network takes in one engine, so many examples at a time."""

    engine: str
    shipped: bool
    batch: int
    latency: Latency


def engine_chart(times: Sequence[EngineTime], theme: str = "light") -> dict[str, Any]:
    """Draw a picture a batch size, each with two bars an engine: medians of milliseconds, with quartiles."""
    batches, engines = sorted({each.batch for each in times}), list(dict.fromkeys(each.engine for each in times))
    height = 60 + len(batches) * (70 + 40 * len(engines))
    layout: dict[str, Any] = {**base_layout(theme, height), "barmode": "group"}
    layout["margin"] = {**layout["margin"], "l": 190, "t": 56}
    down = {**base_axis(theme), "autorange": "reversed", "showgrid": False, "type": "category"}
    traces = []
    for number, batch in enumerate(batches):
        name = "" if number == 0 else str(number + 1)
        bottom, top = 1 - (number + 0.76) / len(batches), 1 - number / len(batches)
        title = {"text": text("milliseconds, {batch} at a time", batch=batch)}
        layout[f"xaxis{name}"] = {**base_axis(theme), "anchor": f"y{name}", "rangemode": "tozero", "title": title}
        layout[f"yaxis{name}"] = {**down, "anchor": f"x{name}", "domain": [bottom, top]}
        traces += [_bars([t for t in times if t.batch == batch and t.shipped is s], name, theme) for s in NETWORKS]
    return {"data": [each for each in traces if each], "layout": layout}


def _bars(times: Sequence[EngineTime], axis: str, theme: str) -> dict[str, Any]:
    if not times:
        return {}
    label, colour, pattern = NETWORKS[times[0].shipped]
    colour = colour or INK[theme]
    found = [each.latency for each in times]
    return {
        "type": "bar",
        "orientation": "h",
        "name": label,
        "legendgroup": str(times[0].shipped),
        "showlegend": not axis,
        "x": [each.median for each in found],
        "y": [each.engine for each in times],
        "xaxis": f"x{axis}",
        "yaxis": f"y{axis}",
        "marker": {
            "color": colour,
            "pattern": {"shape": pattern, "fillmode": "overlay", "fgcolor": INK[theme], "size": 6},
        },
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [each.high - each.median for each in found],
            "arrayminus": [each.median - each.low for each in found],
            "thickness": 1,
            "color": INK[theme],
        },
        "hovertemplate": text("{engine}, {network}: {x} ms<extra></extra>", engine="%{y}", network=label, x="%{x:.3f}"),
    }


def engines_in_words(times: Sequence[EngineTime]) -> list[Text]:
    """Tell how long each network takes in each engine, as `engine_chart` draws it."""
    return [
        text("Milliseconds of one pass, of the dense network and of the one that would be shipped, by engine."),
        *(
            text(
                "{engine}, {network}, {batch} at a time: {ms:.3f} ms.",
                engine=each.engine,
                network=NETWORKS[each.shipped][0],
                batch=each.batch,
                ms=each.latency.median,
            )
            for each in times
        ),
    ]
