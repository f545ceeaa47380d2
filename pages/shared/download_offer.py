"""What a model needs and this server has not got yet: an offer to fetch it, and how far that is."""

import streamlit as st

from core.jobs.pool import Job
from core.tasks import missing
from pages.shared import cache, shared_work
from pages.shared.format import size
from pages.shared.shared_work import SharedWork


def _download(name: str) -> SharedWork:
    """The download for a model, one for all visitors; it takes its time whoever looks, and only a person begins it."""
    return shared_work.shared("fetch", name, lambda known: (name,), keep=lambda payload: False, patience=None)


def fetched(name: str) -> bool:
    """Whether all that a model needs is here; if not, offer to fetch it in its place on the page."""
    if not missing(name):
        return True
    job = _download(name).job
    busy = job is not None and job.active
    st.fragment(_offer, run_every=0.5 if busy else None)(name, busy)
    return False


def _offer(name: str, busy: bool) -> None:
    absent, job = missing(name), _download(name).job
    active = job is not None and job.active
    if not absent or active != busy:
        st.rerun()
    whole = size(sum(each.size for each in absent))
    with st.container(border=True):
        if active:
            progress(job)
            return
        if job is not None and job.error:
            st.error(" ".join(job.error), icon=":material/error:")
            shipped = ", ".join(info.title.split(" - ")[0] for info in cache.tasks().values() if info.shipped)
            st.caption(f"Without a network, these work all the same: {shipped}.")
        elif job is not None and job.state == "stopped":
            st.caption("The download was stopped; nothing of it is kept.")
        st.markdown(
            f"This model does not ship with the app. It needs {' and '.join(each.what for each in absent)}: "
            f"**{whole}**, from {' and '.join(dict.fromkeys(each.url.split('/')[2] for each in absent))}. They are "
            "compared with their published hash and then kept for everybody who uses this server."
        )
        if st.button(f"Fetch {whole}", type="primary", key="fetch"):
            _download(name).begin()
            st.rerun()


def progress(job: Job) -> None:
    """Say how far a download is, and offer to stop it."""
    text, stop = st.columns([4, 1], vertical_alignment="center")
    with text:
        now = job.progress
        if now is None:
            st.caption("Waiting for a free worker ..." if job.state == "waiting" else "Asking for it ...")
        elif now.of:
            left = f", {now.left:.0f} seconds left" if now.left is not None else ""
            st.progress(min(1.0, now.done / now.of), f"{now.what}: {size(now.done)} of {size(now.of)}{left}")
        else:
            st.progress(1.0, f"{now.what}: {now.done:,} files")
    if stop.button("Stop", key="stop-fetch", width="stretch", help="For everybody who waits for this download."):
        cache.jobs().stop(job)
