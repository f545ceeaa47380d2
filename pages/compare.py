"""Compare: how much each field's network bears, before and after a fine-tune of equal length."""

import streamlit as st

from core.charts import comparison_chart
from core.charts.in_words import comparison_in_words
from core.jobs.job import Job
from core.measure import NetworkCurves, reading
from pages.parts.compare import tuned_points
from pages.parts.compare.choice import choose_networks, full_title
from pages.parts.compare.network_curves import compare_networks, survival_table
from pages.shared.app_frame import require_app_frame
from pages.shared.bar import choose_in_hand
from pages.shared.charts import draw_chart
from pages.shared.errors import in_one, show_errors
from pages.shared.terms import show_terms, with_terms
from pages.shared.words import long_text, t


def choose_comparison(in_hand: str) -> tuple[list[str], float, int]:
    """Ask for networks, for what may be lost, 0 to 1, and for the length of the fine-tune."""
    names = choose_networks(in_hand)
    left, right = st.columns(2, gap="medium")
    tolerance = left.slider(
        t("Quality that may be lost"),
        1,
        30,
        5,
        format="%d %%",
        help=t("Of the dense network's own quality, so that fields with different metrics can stand side by side."),
        key="tolerance",
        persist_state="session",
    )
    steps = right.select_slider(
        t("Steps of fine-tuning, the same for all"),
        (50, 150, 500),
        150,
        help=t("Optimiser steps at each sparsity, with each network's quick recipe."),
        key="heal-steps",
        persist_state="session",
    )
    return names, tolerance / 100, steps


def show_comparison(names: list[str], tolerance: float, steps: int, busy: bool) -> None:
    """Draw the networks' curves, say what they show, and list the figures behind them."""
    found = compare_networks(names, steps)
    for name, why in found.left_out.items():
        st.warning(t("{name} is left out. {why}", name=full_title(name), why=why))
    _show_progress(found.jobs, busy)
    draw_chart(
        comparison_chart(found.curves, tolerance, st.context.theme.type or "light"),
        "compare-chart",
        comparison_in_words(found.curves, tolerance),
    )
    st.caption(
        with_terms(
            t(
                "Solid: as pruned by size. Dotted, diamonds: [[fine-tuning|fine-tuned]]. Dashed: what may be lost. "
                "Bars: [[paired-comparison|95 % range of the pair]], both judged on the same examples."
            )
        )
    )
    for sentence in reading(found.curves, tolerance):
        st.markdown(f"- {t(sentence)}")
    _show_survival(found.curves, tolerance)


def _show_progress(jobs: list[Job], busy: bool) -> None:
    """Say how far the curves are, and what went wrong; draw the page anew once all are complete."""
    active = [job for job in jobs if job.active]
    if busy and not active:
        st.rerun()
    if active:
        done = sum(len(job.results) for job in jobs)
        st.caption(
            t(
                "Judging and fine-tuning: {active} of {jobs} curves are not complete; {points} points so far.",
                active=len(active),
                jobs=len(jobs),
                points=done,
            )
        )
    for job in jobs:
        if job.error:
            st.warning(t("{name}: {why}", name=full_title(job.arguments[0]), why=in_one(*job.error)))


def _show_survival(networks: dict[str, NetworkCurves], tolerance: float) -> None:
    table = survival_table(networks, tolerance)
    if not table.empty:
        st.dataframe(table, hide_index=True)
        st.caption(
            with_terms(t("The highest [[sparsity]] up to which every judged point stays within what may be lost."))
        )


require_app_frame()
st.title(t("Which field bears the most pruning?"), anchor=False)
choices = st.container()
with show_errors():
    hand = choose_in_hand(choices, choices)
    names, tolerance, steps = choose_comparison(hand.network)
    if st.button(t("Fine-tune all of them"), type="primary", key="heal", disabled=not names):
        tuned_points.begin_tuning(names, steps)
    if names:
        busy = any(job.active for name in names for job in tuned_points.jobs_of(name, steps))
        st.fragment(show_comparison, run_every=2.0 if busy else None)(names, tolerance, steps, busy)
    else:
        st.info(t("Choose at least one network above."))
    with st.expander(t("Why do fields differ?"), key="differ"):
        st.markdown(with_terms(long_text("compare.md")))
show_terms(
    "dense",
    "sparsity",
    "fine-tuning",
    "step",
    "rmse",
    "perplexity",
    "policy",
    "episode",
    "embedding",
)
