"""A download that takes long to write: made by a worker once somebody asks for it, kept in the store, then offered."""

import functools
import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.jobs.job import Job
from core.jobs.work import PackProgress
from core.keys import about
from core.measure import Quality
from core.stages import Subject
from core.store import Store, put_artefact, read_artefact
from pages.shared import answers, cache, in_class, workers
from pages.shared.errors import show_error
from pages.shared.in_hand import InHand
from pages.shared.job_button import job_button
from pages.shared.storage import store
from pages.shared.words import language, t


def offer_packing(hand: InHand, name_of_format: str, file: str, button: DeltaGenerator, below: DeltaGenerator) -> None:
    """Offer to have a worker write the network in hand in a format; then how far that is, and the file at last.

    file: its name; button, below: where the offer stands, and what becomes of it.
    """
    if in_class.competes():
        with button:
            in_class.say_why_hidden()
        return
    job = job_button(
        button,
        name_of_format.upper(),
        "pack",
        *(hand.subject, hand.recipe, (name_of_format,), language()),
        key=f"pack-{name_of_format}",
        width="stretch",
        known=(known_figures(hand),),
        keep=holds_packed,
        compact=functools.partial(keep_packed, functools.partial(_save, store())),
        stop=False,
    )
    if job is None:
        return
    with below:
        st.fragment(_draw, run_every=0.5 if job.active else None)(job, job.active, name_of_format, file)


def known_figures(hand: InHand) -> dict[tuple[str, str], Quality]:
    """Return what is known already of the stages behind what is in hand: (stage, split) -> quality."""
    subject = hand.subject
    found: dict[tuple[str, str], Quality] = {}
    for stage in (cache.dense_stage(subject), cache.pruned_stage(subject), subject):
        for split in ("validation", "test"):
            quality = _known(stage, split)
            if quality is not None:
                found[stage.stage, split] = quality
    return found


def _known(stage: Subject, split: str) -> Quality | None:
    """Return how good one stage is on a split, if somebody has asked before."""
    if split == "test":
        return answers.memo().peek(about(stage, "test"))
    if stage.stage == "dense":
        return cache.known_dense_quality(stage.network)
    result = cache.known_result(stage)
    return None if result is None else result.quality


def holds_packed(progress: Any) -> bool:
    """Whether a worker has sent the bytes themselves."""
    return progress.packed is not None


def keep_packed(save: Callable[[Any], str], results: tuple[Any, ...]) -> tuple[Any, ...]:
    """Put what workers have packed into the store, so that no visit holds it in this server's memory.

    save: (progress that holds bytes) -> the hash under which the store has them. Raises StoreUnavailable.
    """
    return tuple(replace(each, packed=None, artefact=save(each)) if holds_packed(each) else each for each in results)


def _save(kept_in: Store, progress: PackProgress) -> str:
    return put_artefact(kept_in, progress.packed or b"")


def _draw(job: Job, busy: bool, name_of_format: str, file: str) -> None:
    if busy and not job.active:
        st.rerun()
    if job.error:
        show_error(*job.error)
    elif job.results:
        st.download_button(
            t("Download {form}", form=name_of_format.upper()),
            _content(job.results[-1].artefact),
            file,
            "application/zip",
            key=f"packed-{name_of_format}",
            on_click="ignore",
            type="primary",
            width="stretch",
        )
    elif job.state == "stopped":
        st.caption(t("This was stopped."))
    else:
        now: PackProgress | None = job.progress
        if now is None:
            st.caption(t("Waiting for a free worker ...") if job.state == "waiting" else t("Getting ready ..."))
        else:
            st.progress(now.done / now.of, t(now.doing))
        key = f"stop-pack-{name_of_format}"
        st.button(t("Stop"), on_click=workers.jobs().stop, args=(job,), key=key, width="stretch")


def _content(artefact: str) -> Callable[[], bytes]:
    """Return how the file is read once somebody clicks; by then the store may have needed its room."""
    files, gone = store().files, t("The store of this server needed the room of this file. Have it written again.")
    return lambda: read_artefact(files, artefact) or pack_text(gone)


def pack_text(content: str) -> bytes:
    """Return a zip that holds nothing but a text."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("NOT-WRITTEN.txt", content)
    return packed.getvalue()
