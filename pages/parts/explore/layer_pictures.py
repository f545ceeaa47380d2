"""The picture of what is compared in each layer, which follows the slider while it moves; and what is left of one."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from core.charts import mask_image
from core.charts.style import KEPT, PRUNED, REMOVED
from core.measure import Histogram, PlanResult, histograms
from core.pruning import PruningPlan
from core.stages import Subject
from pages.shared import cache
from pages.shared.components import run_script
from pages.shared.format import format_percent
from pages.shared.in_hand import InHand
from pages.shared.presenting import presenting
from pages.shared.sparsities import SLIDER_STEP, slider_stops
from pages.shared.words import t

FOLDER = Path(__file__).parents[3] / "assets" / "components"


DIGITS = 7
"""Digits of a cut that are sent: two cuts that differ by less look alike."""


@st.cache_resource(max_entries=200, show_spinner=False)
def layer_histograms(name: str, base: PruningPlan, cut_off: bool) -> str:
    """Count each layer's weights or scores, with its cut and what it keeps at each stop, as the component reads it."""
    found = histograms(cache.task(name), cache.ranking(name, base), base, slider_stops())
    return lay_out_layers(found, cut_off)


def draw_histograms(hand: InHand, points: list[PlanResult], result: PlanResult) -> None:
    """Draw the histogram of each layer, what goes grey and hatched, and mark the place on the curve.

    The picture of a pruned network follows the slider; of the whole and of a fine-tuned one it stays at what is gone.
    points: of the curve, for a first guess while the slider moves; result: how the network in hand is.
    """
    draw = st.components.v2.component(
        "weight_histograms",
        html='<div><p></p><canvas role="img"></canvas></div>',
        css=(FOLDER / "histograms.css").read_text(encoding="utf-8"),
        js=(FOLDER / "histograms.js").read_text(encoding="utf-8"),
    )
    subject, base = hand.subject, result.plan.without_amount
    follows = subject.stage == "pruned" and hand.plan.threshold is None
    about = f"{subject.as_network} {subject.stage} {base} {len(points)}"
    quality = result.quality
    step = {
        "value": _place(hand, result),
        "here": quality.value if quality.n else 0,
        "sparsity": 100 * result.sparsity,
    }
    run_script("histograms_now", {"id": about, **step})  # by itself: all else stays the same, and is sent once
    draw(
        key="weight-histograms",
        data={
            "id": about,
            "slider": t("Pruning threshold") if follows else "",
            "step": SLIDER_STEP,
            "height": 210 if presenting() else 168,
            "scale": 1.4 if presenting() else 1,
            **_describe(result),
            "layers": layer_histograms(subject.as_network, base, bool(subject.tuned)),
            "curve": sorted((100 * point.sparsity, point.quality.value) for point in points),
            "colours": {"kept": KEPT, "removed": REMOVED, "pruned": PRUNED},
        },
    )
    if subject.tuned:
        st.caption(t("All that was removed is exactly zero; that bar is cut off at the height of the next one."))


def _place(hand: InHand, result: PlanResult) -> float:
    """Return where the picture is cut, in percent: nowhere, at the slider, or at what a fine-tuned network lacks."""
    stages = {"dense": 0.0, "pruned": hand.percent}
    return stages.get(hand.subject.stage, 100 * result.sparsity)


def _describe(result: PlanResult) -> dict[str, Any]:
    """Say what is shown, as the component reads it."""
    plan = result.plan
    return {
        "metric": t(result.quality.metric),
        "share": result.quality.about.share,
        "digits": result.quality.about.digits,
        "pattern": list(plan.pattern or ()),
        "words": picture_words(plan),
    }


def picture_words(plan: PruningPlan) -> dict[str, str]:
    """Return what the component says, with names in braces for what it fills in."""
    if plan.compares_sizes:
        legend = t("{much}. Weights: blue stays, hatched goes.")
    elif plan.structured:
        legend = t("{much}. Scores of units: blue stays, hatched goes.")
    else:
        legend = t("{much}. Scores: blue stays, hatched goes.")
    return {
        "here": t("here"),
        "kept": t("{share} kept"),
        "layer": t("{layer}: {share} kept"),
        "cut": t("Cut at {cut}: units with {share} of the weights go")
        if plan.structured
        else t("Cut at {cut}: {share} of the weights go"),
        "cuts": t("Layers have their own cuts: units with {share} of the weights go")
        if plan.structured
        else t("Layers have their own cuts: {share} of the weights go"),
        "pattern": t("{n} of every {m} neighbours stay"),
        "guess": t("{much}, {metric} about {figure}"),
        "legend": legend,
        "note": t("The higher, the more (square-root scale)."),
        "alt": t("Histogram of the weights of each layer. {layers}."),
        "between": t("; "),
    }


def lay_out_layers(found: Sequence[Histogram], cut_off: bool) -> str:
    """Lay out histograms as the component reads them; cut_off: draw the highest bar no higher than the next one.

    Written once, as JSON: they stay as they are from step to step, and writing them takes longer than a step.
    """
    titles = without_common_beginning([layer.name.removesuffix(".weight") for layer in found])
    layers = [
        {
            "title": title,
            "low": layer.low,
            "high": layer.high,
            "counts": _without_peak(layer.counts) if cut_off else layer.counts,
            "cuts": _rounded(layer.cuts),
            "kept": _rounded(layer.kept),
            "log": layer.log,
            "keptCounts": layer.kept_counts,
        }
        for layer, title in zip(found, titles, strict=True)
    ]
    return json.dumps(layers, separators=(",", ":"))


def _rounded(values: Sequence[float]) -> list[float]:
    return [float(f"{each:.{DIGITS}g}") for each in values]


def _without_peak(counts: Sequence[int]) -> list[int]:
    """Lower the highest bar to the next one: all that was removed is zero, and would leave the others no height."""
    next_highest = sorted(counts)[-2]
    return [min(count, next_highest) for count in counts]


def without_common_beginning(names: list[str]) -> list[str]:
    """Drop the dotted parts that all names begin with; the last part stays in any case."""
    parts = [name.split(".") for name in names]
    shared = 0
    while all(len(each) > shared + 1 and each[shared] == parts[0][shared] for each in parts):
        shared += 1
    return [".".join(each[shared:]) for each in parts]


def draw_mask(subject: Subject, layer: str) -> None:
    """Show one layer's weights as a picture, in which what was removed is missing."""
    network = cache.network(subject)
    weights, mask = network.model.get_parameter(layer).detach().numpy(), network.masks[layer].numpy()
    units, kept = len(mask), int(mask.any(axis=tuple(range(1, mask.ndim))).sum())
    filters = weights.ndim == 4 and weights.shape[1] == 1
    st.markdown(
        t("{kept} of {units} filters left. Blue: above zero, purple: below", kept=kept, units=units)
        if filters
        else t("{kept} of {units} units (rows) left. Blue: above zero, purple: below", kept=kept, units=units),
        help=t("The stronger the colour, the larger the weight. A unit that is removed as a whole is grey."),
    )
    with st.container(key="filters" if filters else "matrix"):
        told = t(
            "Weights of {layer}, one row a unit: {share} of them are kept, {left} of {units} units have any left.",
            layer=layer,
            share=format_percent(mask.mean()),
            left=kept,
            units=units,
        )
        st.image(mask_image(weights, mask), width="stretch", alt=told)
