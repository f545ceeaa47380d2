"""Work that belongs to one visit: in the workers, or beside the page for what only this process holds."""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.runtime import exists, get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.jobs.background import BackgroundJob, BackgroundThread
from core.jobs.job import Job
from pages.shared import workers


def visitor_id() -> str:
    """Return a name for this visit that no other visit has."""
    return st.session_state.setdefault("visitor", secrets.token_hex(8))


def presence_check() -> Callable[[], bool] | None:
    """Return a function that says whether this visit's browser is still connected; None where there is no browser."""
    context = get_script_run_ctx()
    if context is None or not exists():
        return None
    session, runtime = context.session_id, get_instance()
    return lambda: runtime.is_active_session(session)


def submit_job(work: str, *arguments: Any, **how: Any) -> Job:
    """Queue work from `core.jobs.work` for this visit alone; it ends once the visit's browser is gone.

    how: `keep` and `compact`, as `Jobs.submit` takes them. Raises QueueFull.
    """
    return workers.jobs().submit(visitor_id(), work, *arguments, alive=presence_check(), **how)


@st.cache_resource(show_spinner=False)
def _background() -> BackgroundThread:
    return BackgroundThread()


@dataclass(frozen=True, eq=False)
class KeptWork:
    """Hold work of a visit, and what it is about."""

    about: Any
    job: BackgroundJob


def start_once(key: str, about: Any, make: Callable[[], Iterable[Any]]) -> BackgroundJob:
    """Return the work that is kept in the visit under a key if it is about the same, else begin it beside the page."""
    kept: KeptWork | None = st.session_state.get(key)
    if kept is None or kept.about != about or kept.job.stopping.is_set():
        if kept is not None:
            kept.job.stopping.set()  # what was here before makes room first
        st.session_state[key] = kept = KeptWork(about, _background().submit(make, presence_check()))
    return kept.job


def compute_once(key: str, about: Any, compute: Callable[[], Any]) -> Any:
    """Return what is kept in the visit under a key if it is about the same, else have it computed and wait for it."""
    return start_once(key, about, lambda: iter([compute()])).result()
