"""Work that starts when somebody asks for it, about the model on the page, one of a kind in a visit."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.jobs import Job
from pages.parts import border


def asked(place: DeltaGenerator, label: str, work: str, name: str, *about: object, **looks: str) -> Job | None:
    """Offer a button that starts the work; return its job if that is about this model and the same `about`."""
    key = f"asked-{work}"
    job: Job | None = st.session_state.get(key)
    mine = job is not None and job.arguments == (name, *about)
    if place.button(label, key=work, disabled=mine and job.active, **looks):
        if job is not None and job.active:
            border.jobs().stop(job)
        st.session_state[key] = job = border.jobs().submit(border.visitor(), work, name, *about)
        mine = True
    return job if mine else None


def pending(job: Job, busy: bool, doing: str) -> bool:
    """Say what keeps a job from having results, if it has none yet; draw the page anew when it has just ended."""
    if busy and not job.active:
        st.rerun()
    if job.error:
        st.error(" ".join(job.error), icon=":material/error:")
    if not job.results:
        st.caption("Waiting for a free worker ..." if job.state == "waiting" else doing)
    return not job.results
