"""A checkpoint for an architecture of torchvision or timm, chosen by its name: kept in the visit, and in hand."""

import math
import re
from dataclasses import dataclass

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.errors import BadInput
from core.language import text
from core.stages import Packed, pack, with_stored_weights
from core.store import StoreUnavailable, hold_artefact, put_artefact
from core.tasks.libraries import Architecture, BroughtCheckpoint, architectures, task_for_checkpoint, why_no_timm
from core.tasks.libraries.construction import laid_out
from core.uploads import DoesNotFit, max_weights_bytes
from pages.parts.bring.uploads import read_upload
from pages.parts.bring.weights import ENDINGS, show_differences
from pages.shared import visit
from pages.shared.errors import show_error
from pages.shared.own_networks import add_own_network
from pages.shared.storage import store
from pages.shared.words import Later, t

TAKEN = "architecture taken"
"""Under this name a session has the last upload that was put in hand."""

LIBRARIES = {"torchvision": "tv", "timm": "timm"}


@dataclass(frozen=True)
class Taken:
    """Hold an upload that is in hand: its id, what was typed as names of its classes, what was done to make it fit."""

    file: str
    architecture: str
    names: str
    steps: tuple[str, ...]


def ask_for_architecture() -> None:
    """Ask for an architecture and a checkpoint for it; what fits is kept and put in hand, on a new run of the page."""
    one, two = st.columns([1, 3], vertical_alignment="bottom", gap="medium")
    library = one.segmented_control(t("Library"), list(LIBRARIES), default="torchvision", required=True, key="library")
    if library == "timm" and (missing := why_no_timm()):
        st.info(t(missing))
        return
    listed = _architectures(LIBRARIES[library or "torchvision"])
    usual = listed.index("tv:resnet18") if "tv:resnet18" in listed else 0
    name = two.selectbox(
        t("Architecture"),
        listed,
        usual,
        format_func=lambda each: each.partition(":")[2],
        key=f"architecture-{library}",
        help=t("As the library calls it. How many classes it has is read from the shapes in your file."),
    )
    names = st.text_input(
        t("Names of its classes, if you know them"),
        key=f"classes-{name}",
        placeholder=t("cat, dog, ..."),
        help=t(
            "In the order of the network's outputs, separated by commas. Without them they are those that the file "
            "names, or class 1, class 2 and so on."
        ),
    ).strip()
    upload = st.file_uploader(
        t("Its weights"),
        ENDINGS,
        key=f"checkpoint-{name}",
        max_upload_size=_most_megabytes(name),
        help=t(
            "A checkpoint as you have it: safetensors or what torch.save writes. It is compared with the architecture "
            "and never executed. What fits is in hand on every page, in this visit alone."
        ),
    )
    if upload is None:
        st.caption(t("Pictures are read as with the library's own weights for this architecture."))
        return
    _take(name, names, upload)


@st.cache_data(max_entries=4, show_spinner=Later(text("Looking what there is ...")))
def _architectures(library: str) -> list[str]:
    return architectures(library)


@st.cache_data(max_entries=100, show_spinner=Later(text("Laying it out ...")))
def _most_megabytes(name: str) -> int:
    try:
        return math.ceil(max_weights_bytes(laid_out(Architecture.read(name))) / 1e6)
    except BadInput:  # which is said once there is a file
        return 1


def _take(name: str, names: str, upload: UploadedFile) -> None:
    """Read an upload, keep it and put it in hand, once; say what was done to make it fit."""
    taken: Taken | None = st.session_state.get(TAKEN)
    if taken is None or (taken.file, taken.architecture, taken.names) != (upload.file_id, name, names):
        brought = _read(name, names, upload)
        if brought is None:
            return
        try:
            _keep(brought, upload)
        except StoreUnavailable as error:
            show_error(error.what, error.advice)
            return
        st.session_state[TAKEN] = Taken(upload.file_id, name, names, brought.steps)
        st.rerun()
    st.markdown("\n".join(f"- {t(step)}" for step in taken.steps))


def _read(name: str, names: str, upload: UploadedFile) -> BroughtCheckpoint | None:
    """Return what an upload holds; None, with what is wrong, for one that does not fit."""
    classes = [each.strip() for each in re.split(r"[,\n]", names) if each.strip()]
    try:
        found: BroughtCheckpoint | None = read_upload(
            "own-architecture", f"{name} {names}", upload, lambda content: task_for_checkpoint(name, content, classes)
        )
        return found
    except BadInput as error:
        show_error(error.what, error.advice)
        if isinstance(error, DoesNotFit):
            show_differences(error)
    return None


def _keep(brought: BroughtCheckpoint, upload: UploadedFile) -> None:
    """Keep a network in the visit, in hand from the next run on. Raises StoreUnavailable."""
    task = brought.task
    kept = put_artefact(store(), pack(Packed(task.model.state_dict(), classes=task.classes)))
    hold_artefact(store(), visit.visit_key(), kept)
    network = with_stored_weights(task.info.name, kept)
    file = "".join(letter for letter in upload.name if letter.isprintable())[:60]
    add_own_network(network, text("{title} ({file})", title=task.info.title, file=file))
    st.session_state.pop("own-architecture", None)  # from now on it comes from the store
    st.session_state["model next"] = network
