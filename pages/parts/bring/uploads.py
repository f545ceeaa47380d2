"""What a visitor brought: kept in their visit alone, worked on beside the page, and gone with the visit."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import streamlit as st

from core.measure import Quality
from core.pruning import PruningPlan, prune
from core.tasks import Task
from core.tasks.brought import Labelled, answer, judge, read_labelled, with_checkpoint
from core.tasks.demo import Answer
from core.uploads import DoesNotFit, max_weights_bytes
from pages.shared import cache
from pages.shared.visitor_work import Figure, kept, show_figures

MANY = 100
"""Lines of the table of what differs."""


def read(key: str, name: str, upload: Any, reader: Callable[[bytes], Any]) -> Any:
    """Read an upload once, with `reader` of its bytes, and keep what it is in the visit; None without an upload."""
    if upload is None:
        st.session_state.pop(key, None)
        return None
    return kept(key, f"{name} {upload.file_id}", lambda: reader(upload.getvalue()))


def weights(name: str) -> Task:
    """Ask for a checkpoint; return the task with it, or as it ships if there is none or it does not fit."""
    shared = cache.task(name)
    upload = st.file_uploader(
        "Weights of your own for this architecture, if you have any",
        key=f"weights-{name}",
        max_upload_size=math.ceil(max_weights_bytes(shared.model.state_dict()) / 1e6),
        help="A state dict as safetensors, or as torch.save writes it (.safetensors, .pt, .pth, .bin ...). It is "
        "compared with the architecture, never executed, never stored, and forgotten when you close this page.",
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
    pictures = task.uploads.kind == "picture"
    classes = ", ".join(task.classes)
    several = " Several labels of one text are separated by a semicolon." if task.uploads.multi else ""
    upload = st.file_uploader(
        "A zip with one folder of pictures for each class" if pictures else "A table (CSV) with columns text and label",
        key=f"set-{task.info.name}",
        help=f"{'Name the folders' if pictures else 'The labels are'}: {classes}.{several} At most 50 MB; it is "
        "forgotten when you close this page.",
    )
    return read("own-set", task.info.name, upload, lambda content: read_labelled(task, content))


def both(task: Task, plan: PruningPlan) -> dict[str, Any]:
    """The dense and the pruned network, pruned once for as long as neither changes."""
    return kept("own-pair", (task, plan), lambda: {"Dense": task.model, "Pruned": prune(task, plan).model})


def answers(task: Task, plan: PruningPlan, models: dict[str, Any], item: Any) -> dict[str, Answer]:
    """What both networks make of one example."""
    return kept(
        "own-answers", (task, plan, item), lambda: {stage: answer(task, model, item) for stage, model in models.items()}
    )


def figures_on_set(task: Task, models: dict[str, Any], given: Labelled) -> Iterator[Figure]:
    """Judge both networks on a labelled set, yielding figures of a growing part of it."""
    for stage, model in models.items():
        for quality in judge(task, model, given):
            yield stage, quality


def on_set(task: Task, plan: PruningPlan, models: dict[str, Any], given: Labelled) -> None:
    """Judge both networks on a labelled set, and say of which examples the figures speak."""
    present = [name for name, count in given.counts.items() if count]
    absent = [name for name, count in given.counts.items() if not count]

    def told(quality: Quality) -> str:
        missing = f" No example of: {', '.join(absent)}." if absent else ""
        return (
            f"Judged on {quality.n:,} of your own {given.of:,} examples, of {len(present)} of {len(task.classes)} "
            f"classes, in this visit only.{missing}"
        )

    show_figures("own-figures", (task, plan, given), lambda: figures_on_set(task, models, given), told)
    if given.left_out:
        st.warning(f"Left out: {len(given.left_out):,} that could not be judged.")
        rows = [{"What": each.what, "Why": each.why} for each in given.left_out]
        st.dataframe(pd.DataFrame(rows[:MANY]), hide_index=True)
        if len(rows) > MANY:
            st.caption(f"The first {MANY} of {len(rows):,}.")
    how_much = task.uploads.how_much
    if how_much is not None:
        cut = kept("own-cut", (task, given), lambda: sum(bool(how_much(text)) for text in given.items))
        if cut:
            st.caption(f"{cut:,} of these texts are longer than the network reads; of each only the beginning counts.")
