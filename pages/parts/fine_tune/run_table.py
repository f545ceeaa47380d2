"""The table of a visit's runs: two of them compared, all of them taken home."""

import pandas as pd
import streamlit as st

from pages.shared.format import format_difference
from pages.shared.runs import Run, runs_of_visit, runs_table


def show_runs() -> None:
    """List the runs of this visit; two of them can be compared, all of them downloaded."""
    runs = runs_of_visit()
    table = runs_table(runs)
    st.subheader("Runs of this visit", anchor=False)
    if table.empty:
        st.caption("Each fine-tune adds a line here: try two strategies at the same sparsity, and compare.")
        return
    picked = st.dataframe(table, hide_index=True, key="run-table", on_select="rerun", selection_mode="multi-row")
    _compare(table, runs, picked.selection.rows)
    st.download_button(
        "Download runs (CSV)", table.to_csv(index=False), "runs.csv", "text/csv", on_click="ignore"
    )


def _compare(table: pd.DataFrame, runs: list[Run], marked: list[int]) -> None:
    """Say how far two marked runs of one model lie apart."""
    chosen = table.iloc[marked]
    if len(chosen) != 2 or chosen["Model"].nunique() != 1:
        st.caption("Mark two lines of one model to compare them; a click on a heading sorts.")
        return
    (one, two), (first, second) = chosen.to_dict("records"), (runs[place] for place in marked)
    st.info(
        f"Run {one['Run']} ({one['Strategy']}) against run {two['Run']} ({two['Strategy']}), after fine-tuning "
        f"({one['Metric']}), on the same examples: {format_difference(first.tuned, second.tuned)}."
    )
