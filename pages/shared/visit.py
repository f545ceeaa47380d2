"""A visit: what one browser has done here, found again after a reload, in another tab, tomorrow.

The browser keeps a key in a cookie, which is never part of a link; the store keeps what the visit has tried, and this
server's memory what is under way.
"""

import os
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.runtime import exists, get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.memo import Memo
from core.store import StoreUnavailable, begin_visit, forget_visit, new_key, read_state, save_state
from pages.shared import link, workers
from pages.shared.storage import store
from pages.shared.words import t

COOKIE = "pruning-playground-visit"
KEY = re.compile(r"[\w-]{43}")
SCRIPT = Path(__file__).parents[2] / "assets" / "components" / "visit.js"

ABSENCE = float(os.environ.get("PLAYGROUND_ABSENCE", "150"))
"""Seconds that a visit's work goes on without its browser: a lid that was closed, a train in a tunnel."""

MOST_VISITS = 500
"""Visits of which this server's memory holds what is under way."""


@dataclass(eq=False)
class VisitMemory:
    """Hold what is under way in a visit, for all of its tabs and reloads.

    jobs: by their name, as in "fine-tune"; sessions: the connections of the browser, open or not.
    left: when none of them was open any more, on the monotonic clock.
    """

    jobs: dict[str, Any] = field(default_factory=dict)
    sessions: set[str] = field(default_factory=set)
    left: float = field(default_factory=time.monotonic)
    lock: threading.Lock = field(default_factory=threading.Lock)


@st.cache_resource(show_spinner=False)
def _visits() -> Memo:
    return Memo(MOST_VISITS)


@st.cache_resource(show_spinner=False)
def _connections() -> dict[str, str]:
    return {}  # connection -> key of its visit


def visit_key() -> str:
    """Return the key of this visit: that of the browser's cookie, or a new one, which the browser is given."""
    if "visit key" not in st.session_state:
        told = str(st.context.cookies.get(COOKIE, ""))
        st.session_state["visit key"] = told if KEY.fullmatch(told) else new_key()
    return st.session_state["visit key"]


def memory() -> VisitMemory:
    """Return what is under way in this visit."""
    found: VisitMemory = _visits().get(visit_key(), VisitMemory)
    context = get_script_run_ctx()
    if context is not None:
        found.sessions.add(context.session_id)
        _connections()[context.session_id] = visit_key()
    return found


def connected() -> set[str]:
    """Return the keys of the visits whose browser is connected, and forget connections that have ended."""
    connections = _connections()
    if not exists():
        return set(connections.values())
    runtime = get_instance()
    for session in [each for each in tuple(connections) if not runtime.is_active_session(each)]:
        connections.pop(session, None)
    return set(connections.values())


def open_visit() -> None:
    """Begin or go on with a visit: give the browser its key, and note in the store that it is here."""
    key = visit_key()
    if "visit begun" not in st.session_state:
        st.session_state["visit begun"] = True
        try:
            begin_visit(store(), key)
        except StoreUnavailable as error:
            st.session_state["store problem"] = error.what
    memory()
    problem = store().note or st.session_state.get("store problem", "")
    if problem:
        st.sidebar.warning(t(problem), icon=":material/save:")
    if elsewhere := workers.jobs().note:
        st.sidebar.warning(t(elsewhere), icon=":material/lan:")
    keep = st.components.v2.component("visit-key", js=SCRIPT.read_text(encoding="utf-8"))
    with st.container(key="visit"):
        keep(key="visit-key", data={"name": COOKIE, "key": key, "days": 30})


def kept(place: str) -> Any:
    """Return what the store has of this visit under a name; None for nothing. Raises StoreUnavailable."""
    return read_state(store(), visit_key()).get(place)


def change_kept(place: str, change: Callable[[Any], Any]) -> Any:
    """Change what the store has of this visit under a name, and return it; a second tab may change it too.

    change: what is there now, or None -> what is to be there. Raises StoreUnavailable.
    """
    with memory().lock:
        state = read_state(store(), visit_key())
        changed = change(state.get(place))
        save_state(store(), visit_key(), {**state, place: changed})
    return changed


def presence_check() -> Callable[[], bool] | None:
    """Return a function that says whether this visit's browser is here, or was a short while ago; None without one."""
    context = get_script_run_ctx()
    if context is None or not exists():
        return None
    runtime, visit = get_instance(), memory()

    def is_here() -> bool:
        with visit.lock:
            if any(runtime.is_active_session(session) for session in tuple(visit.sessions)):
                visit.left = time.monotonic()
                return True
            return time.monotonic() - visit.left < ABSENCE

    return is_here


def forget() -> None:
    """Delete all that is kept of this visit, and begin a new one; call it from a button."""
    forget_visit(store(), visit_key())
    _visits().put(visit_key(), VisitMemory())
    for key in list(st.session_state):
        del st.session_state[key]
    st.session_state["visit key"] = new_key()
    st.session_state["followed"] = set(link.KNOWN)  # the browser still holds the choices of before
    st.query_params.clear()
