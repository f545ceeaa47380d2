"""What a visitor brought: kept in their visit alone, and gone with it."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from core.measure import Quality
from core.pruning import PruningPlan, prune
from core.tasks import Task
from core.tasks.brought import Labelled, judge, read_labelled, with_checkpoint
from core.tasks.inbox import DoesNotFit, largest
from pages.parts import border
from pages.parts.words import change, figure, good, interval, meaning

MANY = 100
"""Lines of the table of what differs."""


@dataclass(frozen=True, eq=False)
class Kept:
    """Something that was found out in a visit, and what it is about."""

    about: Any
    found: Any


def kept(key: str, about: Any, compute: Callable[[], Any]) -> Any:
    """Return what is kept in the visit under a key if it is about the same, else compute it anew."""
    held: Kept | None = st.session_state.get(key)
    if held is None or held.about != about:
        st.session_state.pop(key, None)  # what was here before makes room first
        st.session_state[key] = held = Kept(about, compute())
    return held.found


def read(key: str, name: str, upload: Any, reader: Callable[[bytes], Any]) -> Any:
    """Read an upload once, with `reader` of its bytes, and keep what it is in the visit; None without an upload."""
    if upload is None:
        st.session_state.pop(key, None)
        return None
    return kept(key, f"{name} {upload.file_id}", lambda: reader(upload.getvalue()))


def weights(name: str) -> Task:
    """Ask for a checkpoint; return the task with it, or as it ships if there is none or it does not fit."""
    shared = border.task(name)
    upload = st.file_uploader(
        "Weights of your own for this architecture, if you have any",
        ["safetensors", "pt", "pth", "bin"],
        key=f"weights-{name}",
        max_upload_size=math.ceil(largest(shared.model.state_dict()) / 1e6),
        help="A state dict as safetensors, or as torch.save writes it. It is compared with the architecture, never "
        "executed, never stored, and forgotten when you close this page.",
    )
    try:
        return read("own-weights", name, upload, lambda content: with_checkpoint(shared, content)) or shared
    except DoesNotFit as error:
        st.error(f"{error.what} {error.advice}", icon=":material/error:")
        rows = [
            {"Tensor": each.name, "Expected": each.expected or "nothing", "In the file": each.found or "nothing"}
            for each in error.differences
        ]
        st.dataframe(pd.DataFrame(rows[:MANY]), hide_index=True)
        if len(rows) > MANY:
            st.caption(f"The first {MANY} of {len(rows):,}.")
    return shared


def labelled(task: Task) -> Labelled | None:
    """Ask for a labelled set and read it."""
    pictures = task.own.kind == "picture"
    classes = ", ".join(task.classes)
    upload = st.file_uploader(
        "A zip with one folder of pictures for each class" if pictures else "A table (CSV) with columns text and label",
        ["zip"] if pictures else ["csv"],
        key=f"set-{task.info.name}",
        help=f"{'Name the folders' if pictures else 'The labels are'}: {classes}. At most 50 MB; it is forgotten when "
        "you close this page.",
    )
    return read("own-set", task.info.name, upload, lambda content: read_labelled(task, content))


def both(task: Task, plan: PruningPlan) -> dict[str, Any]:
    """The dense and the pruned network."""
    return {"Dense": task.model, "Pruned": prune(task, plan).model}


def on_set(task: Task, models: dict[str, Any], given: Labelled) -> None:
    """Judge both networks on a labelled set, filling in as it goes."""
    places = st.columns(2, gap="medium")
    slots = [place.empty() for place in places]
    dense: Quality | None = None
    for slot, (stage, model) in zip(slots, models.items(), strict=True):
        quality = None
        for quality in judge(task, model, given):
            shown(slot, stage, quality, dense)
        dense = dense or quality
    st.caption(f"Judged on your own {len(given.items):,} examples, in this visit only.")


def shown(place: Any, stage: str, quality: Quality, dense: Quality | None = None) -> None:
    """Show one quality figure, with how far it is from the dense one."""
    place.metric(
        f"{quality.metric}, {stage.lower()}",
        figure(quality),
        change(quality, dense) if dense else f"n = {quality.n:,}",
        delta_color=good(quality, dense),
        delta_arrow="auto" if dense and quality.value != dense.value else "off",
        delta_description=interval(quality),
        help=meaning(quality),
        border=True,
    )
