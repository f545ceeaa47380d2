"""Which model, how much, and in which ways: the choices that every page shares, kept in the link."""

from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.pruning import PruningPlan
from pages.shared import cache, link
from pages.shared.download_offer import fetched
from pages.shared.plan_form import ways

DEFAULT = 80.0
"""Percent removed when the page opens: where the drop of the first model is just visible."""


def pick_model() -> str:
    """Let people pick a model; it lives in the link."""
    known = cache.tasks()
    asked = link.asked("model")
    first = not link.restore("model") and "model" not in st.session_state
    if first and asked in known:
        st.session_state.model = asked
    name = st.selectbox(
        "Pretrained model",
        list(known),
        format_func=lambda each: known[each].title,
        help="A network that has already learned its task; you will take parts of it away.",
        key="model",
        persist_state="session",
    )
    if first and asked not in {None, *known}:
        st.warning(f"The link names a model that is not here: {asked[:60]!r}. This is {known[name].title} instead.")
    link.keep("model", name)
    st.query_params["model"] = name
    return name


def slide(patterned: bool) -> float:
    """Let people choose how much goes, in percent; it lives in the link."""
    cut = link.asked("threshold")
    if not link.restore("threshold") and "threshold" not in st.session_state and cut is not None and _is_threshold(cut):
        st.session_state["threshold"] = float(cut)
    value = st.slider(
        "Pruning threshold",
        0.0,
        cache.HIGHEST,
        DEFAULT,
        cache.STEP,
        format="%.1f %%",
        help="How many of the weights go: the least important ones first, wherever in the network they are."
        if not patterned
        else "The pattern decides how much goes; choose single weights or units below to slide again.",
        key="threshold",
        bind="query-params",
        persist_state="session",
        disabled=patterned,
    )
    if cut is not None and not _is_threshold(cut):
        what = f"The link names a threshold that is no number from 0 to {cache.HIGHEST}: {cut[:60]!r}."
        st.warning(f"{what} This is {value:.1f} % instead.")
    link.keep("threshold", value)
    return value


def _is_threshold(text: str) -> bool:
    try:
        return 0 <= float(text) <= cache.HIGHEST
    except ValueError:
        return False


def choose(top: DeltaGenerator, details: DeltaGenerator) -> tuple[str, PruningPlan, float]:
    """Ask for model and amount in `top`, for the ways in `details`; return model, plan, and the slider's place."""
    notes = top.container()
    link.mention_unknown(st.query_params, notes)
    left, right = top.columns([2, 3], vertical_alignment="bottom", gap="medium")
    with left:
        name = pick_model()
    with top:
        if not fetched(name):
            st.stop()
    with right:
        kept = st.session_state.get("kept", {})
        value = slide(st.session_state.get("remove", kept.get("remove", link.asked("remove"))) == "N:M")
    with details:
        base = ways(name, notes)
    return name, base if base.pattern else replace(base, sparsity=value / 100), value
