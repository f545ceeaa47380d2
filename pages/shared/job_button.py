"""A button that starts long work about the model on the page, and what is said until there are results."""

from typing import Any, Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.jobs.job import Job
from pages.shared import visit, workers
from pages.shared.errors import show_error, show_errors
from pages.shared.visitor_work import submit_job
from pages.shared.words import t


def job_button(
    place: DeltaGenerator,
    label: str,
    work: str,
    *arguments: Any,
    key: str,
    type: Literal["primary", "secondary"] = "secondary",
    width: Literal["stretch", "content"] = "content",
    known: tuple[Any, ...] = (),
    stop: bool = True,
    **how: Any,
) -> Job | None:
    """Offer a button that starts the work; return the visit's job if that has the same arguments, whoever drew it.

    key: of the button, and of the job for all tabs of the visit; type, width: how it looks.
    stop: whether it becomes one that stops the work while that is under way; what was found until then stays.
    known: further arguments, which save work and change with what is known meanwhile: a job is the same without them.
    how: as `submit_job` takes it.
    """
    kept, jobs = f"job-{key}", visit.memory().jobs
    latest: Job | None = jobs.get(kept)
    same = latest is not None and latest.arguments[: len(latest.arguments) - len(known)] == arguments
    job = latest if same else None
    if stop and job is not None and job.active:
        place.button(t("Stop"), key=f"stop-{key}", on_click=workers.jobs().stop, args=(job,), width=width)
        return job
    if place.button(label, key=key, disabled=job is not None and job.active, type=type, width=width):
        if latest is not None and latest.active:
            workers.jobs().stop(latest)
        with show_errors():
            jobs[kept] = job = submit_job(work, *arguments, *known, **how)
            if stop:
                st.rerun()  # so that the button is the other one
    return job


def show_until_results(job: Job, busy: bool, doing: str) -> bool:
    """Say why a job has no results yet; return whether it has some. Draw the page anew when it has just ended.

    busy: whether it was active when the page was drawn; doing: what it does before its first result.
    """
    if busy and not job.active:
        st.rerun()
    if job.error:
        show_error(*job.error)
    elif not job.results:
        doings = {"waiting": t("Waiting for a free worker ..."), "stopped": t("Stopped before anything was found.")}
        st.caption(doings.get(job.state, doing))
    return bool(job.results)
