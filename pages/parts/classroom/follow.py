"""How a page keeps up with its class: now and then it reads one row, and draws anew only what has changed."""

from collections.abc import Callable

import streamlit as st

from core.classroom import Status, read_status
from core.store import StoreUnavailable
from pages.parts.classroom import state
from pages.parts.classroom.state import Inside
from pages.shared.storage import store
from pages.shared.words import t

TEACHER_EVERY, LEARNER_EVERY = 0.4, 1.0
"""Seconds between two looks; a teacher waits for thirty, and thirty look."""


def follow(inside: Inside, draw: Callable[[Status], None] | None = None) -> None:
    """Draw the page anew once the class is somewhere else, or gone, or has removed this learner.

    Until then draw what is given, here, at each look.

    draw: shows what comes in, such as guesses; for learners, also what a guess is about, whether it is asked for or
    shown, so that thirty pages turn to it in the time that a few would take to be drawn anew.
    """
    st.fragment(_look, run_every=TEACHER_EVERY if inside.teaches else LEARNER_EVERY)(inside, draw)


def _look(inside: Inside, draw: Callable[[Status], None] | None) -> None:
    try:
        now = read_status(store(), inside.code)
        if now is None or _elsewhere(inside, now):
            st.rerun()
        elif draw:
            draw(now)
    except StoreUnavailable:
        st.caption(t("The class does not answer just now; this page looks again by itself."))


def _elsewhere(inside: Inside, now: Status) -> bool:
    """Whether the page is to be drawn anew; the teacher's buttons say where a guess is, so hers is at every phase."""
    if inside.teaches:
        return now.place != inside.status.place
    if all(each.id != inside.me.id for each in state.learners_of(now)):
        return True
    return now.place_without_phase != inside.status.place_without_phase
