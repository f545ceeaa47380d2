"""Whether what is left is repaired, and how: a toggle in the bar on top, kept in the link."""

import streamlit as st

from core.experiment import STAGE_TITLES
from core.pruning import REPAIRS
from pages.shared import cache, link
from pages.shared.words import t


def choose_repair(name: str) -> str:
    """Let people have what is left repaired; return how, "" for not at all. It lives in the link."""
    if not link.restore_choice("repair") and "repair" not in st.session_state:
        wanted = link.requested("repair")
        st.session_state["repair"] = wanted in REPAIRS
        if wanted in REPAIRS:
            st.session_state["repair-how"] = wanted
    on = st.toggle(
        t("Repair"),
        key="repair",
        on_change=_turn_to_repaired,
        persist_state="session",
        help=t(
            "Solve for the weights that are left, so that each layer says again what it said in the whole network, on "
            "a few examples without their labels. It takes seconds and no training. A fine-tune begins from there."
        ),
    )
    how: str | None = "once"
    if on:
        how = st.segmented_control(
            t("How to repair"),
            list(REPAIRS),
            default=None if "repair-how" in st.session_state else "once",
            format_func=lambda each: t(REPAIRS[each].label),
            key="repair-how",
            required=True,
            label_visibility="collapsed",
            persist_state="session",
        )
    link.keep_choice("repair", on)
    link.say("repair", how if how and on and cache.task(name).count("train") else "")
    return how if how and on else ""


def _turn_to_repaired() -> None:
    """Look at the repaired network once it is asked for, and at the pruned one once it is not."""
    st.session_state["stage"] = STAGE_TITLES["repaired" if st.session_state["repair"] else "pruned"]
