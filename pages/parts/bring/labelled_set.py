"""A labelled set of a visitor's own, and how good the networks are on it."""

import streamlit as st

from core.measure import Quality
from core.tasks import Task
from core.tasks.base import UploadAdapter
from core.tasks.brought import Labelled, judge, read_labelled
from core.uploads.wording import listed
from pages.parts.bring.judging import Judged, show_judging
from pages.parts.bring.uploads import read_upload, show_first_lines
from pages.shared.visitor_work import compute_once


def offer_labelled_set(judged: Judged, adapter: UploadAdapter) -> None:
    """Ask for a labelled set, judge each network on it, and say of which examples the figures speak."""
    task = judged.task
    if not task.classes:
        st.caption("This network answers with a number, so that there are no labels to judge it by.")
        return
    labelled = _ask_for_set(judged.name, task, adapter)
    if labelled is None:
        return
    show_judging(
        "own-figures",
        (judged.about, labelled),
        judged.models,
        lambda model: judge(task, model, labelled),
        lambda dense: _describe(task, labelled, dense),
    )
    if labelled.left_out:
        st.warning(f"Left out: {len(labelled.left_out):,} that could not be judged.")
        show_first_lines([{"What": each.what, "Why": each.why} for each in labelled.left_out])
    cut = _count_cut(task, adapter, labelled)
    if cut:
        st.caption(f"{cut:,} of these texts are longer than the network reads; of each only the beginning counts.")


def _ask_for_set(name: str, task: Task, adapter: UploadAdapter) -> Labelled | None:
    pictures = adapter.kind == "picture"
    several = " Several labels of one text are separated by a semicolon." if adapter.multi else ""
    upload = st.file_uploader(
        "A zip with one folder of pictures for each class" if pictures else "A table (CSV) with columns text and label",
        key=f"set-{name}",
        help=f"{'Name the folders' if pictures else 'The labels are'}: {listed(task.classes)}.{several} At most "
        "50 MB; it is forgotten when you close this page.",
    )
    return read_upload("own-set", name, upload, lambda content: read_labelled(task, content))


def _describe(task: Task, labelled: Labelled, quality: Quality) -> str:
    """Say how much of a set was judged, and which classes it holds."""
    absent = [name for name, count in labelled.counts.items() if not count]
    missing = f" No example of: {listed(absent)}." if absent else ""
    return (
        f"Judged on {quality.n:,} of your own {labelled.of:,} examples, of {len(labelled.counts) - len(absent)} of "
        f"{len(task.classes)} classes, in this visit only.{missing}"
    )


def _count_cut(task: Task, adapter: UploadAdapter, labelled: Labelled) -> int:
    """Count the texts of which the network reads the beginning only."""
    how_much = adapter.how_much
    if how_much is None:
        return 0
    return compute_once("own-cut", (task, labelled), lambda: sum(bool(how_much(text)) for text in labelled.items))
