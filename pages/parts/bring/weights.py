"""Weights of a visitor's own for an architecture that is here: kept in the visit, and in hand on every page."""

import math
import re
from dataclasses import dataclass

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.errors import BadInput
from core.language import text
from core.stages import Packed, catalogue_name, pack, with_stored_weights
from core.store import StoreUnavailable, hold_artefact, put_artefact
from core.tasks import Task
from core.tasks.architectures import networks_that_fit
from core.tasks.brought import Brought, bring_checkpoint
from core.uploads import DoesNotFit, max_weights_bytes
from pages.parts.bring.uploads import read_upload, show_first_lines
from pages.shared import cache, visit
from pages.shared.errors import show_error
from pages.shared.own_networks import add_own_network
from pages.shared.storage import store
from pages.shared.words import t

TAKEN = "weights taken"
"""Under this name a session has the last upload that was put in hand, or could not be kept."""

ENDINGS = (
    *("safetensors", "pt", "pth", "bin", "ckpt", "tar", "zip", "pkl", "pickle", "th", "model", "ptw"),
    *("weights", "state", "onnx", "pt2", "h5", "keras", "gguf", "npy", "npz", "gz"),
)
"""Endings of files that people take for weights; of those that are none a sentence says what they are.

What follows the last dot counts, as in checkpoint.pth.tar.
"""


@dataclass(frozen=True)
class Taken:
    """Hold what became of an upload.

    file: its id; names: what was typed as names of its classes.
    steps: what was done to make it fit; answers: how many classes it tells apart where these are its own, else 0.
    why_not: why it could not be kept, "" where it was.
    """

    file: str
    names: str
    steps: tuple[str, ...]
    answers: int
    why_not: str = ""


def ask_for_weights(network: str) -> Task | None:
    """Ask for a checkpoint; what fits is kept and put in hand, on a new run of the page.

    Return a task only for what the store cannot keep: it holds in this page alone.
    """
    name = catalogue_name(network)
    shipped = cache.task(name)
    upload = st.file_uploader(
        t("Weights of your own for this architecture, if you have any"),
        ENDINGS,
        key=f"weights-{name}",
        max_upload_size=math.ceil(max_weights_bytes(shipped.model.state_dict()) / 1e6),
        help=t(
            "A checkpoint as you have it: safetensors or what torch.save writes, with or without an optimiser beside "
            "it, a zip that this app made, or a folder of transformers as a zip. It is compared with the architecture "
            "and never executed. What fits is in hand on every page; it is kept in this visit, and nobody else sees "
            "it, until you forget the visit."
        ),
    )
    if upload is None:
        _read(name, shipped, None, "")
        return None
    taken: Taken | None = st.session_state.get(TAKEN)
    taken = taken if taken is not None and taken.file == upload.file_id else None
    names = _ask_for_classes(taken) if taken is not None and taken.answers else ""
    if taken is not None:
        _show_steps(taken)
        if not taken.why_not and taken.names == names:
            return None
    brought = _read(name, shipped, upload, names)
    if brought is None:
        return None
    if taken is None or taken.names != names:
        answers = len(brought.task.classes) if brought.own_classes else 0
        why_not = _take_in_hand(name, brought, upload)
        taken = Taken(upload.file_id, names, brought.steps, answers, why_not)
        st.session_state[TAKEN] = taken
        if not why_not:
            st.rerun()
        _show_steps(taken)
    st.warning(t("{why} Your weights are used in this page only.", why=t(taken.why_not)))
    return brought.task


def _ask_for_classes(taken: Taken) -> str:
    """Ask for the names of a network's own classes."""
    return st.text_area(
        t("Names of its {count} classes, if you know them", count=taken.answers),
        key=f"classes-{taken.file}",
        placeholder=t("cat, dog, ..."),
        help=t(
            "In the order of the network's outputs, separated by commas or line by line. Without them they are class "
            "1, class 2 and so on."
        ),
    ).strip()


def _show_steps(taken: Taken) -> None:
    """Say what was done to make a file fit, a sentence each."""
    if taken.steps:
        st.markdown("\n".join(f"- {t(step)}" for step in taken.steps))


def _read(name: str, shipped: Task, upload: UploadedFile | None, names: str) -> Brought | None:
    """Return the task with the weights of an upload; None, with what is wrong, for one that does not fit."""
    classes = [each.strip() for each in re.split(r"[,\n]", names) if each.strip()]
    try:
        read: Brought | None = read_upload(
            "own-weights",
            f"{name} {names}",
            upload,
            lambda content: bring_checkpoint(shipped, content, classes),
        )
        return read
    except BadInput as error:
        show_error(error.what, error.advice)
        if isinstance(error, DoesNotFit):
            _show_fitting(error)
    return None


def _show_fitting(error: DoesNotFit) -> None:
    """Show which networks of the list a file would fit, and which tensors differ."""
    with st.spinner(t("Looking for a network that it fits ...")):
        fitting = networks_that_fit(error.shapes)
    if fitting:
        titles = {name: t(cache.tasks()[name].title) for name, _ in fitting}
        networks = [
            titles[name] if how == "whole" else t("{title} (with a last layer of its own)", title=titles[name])
            for name, how in fitting
        ]
        names = t("; ").join(networks)
        st.info(t("By the shapes of its tensors it would fit: {names}. Choose that above.", names=names))
    show_differences(error)


def show_differences(error: DoesNotFit) -> None:
    """Show which tensors of a file differ from those of an architecture."""
    show_first_lines(
        [
            {
                t("Tensor"): each.name,
                t("Expected"): each.expected or t("nothing"),
                t("In the file"): each.found or t("nothing"),
            }
            for each in error.differences
        ]
    )


def _take_in_hand(name: str, brought: Brought, upload: UploadedFile) -> str:
    """Keep weights in the visit, in hand from the next run on; return why that cannot be, "" if it can."""
    file = "".join(letter for letter in upload.name if letter.isprintable())[:60]
    title = t(cache.info(name).title).split(" - ")[0]
    classes = brought.task.classes if brought.own_classes else ()
    try:
        kept = put_artefact(store(), pack(Packed(brought.task.model.state_dict(), classes=classes)))
        hold_artefact(store(), visit.visit_key(), kept)
        network = with_stored_weights(name, kept)
        add_own_network(network, text("{title}, your weights ({file})", title=title, file=file))
    except StoreUnavailable as error:
        return error.what
    st.session_state.pop("own-weights", None)  # from now on it comes from the store
    st.session_state["model next"] = network
    return ""
