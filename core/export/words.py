"""Figures as the report and the model card write them: with their range and how many examples they are of."""

import math

from core.quality import METRICS, Change, Quality

NO_ANSWER = "no answer"


def quality_in_words(quality: Quality) -> str:
    """Write a figure with its range and sample size, as in "91.20% (90.38% to 91.96%, n = 5,000)"."""
    about = quality.about
    if not math.isfinite(quality.value):
        return f"{NO_ANSWER} (n = {quality.n:,})"
    write = "{:.2%}".format if about.share else f"{{:.{about.digits}f}}".format
    return f"{write(quality.value)} ({write(quality.low)} to {write(quality.high)}, n = {quality.n:,})"


def change_in_words(change: Change) -> str:
    """Write a change with its range, or that it is none that could be told from chance."""
    about = METRICS[change.metric]
    scale, unit, digits = (100, " points", 2) if about.share else (1, "", about.digits)
    if not math.isfinite(change.value):
        return NO_ANSWER
    text = f"{scale * change.value:+.{digits}f}{unit}"
    if not math.isfinite(change.low) or not math.isfinite(change.high):
        return f"{text} (range not known)"
    span = f"{scale * change.low:+.{digits}f} to {scale * change.high:+.{digits}f}{unit}"
    return f"{text} ({span})" if change.clear else f"{text}: no clear change ({span})"


def relative_in_words(quality: Quality, dense: Quality, worst: float) -> str:
    """Write a figure as a share of the dense network's with its range; worst: where nothing is left of a network."""
    found = quality.relative(dense, worst)
    return f"{found.value:.1%} ({found.low:.1%} to {found.high:.1%})" if math.isfinite(found.value) else NO_ANSWER


def ratio_in_words(before: float, after: float) -> str:
    """Write how many times more there was before."""
    return f"{before / after:.2f} x" if after else "nothing is left"
