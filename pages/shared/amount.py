"""How much is removed: the slider "Pruning threshold", in percent of the weights or in the unit of what is compared."""

import math
from dataclasses import replace

import streamlit as st

from core.language import text
from core.pruning import PruningPlan
from core.stages import Subject
from pages.shared import cache, link
from pages.shared.sparsities import SLIDER_END, SLIDER_STEP
from pages.shared.words import option_labels, t

USUAL_PERCENT = 80.0
"""Percent removed when the page opens: where the drop of the first model is just visible."""

UNITS = {"share": "%", "score": text("score")}
"""What the slider counts: the share of the weights that goes, or the score below which a weight goes."""

PLACES = 200
"""Places of the slider in scores."""


def choose_amount(name: str, base: PruningPlan) -> tuple[PruningPlan, float]:
    """Let people choose how much goes; return the plan with it, and the percent that the slider stands for.

    base: the plan without an amount. It lives in the link, under `threshold` as percent or under `cut` as a score.
    """
    slider, switch = st.columns([6, 1], vertical_alignment="bottom", gap="small")
    patterned = base.pattern is not None
    own_cuts = base.choices.scope.own_cuts
    with switch:
        unit = "share" if patterned or own_cuts else _choose_unit()
    with slider:
        if unit == "share":
            percent = choose_percent(patterned)
            link.say("cut", "")
            return (base if patterned else replace(base, sparsity=percent / 100)), percent
        plan = replace(base, threshold=_choose_score(name, base))
    link.say("threshold", "")
    return plan, 100 * cache.network(Subject(name, plan)).sparsity


def _choose_unit() -> str:
    if link.requested("cut") is not None and "unit" not in st.session_state:
        st.session_state["unit"] = "score"
    link.read_choice("unit", UNITS, usual="share")
    unit = st.selectbox(
        t("Unit"),
        list(UNITS),
        format_func=option_labels(UNITS),
        key="unit",
        help=t("The share of all weights that goes; or the score itself, below which a weight goes, wherever it is."),
        persist_state="session",
    )
    link.keep_choice("unit", unit)
    return unit


def choose_percent(patterned: bool) -> float:
    """Ask for percent of the weights; patterned: whether a pattern decides that, so that the slider is switched off."""
    wanted = link.requested("threshold")
    start = None if wanted is None else _read_number(wanted, SLIDER_END)
    if not link.restore_choice("threshold") and "threshold" not in st.session_state and start is not None:
        st.session_state["threshold"] = start
    link.start_as_usual("threshold", USUAL_PERCENT)
    percent = st.slider(
        t("Pruning threshold"),
        0.0,
        SLIDER_END,
        USUAL_PERCENT,
        SLIDER_STEP,
        format="%.1f %%",
        help=t("How many of the weights go: the least important ones first, wherever in the network they are.")
        if not patterned
        else t("The pattern decides how much goes; choose single weights or units below to slide again."),
        key="threshold",
        persist_state="session",
        disabled=patterned,
    )
    if wanted is not None and start is None:
        st.warning(
            t(
                "The link names a threshold that is no number from 0 to {end}: {wanted!r}. This is {percent:.1f} % "
                "instead.",
                end=SLIDER_END,
                wanted=wanted[:60],
                percent=percent,
            )
        )
    link.keep_choice("threshold", percent)
    link.say("threshold", "" if patterned else f"{percent:g}")
    return percent


def _choose_score(name: str, base: PruningPlan) -> float:
    """Ask for the score below which a weight goes, from nothing to where the slider in percent ends."""
    key = f"cut {name} {base.criterion} {base.granularity} {base.scope} {base.norm}"
    highest = _round_up(cache.score_at(name, base, SLIDER_END / 100))
    wanted = link.requested("cut")
    given = None if wanted is None else _read_number(wanted, math.inf)
    usual = _nearest(cache.score_at(name, base, st.session_state.get("threshold", USUAL_PERCENT) / 100), highest)
    kept = st.session_state.get("kept", {}).get(key)
    if key not in st.session_state:
        st.session_state[key] = min(given if given is not None else kept if kept is not None else usual, highest)
    score = st.slider(
        t("Pruning threshold"),
        0.0,
        highest,
        step=highest / PLACES,
        format="%.4g",
        key=key,
        help=t("Each weight whose score lies below this goes; how much of each layer that is, the figures say."),
        persist_state="session",
    )
    if wanted is not None and given is None:
        st.warning(
            t(
                "The link names a cut that is no score: {wanted!r}. This is {score:.4g} instead.",
                wanted=wanted[:60],
                score=score,
            )
        )
    link.keep_choice(key, score)
    link.keep_choice("cut", score)
    link.say("cut", repr(float(score)))
    return float(score)


def _nearest(score: float, highest: float) -> float:
    """Return the place of the slider that is nearest to a score."""
    return round(PLACES * score / highest) * highest / PLACES if highest else 0.0


def _round_up(score: float) -> float:
    """Return a number of two digits that is at least a score, for the end of a scale."""
    if score <= 0:
        return 1.0
    unit = 10.0 ** (math.floor(math.log10(score)) - 1)
    return math.ceil(score / unit) * unit


def _read_number(written: str, highest: float) -> float | None:
    """Read a number from 0 to a highest one out of the link; None if it is none."""
    try:
        number = float(written)
    except ValueError:
        return None
    return number if 0 <= number <= highest and math.isfinite(number) else None
