"""Numbers as people read them: fixed decimals, a unit on each."""

import math

from core.measure import Change, Quality
from core.measure import change as measured_change
from core.quality import METRICS


def percent(share: float, digits: int = 1) -> str:
    """Write a share of 1 as percent, with fixed decimals."""
    return f"{100 * share:.{digits}f} %"


NO_ANSWER = "no answer"
"""What stands in the place of a figure where a network's answers are not numbers."""


def figure(quality: Quality, early: bool = False) -> str:
    """Write a figure in its metric's own unit; an early one with "about" and one decimal less."""
    text = written(quality.metric, quality.value, quality.about.digits - early)
    return f"about {text}" if early and text != NO_ANSWER else text


def written(metric: str, value: float, digits: int | None = None) -> str:
    """Write a value in the unit of a metric, with its usual decimals or others."""
    about = METRICS[metric]
    digits = about.digits if digits is None else digits
    if math.isnan(value):
        return NO_ANSWER
    return percent(value, digits) if about.share else f"{value:.{digits}f}"


def change(after: Quality, before: Quality) -> str:
    """Write how far a figure lies from another one of the same examples, with the range of the pair."""
    return changed(measured_change(before, after))


def changed(found: Change) -> str:
    """Write a change with its range in brackets; one whose range holds zero looks like none."""
    about = METRICS[found.metric]
    scale, unit, digits = (100, " points", 1) if about.share else (1, "", about.digits)
    if math.isnan(found.value):
        return NO_ANSWER
    if not math.isfinite(found.low) or not math.isfinite(found.high):
        return f"{scale * found.value:+.{digits}f}{unit}, range not known"
    if found.clear:  # a change that is none once it is rounded needs more decimals
        ends = (scale * abs(each) for each in (found.value, found.low, found.high) if each)
        digits = min(max(digits, math.ceil(-math.log10(2 * min(ends)))), digits + 3)
    span = f"{scale * found.low:+.{digits}f} to {scale * found.high:+.{digits}f}"
    if not found.clear:
        return f"no clear change: {span}{unit}"
    return f"{scale * found.value:+.{digits}f}{unit} ({span})"


def interval(quality: Quality) -> str:
    """Write the range that holds the true figure with 95 % confidence."""
    if math.isnan(quality.value):
        return ""
    scale, unit = (100, " %") if quality.about.share else (1, "")
    digits = quality.about.digits
    low, high = (f"{scale * end:.{digits}f}" for end in (quality.low, quality.high))
    if quality.at_bound:  # every episode reached it, so that the range is open to one side only
        at_top = quality.value == quality.outcomes.bounds[1]
        return f"at least {low}{unit}; the highest there is" if at_top else f"at most {high}{unit}; the lowest there is"
    return f"{low} to {high}{unit}"


def good(after: Quality, before: Quality | None) -> str:
    """Say which way round a change is coloured; not at all while it is none that is clear, or not known."""
    if before is None or not measured_change(before, after).clear:
        return "off"
    return "normal" if after.about.higher else "inverse"


def arrow(after: Quality, before: Quality | None) -> str:
    """Say whether a change has an arrow: only where it is a clear one."""
    return "off" if good(after, before) == "off" else "auto"


def meaning(quality: Quality) -> str:
    """Say what a figure means and what it was computed from."""
    text = f"{quality.about.meaning}; from {quality.n:,} {quality.split} {quality.about.noun}."
    if quality.unanswered:
        noun = quality.about.noun
        text += f" To {quality.unanswered:,} {noun} the network gives no answer, which counts as a wrong one."
    return text


def size(count: int) -> str:
    """Write a number of bytes for people, in decimal units."""
    return f"{count / 1e6:.2f} MB" if count >= 1e6 else f"{count / 1e3:.1f} kB"
