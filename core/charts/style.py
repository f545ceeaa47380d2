"""One meaning, one look: the colours that every picture shares (Okabe and Ito 2008, safe for colour-blind eyes)."""

import math
from collections.abc import Sequence
from typing import Any

from core.quality import Quality

KEPT, REMOVED, PRUNED, TUNED = "#0072B2", "#9A9A9A", "#D55E00", "#009E73"

NEGATIVE = "#B0569A"
"""Kept weights below zero, where a picture tells them from those above."""

INK = {"light": "#222222", "dark": "#EEEEEE"}
PAPER = {"light": "#FFFFFF", "dark": "#20242C"}
GRID = {"light": "#E3E6EA", "dark": "#363B45"}

MANY = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", None)
"""Colours of tasks side by side; None is the ink of the theme."""


def scale_of(shown: Sequence[Quality]) -> float:
    """By what figures are multiplied to be read: 100 for shares, which are read in percent."""
    return 100.0 if not shown or shown[0].about.share else 1.0


def suffix_of(shown: Sequence[Quality]) -> str:
    """How plotly is to write a figure behind `%{y` or `%{x`: its decimals and its unit."""
    if not shown or shown[0].about.share:
        return ":.1f} %"
    return f":.{shown[0].about.digits}f}}"


def error_bars(values: Sequence[Quality], scale: float, **looks: Any) -> dict[str, Any]:
    """How plotly is to draw the 95 % intervals of figures."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [scale * (q.high - q.value) for q in values],
        "arrayminus": [scale * (q.value - q.low) for q in values],
        "thickness": 1,
        "width": 0,
        **looks,
    }


def span_of(shown: Sequence[Quality]) -> dict[str, Any]:
    """The part of an axis that shows figures: 0 to 100 % for shares; from 0 for what is to be high; and for an error
    from the lowest to a third above it, or to the highest, but not above three times the lowest.
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
