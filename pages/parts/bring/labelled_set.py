"""A labelled set of a visitor's own, and how good the networks are on it."""

import streamlit as st

from core.measure import Quality
from core.tasks import Task
from core.tasks.base import UploadAdapter
from core.tasks.brought import Labelled, judge, read_labelled
from core.uploads.wording import listed
from pages.parts.bring.judging import Judged, show_judging
from pages.parts.bring.uploads import read_upload, show_left_out
from pages.shared.visitor_work import compute_once
from pages.shared.words import t


def offer_labelled_set(judged: Judged, adapter: UploadAdapter) -> None:
    """Ask for a labelled set, judge each network on it, and say of which examples the figures speak."""
    task = judged.task
    if not task.classes:
        st.caption(t("This network answers with a number, so that there are no labels to judge it by."))
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
        show_left_out([(each.what, each.why) for each in labelled.left_out])
    cut = _count_cut(task, adapter, labelled)
    if cut:
        st.caption(
            t(
                "{cut:,} of these texts are longer than the network reads; of each only the beginning counts.",
                cut=cut,
            )
        )


def _ask_for_set(name: str, task: Task, adapter: UploadAdapter) -> Labelled | None:
    classes = listed(task.classes)
    if adapter.kind == "picture" and adapter.multi:
        label = t("A zip with one folder of pictures for each class")
        help = t(
            "Name the folders: {classes}. Several labels of one text are separated by a semicolon. At most 50 MB; it "
            "is forgotten when you close this page.",
            classes=classes,
        )
    elif adapter.kind == "picture":
        label = t("A zip with one folder of pictures for each class")
        help = t(
            "Name the folders: {classes}. At most 50 MB; it is forgotten when you close this page.", classes=classes
        )
    elif adapter.multi:
        label = t("A table (CSV) with columns text and label")
        help = t(
            "The labels are: {classes}. Several labels of one text are separated by a semicolon. At most 50 MB; it is "
            "forgotten when you close this page.",
            classes=classes,
        )
    else:
        label = t("A table (CSV) with columns text and label")
        help = t("The labels are: {classes}. At most 50 MB; it is forgotten when you close this page.", classes=classes)
    upload = st.file_uploader(label, key=f"set-{name}", help=help)
    return read_upload("own-set", name, upload, lambda content: read_labelled(task, content))


def _describe(task: Task, labelled: Labelled, quality: Quality) -> str:
    """Say how much of a set was judged, and which classes it holds."""
    absent = [name for name, count in labelled.counts.items() if not count]
    judged = {
        "count": quality.n,
        "of": labelled.of,
        "present": len(labelled.counts) - len(absent),
        "classes": len(task.classes),
    }
    if absent:
        return t(
            "Judged on {count:,} of your own {of:,} examples, of {present} of {classes} classes, in this visit only. "
            "No example of: {absent}.",
            absent=listed(absent),
            **judged,
        )
    return t(
        "Judged on {count:,} of your own {of:,} examples, of {present} of {classes} classes, in this visit only.",
        **judged,
    )


def _count_cut(task: Task, adapter: UploadAdapter, labelled: Labelled) -> int:
    """Count the texts of which the network reads the beginning only."""
    how_much = adapter.how_much
    if how_much is None:
        return 0
    return compute_once("own-cut", (task, labelled), lambda: sum(bool(how_much(text)) for text in labelled.items))
