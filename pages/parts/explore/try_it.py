"""Trying networks by hand: one question, answered by the dense, the pruned and the fine-tuned one side by side."""

from typing import Any

import streamlit as st

from core.pruning import PruningPlan
from core.tasks.demo import Demo
from pages.shared import cache, fine_tunes
from pages.shared.errors import show_errors


def offer_demo(name: str, plan: PruningPlan) -> None:
    """Offer the task's own question, once somebody opens the panel."""
    demo = cache.task(name).demo
    if demo is None:
        return
    panel = st.expander(demo.invitation, key=f"trial-{name}", on_change="rerun")
    if panel.open:
        with panel:
            st.fragment(_draw_demo)(name, plan, demo)


def _draw_demo(name: str, plan: PruningPlan, demo: Demo) -> None:
    question = _ask(name, demo)
    with show_errors():
        answers = {stage: demo.answer(model, question) for stage, model in networks(name, plan).items()}
        for place, (stage, answer) in zip(st.columns(len(answers), gap="medium"), answers.items(), strict=True):
            place.markdown(f"**{stage}**: {answer.said}")
            if answer.image:
                place.image(answer.image, width="content", output_format="auto")
            if answer.rows:
                place.dataframe(list(answer.rows), hide_index=True)
            if stage != "Dense" and (compared := demo.compare(answers["Dense"], answer)):
                place.caption(compared)


def _ask(name: str, demo: Demo) -> int | str:
    """Ask for a number or a text, as the question has it."""
    key = f"question-{name}"
    if isinstance(demo.start, int):
        return st.number_input(demo.label, value=demo.start, step=1, help=demo.help, key=key, persist_state="session")
    return st.text_input(demo.label, demo.start, help=demo.help, key=key, persist_state="session")


def networks(name: str, plan: PruningPlan) -> dict[str, Any]:
    """Return the dense, the pruned, and, if this visit has one of this plan, the fine-tuned network."""
    found = {"Dense": cache.task(name).model, "Pruned": cache.pruned(name, plan).model}
    tuned = fine_tunes.fine_tune_of(name, plan)
    if tuned:
        found["Fine-tuned"] = fine_tunes.rebuild_network(tuned).model
    return found
