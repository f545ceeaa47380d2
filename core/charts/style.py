"""One meaning, one look: the colours that every picture shares (Okabe and Ito 2008, safe for colour-blind eyes)."""

import html
import math
from collections.abc import Sequence
from typing import Any

from core.language import text
from core.quality import Quality

KEPT, REMOVED, PRUNED, REPAIRED, TUNED = "#0072B2", "#9A9A9A", "#D55E00", "#CC79A7", "#009E73"

NEGATIVE = "#B0569A"
"""Kept weights below zero, where a picture tells them from those above."""

INK = {"light": "#222222", "dark": "#EEEEEE"}
PAPER = {"light": "#FFFFFF", "dark": "#20242C"}
GRID = {"light": "#E3E6EA", "dark": "#363B45"}

STAGE_COLOURS = {"Dense": None, "Pruned": PRUNED, "Repaired": REPAIRED, "Fine-tuned": TUNED}
"""Colour of each stage of a network; None is the ink of the theme."""

STRONGEST = {"light": "#000000", "dark": "#FFFFFF"}
"""Ink for a room, where a beamer takes half of the contrast."""

SERIES_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", None)
"""Colours of lines that stand side by side; None is the ink of the theme."""

SERIES_SYMBOLS = ("circle", "square", "triangle-up", "x", "pentagon", "star", "triangle-down")
SERIES_DASHES = ("solid", "dash", "dashdot", "longdash", "longdashdot", "6px,2px,2px,2px,2px,2px", "10px,3px")
"""Marks and dashes of such lines, so that colour is never all that tells them apart."""


def display_scale(shown: Sequence[Quality]) -> float:
    """Return the factor that turns figures into what people read: 100 for shares, which are read in percent."""
    return 100.0 if not shown or shown[0].about.share else 1.0


def hover_format(shown: Sequence[Quality]) -> str:
    """Return the end of a plotly hover text behind `%{y` or `%{x`: decimals and unit."""
    if not shown or shown[0].about.share:
        return ":.1f} %"
    return f":.{shown[0].about.digits}f}}"


def error_bars(values: Sequence[Quality], scale: float, **looks: Any) -> dict[str, Any]:
    """Describe the 95 % intervals of figures to plotly."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [scale * (q.high - q.value) for q in values],
        "arrayminus": [scale * (q.value - q.low) for q in values],
        "thickness": 1,
        "width": 0,
        **looks,
    }


def value_axis(shown: Sequence[Quality]) -> dict[str, Any]:
    """Choose the part of an axis that shows figures.

    That is 0 to 100 % for shares; from 0 for what is to be high; and for an error from the lowest to a third above it,
    or to the highest, but not above three times the lowest.
    """
    if not shown or shown[0].about.share:
        return {"range": [0, 102], "dtick": 20, "ticksuffix": " %"}
    values = [quality.value for quality in shown if math.isfinite(quality.value)]
    low, high = min(values, default=0.0), max(values, default=1.0)
    if not shown[0].about.higher:
        high = max(1.33 * low, min(high, 3 * low))
    else:
        low = min(low, 0.0)
    room = 0.06 * ((high - low) or abs(high) or 1.0)
    return {"range": [low - room, high + room]}


def base_axis(theme: str) -> dict[str, Any]:
    """Return what all axes have in common."""
    return {
        "gridcolor": GRID[theme],
        "zeroline": False,
        "color": INK[theme],
        "fixedrange": True,
        "ticklabelstandoff": 4,
    }


def base_layout(theme: str, height: int) -> dict[str, Any]:
    """Return what all figures have in common: size, margins, legend, fonts."""
    return {
        "height": height,
        "margin": {"l": 60, "r": 24, "t": 34, "b": 44},
        "showlegend": True,
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"color": INK[theme]}},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": INK[theme], "size": 12, "family": "Source Sans, sans-serif"},
        "uirevision": "same",
        "dragmode": False,
    }


def sparsity_axis(theme: str, title: str) -> dict[str, Any]:
    """Return an axis from nothing to everything removed, in percent, with a little room at both ends."""
    return {**base_axis(theme), "range": [-1, 101], "dtick": 20, "ticksuffix": " %", "title": {"text": title}}


def relative_axis(theme: str) -> dict[str, Any]:
    """Return an axis of quality in percent of the dense model's, which a lucky network may exceed."""
    title = {"text": text("quality, of the dense model's")}
    return {**base_axis(theme), "range": [0, 112], "dtick": 20, "ticksuffix": " %", "title": title}


def plain_label(text: str) -> str:
    """Write a text so that the picture shows it as it is: plotly reads some HTML, and formulas between dollar signs."""
    return html.escape(text, quote=False).replace("$", "&#36;")


def enlarge(figure: dict[str, Any], theme: str = "light") -> dict[str, Any]:
    """Return a figure for a room: type, lines and marks larger, the ink as strong as can be; its data as it was."""
    return {
        "data": [_enlarged(trace, theme) for trace in figure["data"]],
        "layout": _enlarged(figure["layout"], theme),
    }


_FACTORS = {"size": 1.4, "width": 1.5, "thickness": 2.0, "height": 1.15, "l": 1.25, "b": 1.25, "t": 1.25}
"""How much grows what a figure gives in pixels, by its name."""

_DATA = {"x", "y", "z", "text", "ticktext", "tickvals", "customdata", "name", "hovertemplate", "domain", "range"}
"""What is never touched."""


def _enlarged(value: Any, theme: str, name: str = "") -> Any:
    if name in _DATA:
        return value
    if isinstance(value, dict):
        return {key: _enlarged(each, theme, key) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_enlarged(each, theme, name) for each in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value * _FACTORS.get(name, 1)
    return STRONGEST[theme] if value == INK[theme] else value
