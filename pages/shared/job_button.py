"""Work that belongs to one visit and ends with it; and a button that starts some about the model on the page."""

from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime import exists, get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.jobs.pool import Job
from pages.shared import cache


def submit(work: str, *arguments: Any, **how: Any) -> Job:
    """Queue work from `core.jobs.work` for this visit alone; it ends once the visit's browser is gone.

    how: `keep` and `compact`, as `Jobs.submit` takes them. Raises QueueFull.
    """
    return cache.jobs().submit(cache.visitor(), work, *arguments, alive=presence(), **how)


def presence() -> Callable[[], bool] | None:
    """Return a function that says whether this visit's browser is still connected; None where there is no browser."""
    context = get_script_run_ctx()
    if context is None or not exists():
        return None
    session, runtime = context.session_id, get_instance()
    return lambda: runtime.is_active_session(session)


def asked(place: DeltaGenerator, label: str, work: str, name: str, *about: object, **looks: str) -> Job | None:
    """Offer a button that starts the work; return its job if that is about this model and the same `about`."""
    key = f"asked-{work}"
    job: Job | None = st.session_state.get(key)
    mine = job is not None and job.arguments == (name, *about)
    if place.button(label, key=work, disabled=mine and job.active, **looks):
        if job is not None and job.active:
            cache.jobs().stop(job)
        st.session_state[key] = job = submit(work, name, *about)
        mine = True
    return job if mine else None


def pending(job: Job, busy: bool, doing: str) -> bool:
    """Say what keeps a job from having results, if it has none yet; draw the page anew when it has just ended."""
    if busy and not job.active:
        st.rerun()
    if job.error:
        st.error(" ".join(job.error), icon=":material/error:")
    elif not job.results:
        st.caption("Waiting for a free worker ..." if job.state == "waiting" else doing)
    return not job.results
