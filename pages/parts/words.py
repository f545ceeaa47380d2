"""Numbers as people read them: fixed decimals, a unit on each."""

from core.measure import Quality
from core.tasks.quality import METRICS


def percent(share: float, digits: int = 1) -> str:
    """Write a share of 1 as percent, with fixed decimals."""
    return f"{100 * share:.{digits}f} %"


def points(change: float) -> str:
    """Write a difference between two shares in percentage points."""
    return f"{100 * change:+.1f} points"


def figure(quality: Quality, early: bool = False) -> str:
    """Write a figure in its metric's own unit; an early one with "about" and one decimal less."""
    text = written(quality.metric, quality.value, quality.about.digits - early)
    return f"about {text}" if early else text


def written(metric: str, value: float, digits: int | None = None) -> str:
    """Write a value in the unit of a metric, with its usual decimals or others."""
    about = METRICS[metric]
    digits = about.digits if digits is None else digits
    return percent(value, digits) if about.share else f"{value:.{digits}f}"


def change(quality: Quality, dense: Quality) -> str:
    """Write how far a figure lies from another one of the same metric."""
    apart = quality.value - dense.value
    return points(apart) if quality.about.share else f"{apart:+.{quality.about.digits}f}"


def interval(quality: Quality) -> str:
    """Write the range that holds the true figure with 95 % confidence."""
    scale, unit = (100, " %") if quality.about.share else (1, "")
    digits = quality.about.digits
    return f"{scale * quality.low:.{digits}f} to {scale * quality.high:.{digits}f}{unit}"


def good(quality: Quality, dense: Quality | None) -> str:
    """Say which way round a change is coloured; not at all while it is none or not known."""
    if dense is None or quality.value == dense.value:
        return "off"
    return "normal" if quality.about.higher else "inverse"


def meaning(quality: Quality) -> str:
    """Say what a figure means and what it was computed from."""
    return f"{quality.about.meaning}; from {quality.n:,} {quality.split} {quality.about.noun}."


def size(count: int) -> str:
    """Write a number of bytes for people, in decimal units."""
    return f"{count / 1e6:.2f} MB" if count >= 1e6 else f"{count / 1e3:.1f} kB"
