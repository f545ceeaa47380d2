"""Which model, how much, and in which ways: the choices that every page shares, kept in the link."""

from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.pruning import PruningPlan
from pages.shared import cache, link
from pages.shared.download_offer import offer_download
from pages.shared.plan_form import choose_plan
from pages.shared.sparsities import SLIDER_END, SLIDER_STEP

DEFAULT_PERCENT = 80.0
"""Percent removed when the page opens: where the drop of the first model is just visible."""


def choose_model_and_plan(top: DeltaGenerator, details: DeltaGenerator) -> tuple[str, PruningPlan, float]:
    """Ask for model and amount in `top`, for the ways in `details`; return model, plan, and the slider's percent."""
    notes = top.container()
    link.warn_of_unknown(st.query_params, notes)
    left, right = top.columns([2, 3], vertical_alignment="bottom", gap="medium")
    with left:
        name = choose_model()
    with top:
        if not offer_download(name):
            st.stop()
    with right:
        kept = st.session_state.get("kept", {})  # the ways are asked for below, so this looks ahead
        remove = st.session_state.get("remove", kept.get("remove", link.requested("remove")))
        percent = choose_percent(patterned=remove == "N:M")
    with details:
        base = choose_plan(name, notes)
    return name, base if base.pattern else replace(base, sparsity=percent / 100), percent


def choose_model() -> str:
    """Let people choose a model; it lives in the link."""
    known = cache.tasks()
    wanted = link.requested("model")
    first = not link.restore_choice("model") and "model" not in st.session_state
    if first and wanted in known:
        st.session_state.model = wanted
    name = st.selectbox(
        "Pretrained model",
        list(known),
        format_func=lambda each: known[each].title,
        help="A network that has already learned its task; you will take parts of it away.",
        key="model",
        persist_state="session",
    )
    if first and wanted is not None and wanted not in known:
        st.warning(f"The link names a model that is not here: {wanted[:60]!r}. This is {known[name].title} instead.")
    link.keep_choice("model", name)
    st.query_params["model"] = name
    return name


def choose_percent(patterned: bool) -> float:
    """Let people choose how much goes, in percent; it lives in the link, under the slider's old name `threshold`.

    patterned: whether a pattern decides that, so that the slider is switched off.
    """
    wanted = link.requested("threshold")
    start = None if wanted is None else _read_percent(wanted)
    if not link.restore_choice("threshold") and "threshold" not in st.session_state and start is not None:
        st.session_state["threshold"] = start
    percent = st.slider(
        "Pruning threshold",
        0.0,
        SLIDER_END,
        DEFAULT_PERCENT,
        SLIDER_STEP,
        format="%.1f %%",
        help="How many of the weights go: the least important ones first, wherever in the network they are."
        if not patterned
        else "The pattern decides how much goes; choose single weights or units below to slide again.",
        key="threshold",
        bind="query-params",
        persist_state="session",
        disabled=patterned,
    )
    if wanted is not None and start is None:
        problem = f"The link names a threshold that is no number from 0 to {SLIDER_END}: {wanted[:60]!r}."
        st.warning(f"{problem} This is {percent:.1f} % instead.")
    link.keep_choice("threshold", percent)
    return percent


def _read_percent(text: str) -> float | None:
    """Read a place of the slider from the link; None if it is none."""
    try:
        percent = float(text)
    except ValueError:
        return None
    return percent if 0 <= percent <= SLIDER_END else None
