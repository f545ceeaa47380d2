"""A classifier of the Hub by its id: asked for, fetched, and in hand on every page."""

import contextlib

import streamlit as st

from core.jobs.job import Job
from core.stages import catalogue_name
from core.store import StoreUnavailable
from core.tasks.hub.kept import MOST_KEPT
from core.tasks.hub.local import PREFIX, full_name
from core.tasks.hub.lookup import HubModel
from pages.shared import cache, visit
from pages.shared.download_offer import show_download
from pages.shared.errors import show_error
from pages.shared.own_networks import add_own_network
from pages.shared.visitor_work import submit_job
from pages.shared.words import t

JOB = "hub"
"""Under this name a visit has what it fetches."""


def ask_for_hub_model() -> None:
    """Ask for an id and a revision; once that network is here, put it in hand."""
    one, two, three = st.columns([3, 2, 1], vertical_alignment="bottom", gap="medium")
    wanted = one.text_input(
        t("Classifier of texts or pictures of the Hub"),
        "distilbert/distilbert-base-uncased-finetuned-sst-2-english",
        key="hub-name",
        help=t("Its id, as in owner/name. It has to come as safetensors; no code of it is run."),
    )
    revision = two.text_input(t("Revision"), "main", key="hub-revision", help=t("A branch, a tag or a commit."))
    jobs = visit.memory().jobs
    job: Job | None = jobs.get(JOB)
    if three.button(t("Fetch"), key="hub", type="primary", width="stretch", disabled=job is not None and job.active):
        jobs[JOB] = job = submit_job("hub", wanted.strip(), revision.strip(), keep=_is_found)
    if job is None:
        st.caption(
            t(
                "Only this server's own way to the internet is used. It keeps {most} networks for the next visitor; "
                "those that nobody uses go first.",
                most=MOST_KEPT,
            )
        )
    elif job.active:
        st.fragment(_follow, run_every=0.5)(job)
    elif job.error:
        show_error(*job.error)
    elif job.results:
        _take_in_hand(job.results[-1])


def _take_in_hand(found: HubModel) -> None:
    """Note a network in the visit and begin a new run with it in hand. Raises BadInput if it cannot be used."""
    network = full_name(found.name, found.revision)
    title = cache.task(network).info.title
    visit.memory().jobs.pop(JOB, None)
    with contextlib.suppress(StoreUnavailable):  # it is in the address all the same
        add_own_network(network, title)
    st.session_state["model next"] = network
    st.rerun()


def say_which_revision(network: str) -> None:
    """Say which commit of the Hub a network is, and what its authors allow."""
    name = catalogue_name(network)
    wanted, _, commit = name.removeprefix(PREFIX).partition("@")
    licence = cache.info(name).source.rpartition("licence: ")[2]
    st.caption(
        t(
            "{network}, pinned at commit {commit}. Licence: {licence}.",
            network=wanted,
            commit=commit[:12],
            licence=licence,
        )
    )


def _is_found(payload: object) -> bool:
    return isinstance(payload, HubModel)


def _follow(job: Job) -> None:
    if not job.active:
        st.rerun()
    show_download(job)
