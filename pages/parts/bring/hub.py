"""A text classifier of the Hub by its id: asked for, fetched, and loaded once for all visitors."""

import streamlit as st

from core.jobs.job import Job
from core.tasks import Task
from core.tasks.hub.task import HubModel, load
from pages.shared.download_offer import show_download
from pages.shared.errors import show_error
from pages.shared.visitor_work import submit_job


@st.cache_resource(max_entries=2, show_spinner="Loading the network ...")
def _load(found: HubModel) -> Task:
    return load(found)


def ask_for_hub_model() -> Task | None:
    """Ask for an id and a revision; return the task once it is here."""
    one, two, three = st.columns([3, 2, 1], vertical_alignment="bottom", gap="medium")
    wanted = one.text_input(
        "Text classifier of the Hub",
        "distilbert/distilbert-base-uncased-finetuned-sst-2-english",
        key="hub-name",
        help="Its id, as in owner/name. It has to come as safetensors; no code of it is run.",
    )
    revision = two.text_input("Revision", "main", key="hub-revision", help="A branch, a tag or a commit.")
    job: Job | None = st.session_state.get("job-hub")
    if three.button("Fetch", key="hub", type="primary", width="stretch", disabled=job is not None and job.active):
        st.session_state["job-hub"] = job = submit_job("hub", wanted.strip(), revision.strip(), keep=_is_found)
    if job is None:
        st.caption("Only this server's own way to the internet is used; what was fetched is kept for the next visitor.")
        return None
    if job.active:
        st.fragment(_follow, run_every=0.5)(job)
        return None
    if job.error:
        show_error(*job.error)
    if not job.results:
        return None
    found: HubModel = job.results[-1]
    st.caption(f"{found.name}, pinned at commit {found.revision[:12]}. Licence: {found.licence}.")
    return _load(found)


def _is_found(payload: object) -> bool:
    return isinstance(payload, HubModel)


def _follow(job: Job) -> None:
    if not job.active:
        st.rerun()
    show_download(job)
