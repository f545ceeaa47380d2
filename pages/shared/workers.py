"""The worker processes of this server; apart from the other caches, so that they start before torch is imported."""

from contextlib import AbstractContextManager

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.jobs.pool import Jobs
from core.turns import Turns


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    """Return the workers that do long work."""
    return Jobs()


@st.cache_resource(show_spinner=False)
def turns() -> Turns:
    """Return whose turn it is to have a page drawn."""
    return Turns()


def my_turn() -> AbstractContextManager[None]:
    """Wait until a page may be drawn for this connection, and draw it."""
    context = get_script_run_ctx(suppress_warning=True)
    return turns().turn(context.session_id if context is not None else "", look_up)


def let_others_go_first() -> None:
    """Once a page has what people look at: let everybody else have that too before the rest of it is drawn."""
    turns().step_back(look_up)


def while_others_compute() -> AbstractContextManager[None]:
    """Let other pages be drawn while this one waits for a figure."""
    return turns().elsewhere(look_up)


def look_up() -> None:
    """Let Streamlit end a run whose visitor has moved on: it does so when state is read, and at nothing else here."""
    if get_script_run_ctx() is not None:
        st.session_state.get("visit key")
