"""Choices of a plan that the code makes, before their widgets are drawn: the form shows them as if people had."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.experiment import STAGE_TITLES
from core.pruning import PruningPlan
from pages.shared import link

WANTED = "{} wanted"
"""Name of the state that says whether the table of single layers' shares is to be open when it is drawn next."""


def set_plan(name: str, plan: PruningPlan) -> None:
    """Set all choices to those of a plan; call it before any of their widgets is drawn, as a button's callback does."""
    chosen: dict[str, Any] = {
        "model": name,
        "remove": plan.choices.granularity.name,
        "judge": plan.criterion,
        "scope": plan.scope,
        "norm": plan.norm,
        "tables": plan.embeddings,
    }
    if plan.pattern:
        chosen["n"], chosen["m"] = plan.pattern
    elif plan.sparsity is not None:
        chosen["threshold"] = round(100 * plan.sparsity, 1)
    st.session_state.update(chosen)
    for key, value in chosen.items():
        link.keep_choice(key, value)
    set_own_shares(name, plan.granularity, plan.embeddings, dict(plan.overrides))


def set_repair(how: str) -> None:
    """Switch repair on, in one of its ways, or off for "", and look at the stage that this leads to."""
    chosen: dict[str, Any] = {"repair": bool(how), "stage": STAGE_TITLES["repaired" if how else "pruned"]}
    if how:
        chosen["repair-how"] = how
    st.session_state.update(chosen)
    link.keep_choice("repair", bool(how))


def own_shares_keys(name: str, granularity: str, embeddings: bool) -> tuple[str, str]:
    """Name the state that keeps the shares of single layers, and the table in which people edit them."""
    kept = f"own {name} {granularity} {embeddings}"
    return kept, kept.replace(" ", "-")


def set_own_shares(name: str, granularity: str, embeddings: bool, shares: Mapping[str, float]) -> None:
    """Give single layers shares of their own; call it before their table is drawn."""
    kept, table = own_shares_keys(name, granularity, embeddings)
    st.session_state[kept] = dict(shares)
    link.keep_choice(kept, dict(shares))
    st.session_state[WANTED.format(kept)] = bool(shares)
    st.session_state.pop(table, None)
