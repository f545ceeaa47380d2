"""What a model needs and this server has not got yet: an offer to fetch it, and how far that is."""

from collections.abc import Sequence

import streamlit as st

from core.downloads import RemoteFile
from core.jobs.job import Job
from core.stages import catalogue_name
from core.tasks import missing
from pages.shared import cache, shared_work, workers
from pages.shared.errors import show_error
from pages.shared.format import format_bytes
from pages.shared.shared_work import SharedWork
from pages.shared.words import t


def offer_download(name: str) -> bool:
    """Offer to fetch what a model needs, where some of it is missing; return whether all of it is here."""
    name = catalogue_name(name)
    if not missing(name):
        return True
    job = _download(name).job
    busy = job is not None and job.active
    st.fragment(_draw_offer, run_every=0.5 if busy else None)(name, busy)
    return False


def _download(name: str) -> SharedWork:
    """Return the download for a model, one for all visitors; it goes on whoever looks, and only a person begins it."""
    return shared_work.find("fetch", name, lambda known: (name,), keep=_keep_nothing, patience=None)


def _keep_nothing(payload: object) -> bool:
    return False


def _draw_offer(name: str, busy: bool) -> None:
    absent, job = missing(name), _download(name).job
    active = job is not None and job.active
    if not absent or active != busy:
        st.rerun()
    with st.container(border=True):
        if job is not None and job.active:
            show_download(job)
            return
        if job is not None:
            _say_why_it_ended(job)
        whole = format_bytes(sum(each.size for each in absent))
        st.markdown(_describe(absent, whole))
        if st.button(t("Fetch {size}", size=whole), type="primary", key="fetch"):
            _download(name).begin()
            st.rerun()


def _say_why_it_ended(job: Job) -> None:
    if job.error:
        show_error(*job.error)
        shipped = t(", ").join(t(info.title).split(" - ")[0] for info in cache.tasks().values() if info.shipped)
        st.caption(t("Without a network, these work all the same: {names}.", names=shipped))
    elif job.state == "stopped":
        st.caption(t("The download was stopped; nothing of it is kept."))


def _describe(absent: Sequence[RemoteFile], whole: str) -> str:
    """Say what is missing, how large it is, and where it comes from."""
    return t(
        "This model does not ship with the app. It needs {files}: **{size}**, from {hosts}. They are compared with "
        "their published hash and then kept for everybody who uses this server.",
        files=t(" and ").join(t(each.what) for each in absent),
        size=whole,
        hosts=t(" and ").join(dict.fromkeys(each.url.split("/")[2] for each in absent)),
    )


def show_download(job: Job) -> None:
    """Say how far a download is, and offer to stop it."""
    told, stop = st.columns([4, 1], vertical_alignment="center")
    with told:
        now = job.progress
        if now is None:
            st.caption(t("Waiting for a free worker ...") if job.state == "waiting" else t("Asking for it ..."))
        elif now.of:
            far = {"what": t(now.what), "done": format_bytes(now.done), "of": format_bytes(now.of)}
            st.progress(
                min(1.0, now.done / now.of),
                t("{what}: {done} of {of}", **far)
                if now.left is None
                else t("{what}: {done} of {of}, {left:.0f} seconds left", left=now.left, **far),
            )
        else:
            st.progress(1.0, t("{what}: {done:,} files", what=t(now.what), done=now.done))
    if stop.button(t("Stop"), key="stop-fetch", width="stretch", help=t("For everybody who waits for this download.")):
        workers.jobs().stop(job)
