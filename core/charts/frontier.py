"""Everything that was tried: quality over what it costs, with the line that nothing else beats."""

from collections.abc import Callable, Sequence
from typing import Any

from core.charts.style import (
    INK,
    KEPT,
    PRUNED,
    REMOVED,
    REPAIRED,
    TUNED,
    base_axis,
    base_layout,
    display_scale,
    error_bars,
    hover_format,
    value_axis,
)
from core.experiment import STAGE_NAMES
from core.language import as_text, text
from core.measure.budget import Candidate, frontier


def frontier_chart(
    tried: Sequence[Candidate],
    cost: Callable[[Candidate], float],
    label: str,
    chosen: Candidate | None = None,
    theme: str = "light",
) -> dict[str, Any]:
    """Draw each network that was tried as a dot, the frontier as a line with 95 % intervals, the chosen one as a star.

    cost: candidate -> its place on the x axis; label: the name of that axis, with its unit.
    """
    shown = [each.quality for each in tried]
    scale, suffix = display_scale(shown), hover_format(shown)
    line = frontier(tried, cost)
    looks = {
        "dense": {"color": INK[theme], "symbol": "square", "size": 10},
        "pruned": {"color": REMOVED, "symbol": "circle", "size": 6},
        "repaired": {"color": REPAIRED, "symbol": "triangle-up", "size": 8},
        "fine-tuned": {"color": TUNED, "symbol": "diamond", "size": 9},
    }
    traces = [
        {
            **_dots([each for each in tried if each.stage == stage], cost, scale),
            "name": STAGE_NAMES[stage],
            "mode": "markers",
            "marker": look,
            "hovertemplate": text(
                "{network}: {y} at {x}<extra></extra>", network="%{text}", y=f"%{{y{suffix}", x="%{x:,}"
            ),
        }
        for stage, look in looks.items()
        if any(each.stage == stage for each in tried)
    ]
    traces.append(
        {
            **_dots(line, cost, scale),
            "name": text("nothing beats these"),
            "mode": "lines",
            "line": {"color": PRUNED, "width": 2},
            "error_y": error_bars([each.quality for each in line], scale),
            "hoverinfo": "skip",
        }
    )
    if chosen is not None:
        traces.append(
            {
                **_dots([chosen], cost, scale),
                "name": text("the best found"),
                "mode": "markers",
                "marker": {"color": KEPT, "symbol": "star", "size": 17, "line": {"color": INK[theme], "width": 1}},
                "hovertemplate": text("the best found: {y} at {x}<extra></extra>", y=f"%{{y{suffix}", x="%{x:,}"),
            }
        )
    axis = base_axis(theme)
    return {
        "data": traces,
        "layout": {
            **base_layout(theme, 380),
            "xaxis": {**axis, "title": {"text": label}, "rangemode": "tozero"},
            "yaxis": {**axis, **value_axis(shown), "title": {"text": as_text(shown[0].metric) if shown else ""}},
        },
    }


def _dots(tried: Sequence[Candidate], cost: Callable[[Candidate], float], scale: float) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": [cost(each) for each in tried],
        "y": [scale * each.quality.value for each in tried],
        "text": [
            text(
                "{granularity}, {criterion}, {share:.1f} % removed",
                granularity=each.plan.granularity,
                criterion=each.plan.criterion,
                share=100 * each.sparsity,
            )
            for each in tried
        ],
    }
