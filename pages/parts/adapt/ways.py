"""From scratch, the last layers or everything, from few or many examples: compared when somebody asks."""

import math
from typing import Any

import pandas as pd
import streamlit as st

from core.charts.adapting import adapting_chart
from core.charts.in_words import adapting_in_words
from core.jobs.job import Job
from core.measure.adapting import Adapted, AdaptingProgress
from core.pruning import PruningPlan
from core.tasks.targets import Target
from pages.shared.charts import draw_chart
from pages.shared.format import format_change, format_interval, format_quality
from pages.shared.job_button import job_button, show_until_results
from pages.shared.terms import with_terms
from pages.shared.words import t


def offer_comparison(network: str, target: Target, plan: PruningPlan, weights: str = "") -> None:
    """Offer to adapt a network in each way from each number of examples, and show what each reached.

    weights: hash of those that somebody brought for it, or reached with it; "" for its own.
    """
    pruned, start = st.columns([3, 1], vertical_alignment="center", gap="medium")
    first = pruned.toggle(
        t("Prune first, as the bar says"),
        help=t("Off: the whole network learns. On: what the bar removes is gone before it learns, in every way alike."),
        key="prune-first",
        persist_state="session",
    )
    counts: tuple[int | None, ...] = (*target.counts, None)
    arguments = (network, target.name, counts, plan if first else PruningPlan(), 0, weights)
    job = job_button(start, t("Compare the ways"), "adapt", *arguments, key="adapt", width="stretch")
    if job is None:
        st.caption(
            t(
                "Guess before you look: with ten examples of each kind of thing, does it help to have seen other "
                "things before? And is it better to let all of the network learn, or its last layer alone?"
            )
        )
        return
    st.fragment(_draw_ways, run_every=1.0 if job.active else None)(job, job.active)


def _draw_ways(job: Job, busy: bool) -> None:
    if not show_until_results(job, busy, t("Adapting the first of them ...")):
        return
    progress: AdaptingProgress = job.results[-1]
    if progress.done < progress.of and job.active:
        far = t("{done} of {of} fine-tunes are done", done=progress.done, of=progress.of)
        st.progress(progress.done / progress.of, far)
    draw_chart(
        adapting_chart(progress.rows, st.context.theme.type or "light"), "adapting", adapting_in_words(progress.rows)
    )
    quality = progress.rows[-1].quality
    st.caption(
        with_terms(
            t(
                "{metric} on {count:,} validation {noun} of the new task, with [[confidence-interval|95 % ranges]]; "
                "{better} is better. Dotted: on the examples it learned from. A dotted line that is far better than "
                "its solid one is [[over-fitting]]. One draw of examples and one seed; another draw of few examples "
                "can differ by more than the ranges say.",
                metric=t(quality.metric),
                better=t("higher") if quality.about.higher else t("lower"),
                count=quality.n,
                noun=t(quality.about.noun),
            )
        )
    )
    table = pd.DataFrame([_row(row) for row in progress.rows])
    st.dataframe(table, hide_index=True, width="stretch", height="content")
    with st.expander(t("What do the columns mean?")):
        st.markdown(
            with_terms(
                t(
                    "*Change against from scratch*: from a network that began [[from-scratch|from scratch]] with the "
                    "same examples to this one, on the same validation data, with its range. *Change on the old "
                    "task*: how its figure on what it knew before moved meanwhile, which is what it forgot (a fresh "
                    "head is exchanged for the old one to ask that). *Seconds*: how long it learned."
                )
            )
        )


def _row(row: Adapted) -> dict[str, Any]:
    return {
        t("Way"): t(row.way.label),
        t("Examples"): row.examples,
        t(row.quality.metric): format_quality(row.quality),
        t("95 % range"): format_interval(row.quality),
        t("On training data"): format_quality(row.train) if row.train and not math.isnan(row.train.value) else "",
        t("Change against from scratch"): format_change(row.gain) if row.gain else "",
        t("Change on the old task"): format_change(row.old.change) if row.old else "",
        t("Seconds"): round(row.seconds, 1),
    }
