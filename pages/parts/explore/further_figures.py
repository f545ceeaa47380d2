"""Figures beside the headline one: for all examples and group by group, for an average hides whom it hurts."""

import streamlit as st

from core.keys import Key
from core.measure import Change, FurtherChanges, FurtherFigures, Quality, further_changes, further_figures
from core.pruning import PruningPlan
from pages.shared import cache
from pages.shared.errors import show_errors
from pages.shared.format import draw_quality, explain_quality, format_change, format_interval, format_quality


def show_further_figures(name: str, plan: PruningPlan) -> None:
    """Show the figures, once somebody opens the panel."""
    extra = cache.task(name).extra
    if extra.metrics is None and extra.groups is None:
        return
    panel = st.expander("Beyond the headline figure: whom does it hurt?", key=f"beyond-{name}", on_change="rerun")
    if not panel.open:
        return
    with panel, show_errors(), st.spinner("Judging both networks on all validation data ..."):
        dense, pruned, changes = compare_further_figures(name, plan)
        if dense.metrics:
            for place, quality, change in zip(
                st.columns(4, gap="small"), pruned.metrics, changes.metrics, strict=False
            ):
                draw_quality(place, quality.metric, quality, change, help=explain_quality(quality))
        rows = [
            _group_row(group, whole, pruned.groups[group], changes.groups[group])
            for group, whole in dense.groups.items()
        ]
        if rows:
            st.dataframe(rows, hide_index=True)


def compare_further_figures(name: str, plan: PruningPlan) -> tuple[FurtherFigures, FurtherFigures, FurtherChanges]:
    """Return the further figures of the dense and of the pruned network, and how much each changed."""
    task, memo = cache.task(name), cache.memo()
    classifier = task.classifier

    def compare() -> tuple[FurtherFigures, FurtherFigures, FurtherChanges]:
        model = cache.pruned(name, plan).model
        outputs = None
        if classifier is not None:
            outputs = (
                memo.get(Key(name, "logits"), lambda: classifier.logits(task.model, "validation")),
                classifier.logits(model, "validation"),
            )
        of_dense, of_pruned = outputs or (None, None)
        before = memo.get(Key(name, "further"), lambda: further_figures(task, task.model, said=of_dense))
        after = further_figures(task, model, said=of_pruned)
        return before, after, further_changes(task, before, after, outputs)

    return memo.get(Key(name, "further", plan), compare)


def _group_row(group: str, dense: Quality, pruned: Quality, change: Change) -> dict[str, object]:
    return {
        "Group": group,
        dense.about.noun.capitalize(): dense.n,
        f"{dense.metric}, dense": format_quality(dense),
        f"{dense.metric}, pruned": format_quality(pruned),
        "Change": format_change(change),
        "Range, pruned": format_interval(pruned),
    }
