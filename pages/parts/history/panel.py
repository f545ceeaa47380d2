"""The history of a visit: a tree of its experiments beside a table; one of them opened, two of them compared."""

from functools import partial

import streamlit as st

from core.charts import history_tree
from core.charts.in_words import history_in_words
from core.stages import catalogue_name
from core.store.keys import visit_of
from pages.parts.history.entries import MOST_DRAWN, Tried, parents_of, read_tried, tree_points, tried_table
from pages.parts.history.selected import show_selected
from pages.shared import fine_tunes, visit, workers
from pages.shared.charts import draw_chart
from pages.shared.format import format_difference
from pages.shared.runs import write_runs
from pages.shared.storage import store
from pages.shared.words import language, t

HEIGHT = 440
"""Pixels of the table, and of the picture beside it, which scrolls."""

FIRST_COLUMNS = ("Run", "Name", "Strategy", "Sparsity, %", "After", "Low", "High", "File, kB")
"""What a run is told by; the columns behind these take scrolling."""


def show_history() -> None:
    """Show what this visit has tried, and what can be done with it. Raises StoreUnavailable."""
    title, corner = st.columns([4, 1], vertical_alignment="center", gap="small")
    title.header(t("History of this visit"), anchor=False)
    with corner:
        _offer_to_forget()
    tried, total = read_tried()
    if not tried:
        st.caption(t("Each fine-tune adds a line here: try two strategies at the same sparsity, and compare."))
        return
    picture, list_of_them = st.columns(2, gap="small")
    with list_of_them:
        marked = _choose(tried, total)
    with picture:
        _draw_tree(tried, marked)
    _show_marked(tried, marked)
    runs = partial(write_runs, store(), visit.visit_key(), language())
    st.download_button(t("Download runs (CSV)"), runs, "runs.csv", "text/csv", on_click="ignore")


def _choose(tried: list[Tried], total: int) -> list[Tried]:
    """List the experiments; return those that are marked, in the order of the list, or the latest one."""
    deleted = st.session_state.get("deleted runs", 0)  # lines move up when one goes, so the marks begin anew
    table, first = tried_table(tried), [t(name) for name in FIRST_COLUMNS]
    picked = st.dataframe(
        table,
        hide_index=True,
        height=min(HEIGHT, 40 + 36 * len(tried)),
        key=f"run-table-{deleted}" if deleted else "run-table",
        on_select="rerun",
        selection_mode="multi-row",
        column_order=[*first, *(str(each) for each in table if each not in first)],
        column_config={t("Name"): st.column_config.TextColumn(width="small")},
        alt=t("What this visit has tried, one line each"),
    )
    if total > len(tried):
        st.caption(t("The latest {shown:,} of {total:,}; the download has them all.", shown=len(tried), total=total))
    return [tried[row] for row in sorted(picked.selection.rows) if row < len(tried)] or tried[-1:]


def _draw_tree(tried: list[Tried], marked: list[Tried]) -> None:
    points = tree_points(tried)
    figure = history_tree(points, {each.experiment.id for each in marked}, st.context.theme.type or "light")
    tall = figure["layout"]["height"] > HEIGHT
    with st.container(height=HEIGHT if tall else "content", border=False):
        draw_chart(figure, "history-tree", history_in_words(points, [each.experiment.id for each in marked]))
    if len(tried) > MOST_DRAWN:
        st.caption(t("The latest {drawn}.", drawn=MOST_DRAWN))


def _show_marked(tried: list[Tried], marked: list[Tried]) -> None:
    """Show one experiment, or how far two of one network lie apart; else say what can be marked."""
    if len(marked) == 1:
        (one,) = marked
        parents = parents_of(tried)
        show_selected(one, [each.label for each in tried if parents[each.experiment.id] == one.experiment.id])
        return
    if len(marked) == 2 and len({catalogue_name(each.experiment.network) for each in marked}) == 1:
        first, second = marked
        if first.tuned and second.tuned:
            st.info(
                t(
                    "Run {first} ({first_strategy}) against run {second} ({second_strategy}), after fine-tuning "
                    "({metric}), on the same examples: {change}.",
                    first=first.number,
                    first_strategy=t(first.tuned.recipe.strategy),
                    second=second.number,
                    second_strategy=t(second.tuned.recipe.strategy),
                    metric=t(first.tuned.tuned.metric),
                    change=format_difference(first.tuned.tuned, second.tuned.tuned),
                )
            )
            return
    st.caption(
        t(
            "Mark one line to name it, to open it or to go on from it, two lines of one model to compare them; a click "
            "on a heading sorts. The larger a dot of the tree, the larger the file."
        )
    )


def _offer_to_forget() -> None:
    # Each visit has a panel of its own, so that it is closed again once the visit is a new one.
    with st.popover(t("Forget this visit"), width="stretch", key=f"forgetting-{visit_of(visit.visit_key())[:8]}"):
        st.markdown(
            t(
                "Everything that this browser has tried and brought is deleted from the server: runs, names, notes and "
                "weights. Download first what you want to keep."
            )
        )
        if st.button(t("Forget all of it"), key="forget", type="primary"):
            _stop_fine_tune()
            visit.forget()
            st.rerun()


def _stop_fine_tune() -> None:
    """End a fine-tune that runs, and wait until what it has reached is stored, so that it is forgotten as well."""
    running = fine_tunes.current()
    if running is not None and running.active:
        workers.jobs().stop(running.job)
        running.kept.wait(30)
