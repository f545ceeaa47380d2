"""Trying networks by hand: one question, answered by the dense, the pruned and the fine-tuned one side by side."""

import re
from typing import Any

import streamlit as st

from core.experiment import STAGE_TITLES
from core.language import text
from core.stages import Subject
from core.tasks.demo import Demo
from pages.shared import cache, fine_tunes
from pages.shared.errors import show_errors
from pages.shared.words import say_rows, t

DRAW_HELP = text("Another number, another roll of the dice; the same one brings the same text again.")


def offer_demo(subject: Subject) -> None:
    """Offer the task's own question, once somebody opens the panel."""
    name = subject.network
    demo = cache.task(name).demo
    if demo is None:
        return
    panel = st.expander(t(demo.invitation), key=f"trial-{name}", on_change="rerun")
    if panel.open:
        with panel:
            st.fragment(_draw_demo)(subject, demo)


def _draw_demo(subject: Subject, demo: Demo) -> None:
    question = _ask(subject.network, demo)
    chance = _ask_for_draw(subject.network, demo)
    with show_errors():
        answers = {stage: demo.answer(model, question, *chance) for stage, model in networks(subject).items()}
        for place, (stage, answer) in zip(st.columns(len(answers), gap="medium"), answers.items(), strict=True):
            place.markdown(t("**{stage}**: {answer}", stage=t(stage), answer=answer.said))
            if answer.text:
                place.container(border=True).markdown(f"... {plain(answer.text)}")
            if answer.image:
                told = t("Picture of the answer. {stage}: {said}", stage=t(stage), said=t(answer.said))
                place.image(answer.image, width="content", output_format="auto", alt=told)
            if answer.rows:
                place.dataframe(say_rows(answer.rows), hide_index=True)
            if stage != "Dense" and (compared := demo.compare(answers["Dense"], answer)):
                place.caption(t(compared))


def _ask(name: str, demo: Demo) -> int | str:
    """Ask for a number or a text, as the question has it."""
    key, label, help = f"question-{name}", t(demo.label), t(demo.help)
    if isinstance(demo.start, int):
        return st.number_input(label, value=demo.start, step=1, help=help, key=key, persist_state="session")
    return st.text_input(label, demo.start, help=help, key=key, persist_state="session")


def _ask_for_draw(name: str, demo: Demo) -> tuple[int, ...]:
    """Ask which of its draws is wanted of a question that chance has a part in; () for the others."""
    if not demo.draw:
        return ()
    key, label, help = f"draw-{name}", t(demo.draw), t(DRAW_HELP)
    return (st.number_input(label, 1, value=1, step=1, help=help, key=key, persist_state="session"),)


def plain(written: str) -> str:
    """Write a text so that Markdown shows it as it is."""
    return re.sub(r"([^\w\s])", r"\\\1", written)


def networks(subject: Subject) -> dict[str, Any]:
    """Return the dense and the pruned network, and the repaired or fine-tuned one in hand, or the visit's latest."""
    name, plan = subject.network, subject.plan
    found = {"Dense": cache.task(name).model, "Pruned": cache.network(Subject(name, plan)).model}
    latest = None if subject.tuned else fine_tunes.fine_tune_of(name, plan)
    tuned = latest.subject if latest else subject
    if tuned.tuned:
        found[STAGE_TITLES[tuned.stage]] = cache.network(tuned).model
    return found
