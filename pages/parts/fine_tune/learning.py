"""What a fine-tune looks like while it learns, and whom it healed."""

import streamlit as st

from core.charts import group_chart, learning_chart
from core.charts.in_words import groups_in_words, learning_in_words
from core.jobs.job import Job
from core.measure import Look, over_fitting
from pages.shared import cache, fine_tunes
from pages.shared.charts import draw_chart
from pages.shared.fine_tunes import FineTune
from pages.shared.format import format_interval, format_quality
from pages.shared.terms import with_terms
from pages.shared.words import t


def show_learning(job: Job) -> None:
    """Draw validation and training figures over the steps, and say where they part.

    job: one of this server's memory, which has every look.
    """
    looks = [Look(each.step, each.quality, each.train, each.sparsity, each.same_examples) for each in job.results]
    if not looks:
        return
    dense, last = cache.dense_quality(job.arguments[0]), looks[-1]
    draw_chart(
        learning_chart(looks, job.results[-1].of, dense, st.context.theme.type or "light"),
        "learning",
        learning_in_words(looks, dense),
    )
    parted = over_fitting(looks)
    if parted is not None:
        st.warning(
            with_terms(
                t(
                    "After step {step:,} the network got worse on what it has not seen, but not on what it learns "
                    "from: it [[over-fitting|over-fits]]. Learn for a shorter time, vary the examples, or set some "
                    "patience. (Both looks saw the same examples; a network that does not over-fit is told so at most "
                    "once in twenty runs.)",
                    step=parted,
                )
            ),
            icon=":material/call_split:",
        )
    st.caption(
        with_terms(
            t(
                "Solid: {count:,} [[validation-data|validation]] {noun} (fewer on the way). Dotted: {trained:,} it "
                "[[training-data|learns from]]. At the end {train} ({train_range}) on what it learns from and "
                "{quality} ({quality_range}) on validation data. Dashed: how much is removed.",
                count=last.quality.n,
                noun=t(last.quality.about.noun),
                trained=last.train.n,
                train=format_quality(last.train),
                train_range=format_interval(last.train),
                quality=format_quality(last.quality),
                quality_range=format_interval(last.quality),
            )
        )
    )


def show_groups(tuned: FineTune) -> None:
    """Show whom pruning hurt and what healed, group by group."""
    found = fine_tunes.judge_groups(tuned)
    if found:
        with st.expander(t("Group by group: before and after")):
            draw_chart(group_chart(found, st.context.theme.type or "light"), "classes", groups_in_words(found))
