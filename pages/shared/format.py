"""Figures as people read them: fixed decimals, a unit on each; as text, or as a box with a range and a change."""

import math
from typing import Literal

from streamlit.delta_generator import DeltaGenerator

from core.language import text
from core.measure import Change, Latency, PlanResult, Quality
from core.measure import change as measured_change
from core.quality import METRICS
from pages.shared.words import t

NO_ANSWER = text("no answer")
"""What stands in the place of a figure where a network's answers are not numbers."""


def format_percent(share: float, digits: int = 1) -> str:
    """Write a share of 1 as percent, with fixed decimals."""
    return f"{100 * share:.{digits}f} %"


def format_bytes(count: int, beside: int | None = None) -> str:
    """Write a number of bytes in decimal units: the same one as a size that it stands beside, so that both compare."""
    return f"{count / 1e6:.2f} MB" if min(count, beside or count) >= 1e6 else f"{count / 1e3:,.1f} kB"


def format_latency(found: Latency | None) -> str:
    """Write milliseconds with their quartiles; dots while they are being measured."""
    if found is None:
        return "..."
    median, low, high = (_three_digits(each) for each in (found.median, found.low, found.high))
    return t("{median} ({low} to {high})", median=median, low=low, high=high)


def _three_digits(number: float) -> str:
    """Write a positive number with three significant digits at most: a time is not known better."""
    decimals = 2 - math.floor(math.log10(number)) if number > 0 else 2
    return f"{round(number, decimals):.{min(max(decimals, 0), 3)}f}"


def format_value(metric: str, value: float, digits: int | None = None) -> str:
    """Write a value in the unit of a metric, with its usual decimals or others."""
    about = METRICS[metric]
    digits = about.digits if digits is None else digits
    if math.isnan(value):
        return t(NO_ANSWER)
    return format_percent(value, digits) if about.share else f"{value:.{digits}f}"


def format_quality(quality: Quality, early: bool = False) -> str:
    """Write a figure in its metric's own unit; an early one with "about" and one decimal less."""
    figure = format_value(quality.metric, quality.value, quality.about.digits - early)
    return t("about {figure}", figure=figure) if early and not math.isnan(quality.value) else figure


def format_interval(quality: Quality) -> str:
    """Write the range that holds the true figure with 95 % confidence."""
    if math.isnan(quality.value):
        return ""
    scale, unit = (100, " %") if quality.about.share else (1, "")
    digits = quality.about.digits
    low, high = (f"{scale * end:.{digits}f}" for end in (quality.low, quality.high))
    bounds = quality.outcomes.bounds if quality.outcomes else None
    if quality.at_bound and bounds:  # every episode reached it, so that the range is open to one side only
        least, most = (f"{scale * end:.{digits}f}{unit}" for end in bounds)
        if quality.value == bounds[1]:
            return t("at least {low}, of {most} that are possible", low=f"{low}{unit}", most=most)
        return t("at most {high}; {least} is the least possible", high=f"{high}{unit}", least=least)
    return t("{low} to {high}", low=low, high=f"{high}{unit}")


def format_change(change: Change) -> str:
    """Write a change with its range in brackets; one whose range holds zero looks like none."""
    about = METRICS[change.metric]
    scale, digits = (100, 1) if about.share else (1, about.digits)

    def in_unit(number: str) -> str:
        return t("{number} points", number=number) if about.share else number

    if math.isnan(change.value):
        return t(NO_ANSWER)
    if not math.isfinite(change.low) or not math.isfinite(change.high):
        return t("{change}, range not known", change=in_unit(f"{scale * change.value:+.{digits}f}"))
    if change.clear:  # a change that is none once it is rounded needs more decimals
        ends = (scale * abs(each) for each in (change.value, change.low, change.high) if each)
        digits = min(max(digits, math.ceil(-math.log10(2 * min(ends)))), digits + 3)
    value, low, high = (f"{scale * each:+.{digits}f}" for each in (change.value, change.low, change.high))
    if not change.clear:
        return t("no clear change: {low} to {high}", low=low, high=in_unit(high))
    return t("{change} ({low} to {high})", change=in_unit(value), low=low, high=high)


def format_difference(after: Quality, before: Quality) -> str:
    """Write how far a figure lies from another one of the same examples, with the range of the pair."""
    return format_change(measured_change(before, after))


def delta_colour(change: Change | None) -> Literal["normal", "inverse", "off"]:
    """Say which way round a change is coloured; not at all while it is not a clear one, or not known."""
    if change is None or not change.clear:
        return "off"
    return "normal" if METRICS[change.metric].higher else "inverse"


def delta_arrow(change: Change | None) -> Literal["auto", "off"]:
    """Say whether a change has an arrow: only where it is a clear one."""
    return "auto" if change is not None and change.clear else "off"


def format_cut(result: PlanResult) -> str:
    """Write where the cut of a plan is, in the unit of what is compared."""
    plan, threshold = result.plan, result.threshold
    if plan.pattern:
        return t("{n} of every {m} stay", n=plan.pattern[0], m=plan.pattern[1])
    if threshold is None:
        return t("layers have own cuts")
    written = f"{threshold:{'.4f' if threshold >= 0.01 or plan.compares_sizes else '.4g'}}"
    if plan.compares_sizes:
        return t("sizes below {threshold}", threshold=written)
    return t("scores below {threshold}", threshold=written)


def draw_quality(
    place: DeltaGenerator,
    label: str,
    quality: Quality,
    change: Change | None = None,
    *,
    beside: str | None = None,
    early: bool = False,
    help: str | None = None,
) -> DeltaGenerator:
    """Draw a figure in a place; return where the next one replaces it.

    change: how far it lies from another figure of the same examples; beside: what stands there without a change.
    early: whether it is of some of the examples only.
    """
    return place.metric(
        label,
        format_quality(quality, early),
        format_change(change) if change else beside,
        delta_color=delta_colour(change),
        delta_arrow=delta_arrow(change),
        delta_description=format_interval(quality),
        help=help,
        border=True,
    )


def explain_quality(quality: Quality) -> str:
    """Say what a figure means and what it was computed from."""
    about = {"meaning": t(quality.about.meaning), "split": t(quality.split), "noun": t(quality.about.noun)}
    if not quality.unanswered:
        return t("{meaning}; from {count:,} {split} {noun}.", count=quality.n, **about)
    return t(
        "{meaning}; from {count:,} {split} {noun}. To {unanswered:,} {noun} the network gives no answer, which counts "
        "as a wrong one.",
        count=quality.n,
        unanswered=quality.unanswered,
        **about,
    )
