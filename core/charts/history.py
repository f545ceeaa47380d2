"""What somebody has tried as a tree: each experiment in a row of its own, to the right of what it goes on from."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from core.charts.style import INK, KEPT, PRUNED, REMOVED, TUNED, base_axis, base_layout, plain_label, sparsity_axis
from core.experiment import STAGE_NAMES
from core.language import text

LONGEST_NAME = 28
"""Characters of a name beside the picture; all of it shows under the pointer."""

ROW, AROUND = 40, 96
"""Pixels that a row takes, and what is above and below all of them."""


@dataclass(frozen=True)
class TreePoint:
    """Hold one network in the tree.

    id: of its experiment, or the network's name; parent: id of the one that it goes on from, "" for none.
    name, figures: what stands beside it, in two lines; stage: "dense", "pruned" or "fine-tuned".
    sparsity: share of the weights that is removed; size: bytes of its file, 0 if these are not known.
    """

    id: str
    parent: str
    name: str
    figures: str
    stage: str
    sparsity: float = 0.0
    size: int = 0


def tree_order(points: Sequence[TreePoint]) -> list[TreePoint]:
    """Return the points as a tree is read: each before those that go on from it, those of one parent as given."""
    known = {each.id for each in points}
    children: dict[str, list[TreePoint]] = {}
    for each in points:
        children.setdefault(each.parent if each.parent in known else "", []).append(each)
    found, waiting = [], children.get("", [])[::-1]
    while waiting:
        found.append(waiting.pop())
        waiting += children.get(found[-1].id, [])[::-1]
    return found


def history_tree(points: Sequence[TreePoint], marked: Collection[str] = (), theme: str = "light") -> dict[str, Any]:
    """Draw the tree over what is removed; the larger a dot, the larger the file; rings around what is marked."""
    rows = tree_order(points)
    places = {each.id: (100 * each.sparsity, row) for row, each in enumerate(rows)}
    looks = {
        "dense": {"color": INK[theme], "symbol": "square"},
        "pruned": {"color": PRUNED, "symbol": "circle"},
        "fine-tuned": {"color": TUNED, "symbol": "diamond"},
    }
    largest = max((each.size for each in rows), default=0)
    traces = [_branches(rows, places)]
    traces += [_dots(stage, rows, places, look, largest) for stage, look in looks.items()]
    traces.append(_rings([each for each in rows if each.id in marked], places, largest))
    axis = {**base_axis(theme), "showgrid": False, "automargin": True, "range": [len(rows) - 0.4, -0.6]}
    labels = [f"<b>{plain_label(_shorten(each.name))}</b><br>{plain_label(each.figures)}" for each in rows]
    return {
        "data": [trace for trace in traces if trace["x"]],
        "layout": {
            **base_layout(theme, AROUND + ROW * len(rows)),
            "margin": {"l": 20, "r": 16, "t": 34, "b": 44},
            "xaxis": {**sparsity_axis(theme, text("removed")), "range": [-6, 106]},
            "yaxis": {**axis, "tickvals": list(range(len(rows))), "ticktext": labels},
            "hovermode": "closest",
        },
    }


def _branches(rows: Sequence[TreePoint], places: dict[str, tuple[float, int]]) -> dict[str, Any]:
    """Draw how each goes on from another one: down, then to the right."""
    x: list[float | None] = []
    y: list[float | None] = []
    for each in rows:
        if each.parent in places:
            (from_x, from_y), (to_x, to_y) = places[each.parent], places[each.id]
            x += [from_x, from_x, to_x, None]
            y += [from_y, to_y, to_y, None]
    line = {"color": REMOVED, "width": 1.5}
    return {"type": "scatter", "x": x, "y": y, "mode": "lines", "line": line, "hoverinfo": "skip", "showlegend": False}


def _dots(
    stage: str, rows: Sequence[TreePoint], places: dict[str, tuple[float, int]], look: dict[str, Any], largest: int
) -> dict[str, Any]:
    shown = [each for each in rows if each.stage == stage]
    return {
        "type": "scatter",
        "name": STAGE_NAMES[stage],
        "x": [places[each.id][0] for each in shown],
        "y": [places[each.id][1] for each in shown],
        "text": [_described(each) for each in shown],
        "mode": "markers",
        "marker": {**look, "size": [_diameter(each, largest) for each in shown], "opacity": 1},
        "hovertemplate": "%{text}<extra></extra>",
    }


def _rings(shown: Sequence[TreePoint], places: dict[str, tuple[float, int]], largest: int) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": [places[each.id][0] for each in shown],
        "y": [places[each.id][1] for each in shown],
        "mode": "markers",
        "marker": {
            "symbol": "circle-open",
            "color": KEPT,
            "line": {"width": 2.5},
            "size": [_diameter(each, largest) + 10 for each in shown],
        },
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _diameter(point: TreePoint, largest: int) -> float:
    """Return the pixels of a dot whose area grows with its file."""
    return round(8 + 12 * math.sqrt(point.size / largest), 1) if point.size else 10.0


def _described(point: TreePoint) -> str:
    name, figures = plain_label(point.name), plain_label(point.figures)
    if not point.size:
        return f"{name}<br>{figures}"
    return text("{name}<br>{figures}<br>file of {size:,.1f} kB", name=name, figures=figures, size=point.size / 1e3)


def _shorten(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
