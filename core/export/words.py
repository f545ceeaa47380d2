"""Figures as the report and the model card write them: with their range and how many examples they are of."""

import math
from collections.abc import Mapping
from typing import Any

from core.language import Text, as_text, text
from core.quality import METRICS, Change, Quality

NO_ANSWER: str = text("no answer")

NAMES = (
    *(text("criterion"), text("granularity"), text("scope"), text("norm"), text("overrides"), text("embeddings")),
    *(text("magnitude"), text("activation"), text("first-order"), text("random")),
    *(text("bn-scale"), text("zero-activations"), text("global"), text("layer"), text("row")),
    *(text("epochs"), text("learning_rate"), text("batch_size"), text("optimizer"), text("weight_decay")),
    *(text("warmup"), text("cosine"), text("augment"), text("label_smoothing"), text("seed"), text("seconds")),
    *(text("learns"), text("last-1"), text("last-2"), text("biases-norms"), text("distill"), text("temperature")),
    *(text("recalibrate"), text("patience"), text("rounds"), text("steps"), text("average"), text("threshold")),
)
"""What plans and recipes call their choices, as files and links have it; here, so that catalogues have them."""


def choices_in_words(chosen: Mapping[str, Any]) -> list[tuple[Text, Any]]:
    """Return the choices of a plan or a recipe that are made, (name, value); names can be said in a language."""
    return [
        (as_text(name), as_text(value) if isinstance(value, str) else value)
        for name, value in chosen.items()
        if value not in (None, {}, [])
    ]


def quality_in_words(quality: Quality) -> str:
    """Write a figure with its range and sample size, as in "91.20% (90.38% to 91.96%, n = 5,000)"."""
    about = quality.about
    if not math.isfinite(quality.value):
        return text("{answer} (n = {n:,})", answer=NO_ANSWER, n=quality.n)
    write = "{:.2%}".format if about.share else f"{{:.{about.digits}f}}".format
    return text(
        "{value} ({low} to {high}, n = {n:,})",
        value=write(quality.value),
        low=write(quality.low),
        high=write(quality.high),
        n=quality.n,
    )


def change_in_words(change: Change) -> str:
    """Write a change with its range, or that it is none that could be told from chance."""
    about = METRICS[change.metric]
    if not math.isfinite(change.value):
        return NO_ANSWER
    scale, digits = (100, 2) if about.share else (1, about.digits)
    value, low, high = (f"{scale * each:+.{digits}f}" for each in (change.value, change.low, change.high))
    known = math.isfinite(change.low) and math.isfinite(change.high)
    if about.share:
        if not known:
            return text("{value} points (range not known)", value=value)
        if change.clear:
            return text("{value} points ({low} to {high} points)", value=value, low=low, high=high)
        return text("{value} points: no clear change ({low} to {high} points)", value=value, low=low, high=high)
    if not known:
        return text("{value} (range not known)", value=value)
    if change.clear:
        return text("{value} ({low} to {high})", value=value, low=low, high=high)
    return text("{value}: no clear change ({low} to {high})", value=value, low=low, high=high)


def relative_in_words(quality: Quality, dense: Quality, worst: float) -> str:
    """Write a figure as a share of the dense network's with its range; worst: where nothing is left of a network."""
    found = quality.relative(dense, worst)
    if not math.isfinite(found.value):
        return NO_ANSWER
    value, low, high = (f"{each:.1%}" for each in (found.value, found.low, found.high))
    return text("{value} ({low} to {high})", value=value, low=low, high=high)


def ratio_in_words(before: float, after: float) -> str:
    """Write how many times more there was before."""
    return text("{times:.2f} x", times=before / after) if after else text("nothing is left")
