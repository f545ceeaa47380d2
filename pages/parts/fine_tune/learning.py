"""What a fine-tune looks like while it learns, and whom it healed."""

import streamlit as st

from core.charts import group_chart, learning_chart
from core.jobs.job import Job
from core.measure import Look, over_fitting
from pages.shared import cache, fine_tunes
from pages.shared.fine_tunes import FineTune
from pages.shared.format import format_interval, format_quality


def show_learning(job: Job) -> None:
    """Draw validation and training figures over the steps, and say where they part.

    job: one of this server's memory, which has every look.
    """
    looks = [Look(each.step, each.quality, each.train, each.sparsity, each.same_examples) for each in job.results]
    if not looks:
        return
    dense, last = cache.dense_quality(job.arguments[0]), looks[-1]
    st.plotly_chart(
        learning_chart(looks, job.results[-1].of, dense, st.context.theme.type or "light"),
        key="learning",
        theme=None,
        config={"displayModeBar": False},
        alt="Validation and training quality over optimiser steps",
    )
    parted = over_fitting(looks)
    if parted is not None:
        st.warning(
            f"After step {parted:,} the network got worse on what it has not seen, but not on what it learns from: it "
            "over-fits. Learn for a shorter time, vary the examples, or set some patience. (Both looks saw the same "
            "examples; a network that does not over-fit is told so at most once in twenty runs.)",
            icon=":material/call_split:",
        )
    st.caption(
        f"Solid: {last.quality.n:,} validation {last.quality.about.noun} (fewer on the way). Dotted: {last.train.n:,} "
        f"it learns from. At the end {format_quality(last.train)} ({format_interval(last.train)}) on what it learns "
        f"from and {format_quality(last.quality)} ({format_interval(last.quality)}) on validation data. Dashed: how "
        "much is removed."
    )


def show_groups(tuned: FineTune) -> None:
    """Show whom pruning hurt and what healed, group by group."""
    found = fine_tunes.judge_groups(tuned)
    if found:
        with st.expander("Group by group: before and after"):
            st.plotly_chart(
                group_chart(found, st.context.theme.type or "light"),
                key="classes",
                theme=None,
                config={"displayModeBar": False},
                alt="Quality of each group: dense, pruned, fine-tuned",
            )
