"""Choices in the link: read before a widget is drawn, written after it."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.pruning import PruningPlan


def from_link(key: str, options: Mapping[str, Any]) -> None:
    """Before a widget is drawn: let the link decide what it starts with, and drop a choice it no longer offers."""
    if key not in st.session_state and key in st.query_params:
        asked = st.query_params[key]
        if asked in options:
            st.session_state[key] = asked
        else:
            st.warning(f"The link asks for {key} = {asked[:60]!r}, which is not there; the usual choice is shown.")
    if key in st.session_state and str(st.session_state[key]) not in options:
        del st.session_state[key]


def to_link(key: str, value: str, usual: str) -> None:
    """After a widget is drawn: keep its value in the link, unless it is the usual one."""
    if value != usual:
        st.query_params[key] = value
    elif key in st.query_params:
        del st.query_params[key]


def overrides_of(text: str, names: tuple[str, ...]) -> dict[str, float]:
    """Read "layer:percent,layer:percent" from a link; what does not fit is left out, with a sentence."""
    found = {}
    for part in filter(None, text.split(",")):
        layer, _, share = part.rpartition(":")
        try:
            value = float(share) / 100
        except ValueError:
            value = -1.0
        if layer in names and 0 <= value <= 1:
            found[layer] = value
        else:
            st.warning(f"The link gives a layer a share that does not fit: {part[:60]!r}. It is left out.")
    return found


def to_explore(name: str, **choices: str) -> None:
    """Go to Explore with these choices in the link; the threshold stays as it is in the session."""
    # Told outright, since Streamlit will not clear a link in which a slider is bound.
    st.switch_page("pages/explore.py", query_params={"model": name, **choices})


def open_plan(name: str, plan: PruningPlan) -> None:
    """Set all choices to those of a plan; call it before any of their widgets is drawn, as a button's callback does."""
    patterned = plan.pattern is not None
    chosen = {
        "model": name,
        "remove": "N:M" if patterned else plan.granularity,
        "judge": plan.criterion,
        "scope": plan.scope,
        "norm": plan.norm,
        "tables": plan.embeddings,
    }
    if patterned:
        chosen["n"], chosen["m"] = plan.pattern
    if plan.sparsity is not None and not patterned:
        chosen["threshold"] = round(100 * plan.sparsity, 1)
    st.session_state.update(chosen)
    own = f"{name} {plan.granularity} {plan.embeddings}"
    st.session_state[f"own {own}"] = dict(plan.overrides)
    st.session_state.pop(f"own-{own.replace(' ', '-')}", None)
