"""Work that belongs to one visit: in the workers, or beside the page for what only this process holds."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.jobs.background import BackgroundJob, BackgroundThread
from core.jobs.job import Job
from pages.shared import visit, workers


def submit_job(work: str, *arguments: Any, **how: Any) -> Job:
    """Queue work from `core.jobs.work` for this visit alone; it ends a while after the visit's last tab is gone.

    how: `keep` and `compact`, as `Jobs.submit` takes them. Raises QueueFull.
    """
    return workers.jobs().submit(visit.visit_key(), work, *arguments, alive=visit.presence_check(), **how)


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
        st.session_state[key] = kept = KeptWork(about, _background().submit(make, visit.presence_check()))
    return kept.job


def compute_once(key: str, about: Any, compute: Callable[[], Any]) -> Any:
    """Return what is kept in the visit under a key if it is about the same, else have it computed and wait for it."""
    return start_once(key, about, lambda: iter([compute()])).result()
