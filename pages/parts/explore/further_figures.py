"""Figures beside the headline one: for all examples and group by group, for an average hides whom it hurts."""

from typing import Any, NamedTuple

import streamlit as st

from core.keys import about
from core.measure import Change, FurtherChanges, FurtherFigures, Quality, further_changes, further_figures
from core.stages import Subject
from pages.shared import answers, cache
from pages.shared.errors import show_errors
from pages.shared.format import draw_quality, explain_quality, format_change, format_interval, format_quality
from pages.shared.no_examples import has_examples
from pages.shared.words import t


class Compared(NamedTuple):
    """Hold the further figures of the dense network and of a stage, and how much each changed."""

    dense: FurtherFigures
    shown: FurtherFigures
    changes: FurtherChanges


def show_further_figures(subject: Subject) -> None:
    """Show the figures, once somebody opens the panel."""
    extra = cache.task(subject.network).extra
    if (extra.metrics is None and extra.groups is None) or not has_examples(subject.network):
        return
    key = f"beyond-{subject.network}"
    panel = st.expander(t("Beyond the headline figure: whom does it hurt?"), key=key, on_change="rerun")
    if not panel.open:
        return
    with panel, show_errors(), st.spinner(t("Judging both networks on all validation data ...")):
        if subject.stage == "dense":
            _draw_dense(figures_of_dense(subject))
        else:
            _draw_compared(compare_further_figures(subject), subject.stage)


def _draw_dense(found: FurtherFigures) -> None:
    for place, quality in zip(st.columns(4, gap="small"), found.metrics, strict=False):
        draw_quality(place, t(quality.metric), quality, help=explain_quality(quality))
    if found.groups:
        st.dataframe([_dense_row(group, quality) for group, quality in found.groups.items()], hide_index=True)


def _draw_compared(found: Compared, stage: str) -> None:
    dense, shown, changes = found
    if dense.metrics:
        for place, quality, change in zip(st.columns(4, gap="small"), shown.metrics, changes.metrics, strict=False):
            draw_quality(place, t(quality.metric), quality, change, help=explain_quality(quality))
    rows = [
        _group_row(group, whole, shown.groups[group], changes.groups[group], stage)
        for group, whole in dense.groups.items()
    ]
    if rows:
        st.dataframe(rows, hide_index=True)


def figures_of_dense(subject: Subject) -> FurtherFigures:
    """Return the further figures of the whole network that a stage was made from."""
    task, dense = cache.task(subject.network), cache.dense_stage(subject)
    found: FurtherFigures = answers.memo().get(
        about(dense, "further"), lambda: further_figures(task, task.model, said=_answers_of_dense(dense))
    )
    return found


def _answers_of_dense(dense: Subject) -> Any:
    """Return what the dense network answers to each validation example, for a classifier."""
    task = cache.task(dense.network)
    classifier = task.classifier
    if classifier is None:
        return None
    return answers.memo().get(about(dense, "logits"), lambda: classifier.logits(task.model, "validation"))


def compare_further_figures(subject: Subject) -> Compared:
    """Return the further figures of the dense network and of a stage made from it, and how much each changed."""
    task = cache.task(subject.network)

    def compare() -> Compared:
        model, outputs = cache.network(subject).model, None
        if task.classifier is not None:
            of_dense = _answers_of_dense(cache.dense_stage(subject))
            outputs = (of_dense, task.classifier.logits(model, "validation"))
        before = figures_of_dense(subject)
        after = further_figures(task, model, said=outputs[1] if outputs else None)
        return Compared(before, after, further_changes(task, before, after, outputs))

    found: Compared = answers.memo().get(about(subject, "further"), compare)
    return found


def _dense_row(group: str, quality: Quality) -> dict[str, object]:
    return {
        t("Group"): t(group),
        t(quality.about.noun).capitalize(): quality.n,
        t("{metric}, {stage}", metric=t(quality.metric), stage=t("dense")): format_quality(quality),
        t("Range, {stage}", stage=t("dense")): format_interval(quality),
    }


def _group_row(group: str, dense: Quality, shown: Quality, change: Change, stage: str) -> dict[str, object]:
    return {
        t("Group"): t(group),
        t(dense.about.noun).capitalize(): dense.n,
        t("{metric}, {stage}", metric=t(dense.metric), stage=t("dense")): format_quality(dense),
        t("{metric}, {stage}", metric=t(dense.metric), stage=t(stage)): format_quality(shown),
        t("Change"): format_change(change),
        t("Range, {stage}", stage=t(stage)): format_interval(shown),
    }
