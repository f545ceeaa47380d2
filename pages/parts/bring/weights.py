"""Weights of a visitor's own for an architecture that is here: kept in the visit, and in hand on every page."""

import math

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.errors import BadInput
from core.stages import Packed, catalogue_name, pack, with_stored_weights
from core.store import StoreUnavailable, hold_artefact, put_artefact
from core.tasks import Task
from core.tasks.brought import with_checkpoint
from core.uploads import DoesNotFit, max_weights_bytes
from pages.parts.bring.uploads import read_upload, show_first_lines
from pages.shared import cache, visit
from pages.shared.errors import show_error
from pages.shared.own_networks import add_own_network
from pages.shared.storage import store

TAKEN = "weights taken"
"""Under this name a session has the last upload that was put in hand, or could not be kept, and why."""


def ask_for_weights(network: str) -> Task | None:
    """Ask for a checkpoint; what fits is kept and put in hand, on a new run of the page.

    Return a task only for what the store cannot keep: it holds in this page alone.
    """
    name = catalogue_name(network)
    shipped = cache.task(name)
    upload = st.file_uploader(
        "Weights of your own for this architecture, if you have any",
        key=f"weights-{name}",
        max_upload_size=math.ceil(max_weights_bytes(shipped.model.state_dict()) / 1e6),
        help="A state dict as safetensors, or as torch.save writes it (.safetensors, .pt, .pth, .bin ...). It is "
        "compared with the architecture and never executed. What fits is in hand on every page; it is kept in this "
        "visit, and nobody else sees it, until you forget the visit.",
    )
    taken, why_not = st.session_state.get(TAKEN, ("", ""))
    if upload is not None and taken == upload.file_id and not why_not:
        return None
    task = _read(name, shipped, upload)
    if task is None or upload is None:
        return None
    if taken != upload.file_id:
        why_not = _take_in_hand(name, task, upload)
        st.session_state[TAKEN] = (upload.file_id, why_not)
        if not why_not:
            st.rerun()
    st.warning(f"{why_not} Your weights are used in this page only.")
    return task


def _read(name: str, shipped: Task, upload: UploadedFile | None) -> Task | None:
    """Return the task with the weights of an upload; None, with what is wrong, for one that does not fit."""
    try:
        task: Task | None = read_upload("own-weights", name, upload, lambda content: with_checkpoint(shipped, content))
        return task
    except BadInput as error:
        show_error(error.what, error.advice)
        if isinstance(error, DoesNotFit):
            rows = [
                {"Tensor": each.name, "Expected": each.expected or "nothing", "In the file": each.found or "nothing"}
                for each in error.differences
            ]
            show_first_lines(rows)
    return None


def _take_in_hand(name: str, task: Task, upload: UploadedFile) -> str:
    """Keep weights in the visit, in hand from the next run on; return why that cannot be, "" if it can."""
    file = "".join(letter for letter in upload.name if letter.isprintable())[:60]
    title = cache.info(name).title.split(" - ")[0]
    try:
        kept = put_artefact(store(), pack(Packed(task.model.state_dict())))
        hold_artefact(store(), visit.visit_key(), kept)
        network = with_stored_weights(name, kept)
        add_own_network(network, f"{title}, your weights ({file})")
    except StoreUnavailable as error:
        return error.what
    st.session_state.pop("own-weights", None)  # from now on it comes from the store
    st.session_state["model next"] = network
    return ""
