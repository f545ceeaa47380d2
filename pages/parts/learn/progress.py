"""What a visit has guessed and answered in lessons, kept with the visit."""

import contextlib
from typing import Any

import streamlit as st

from core.store import StoreUnavailable, read_state, save_state
from pages.shared import visit
from pages.shared.storage import store

PLACE = "lessons"
"""Under this name the state of a visit in the store has them: lesson -> id of a step -> what was said."""


def said(lesson: str) -> dict[str, Any]:
    """Return what this visit has guessed and answered in one lesson."""
    return _all().get(lesson, {})


def say(lesson: str, step: str, value: Any) -> None:
    """Keep a guess or an answer; the first one stays, since a guess after seeing is none."""
    everything = _all()
    everything.setdefault(lesson, {}).setdefault(step, value)
    _keep(everything)


def forget(lesson: str) -> None:
    """Begin a lesson anew."""
    everything = _all()
    everything.pop(lesson, None)
    _keep(everything)


def _all() -> dict[str, dict[str, Any]]:
    if PLACE not in st.session_state:
        found: Any = None
        with contextlib.suppress(StoreUnavailable):
            found = read_state(store(), visit.visit_key()).get(PLACE)
        known = found if isinstance(found, dict) else {}
        st.session_state[PLACE] = {name: dict(each) for name, each in known.items() if isinstance(each, dict)}
    return st.session_state[PLACE]


def _keep(everything: dict[str, dict[str, Any]]) -> None:
    st.session_state[PLACE] = everything
    with contextlib.suppress(StoreUnavailable, ValueError), visit.memory().lock:
        save_state(store(), visit.visit_key(), {**read_state(store(), visit.visit_key()), PLACE: everything})
