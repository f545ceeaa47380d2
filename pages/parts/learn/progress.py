"""What a visit has guessed and answered in lessons, kept with the visit."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.store import StoreUnavailable
from pages.shared import visit

PLACE = "lessons"
"""Under this name the visit keeps them, and a session has a copy: lesson -> id of a step -> what was said."""

Said = dict[str, dict[str, Any]]


def said(lesson: str) -> dict[str, Any]:
    """Return what this visit has guessed and answered in one lesson."""
    if PLACE not in st.session_state:
        try:
            st.session_state[PLACE] = _readable(visit.kept(PLACE))
        except StoreUnavailable:
            st.session_state[PLACE] = {}
    return st.session_state[PLACE].get(lesson, {})


def say(lesson: str, step: str, value: Any) -> None:
    """Keep a guess or an answer; the first one stays, since a guess after seeing is none."""

    def add(everything: Said) -> Said:
        return {**everything, lesson: {step: value, **everything.get(lesson, {})}}

    _change(add)


def forget(lesson: str) -> None:
    """Begin a lesson anew."""
    _change(lambda everything: {name: each for name, each in everything.items() if name != lesson})


def _change(change: Callable[[Said], Said]) -> None:
    """Change what is kept; where the store cannot, in this session alone."""
    try:
        st.session_state[PLACE] = visit.change_kept(PLACE, lambda found: change(_readable(found)))
    except (StoreUnavailable, ValueError):
        st.session_state[PLACE] = change(_readable(st.session_state.get(PLACE)))


def _readable(found: Any) -> Said:
    """Return what can be read of what is kept."""
    known = found if isinstance(found, dict) else {}
    return {name: dict(each) for name, each in known.items() if isinstance(each, dict)}
