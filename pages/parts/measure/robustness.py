"""How the network holds up on a worse day: shifted data at five strengths, when somebody asks."""

import streamlit as st

from core.charts import robustness_chart
from core.charts.in_words import robustness_in_words
from core.jobs.job import Job
from core.measure import ShiftResult
from core.stages import Subject
from pages.shared import cache
from pages.shared.charts import draw_chart
from pages.shared.job_button import job_button, show_until_results
from pages.shared.terms import with_terms
from pages.shared.words import listing, t


def offer_shifts(subject: Subject) -> None:
    """Offer to judge the dense network and a stage on shifted data, and draw what was found."""
    kinds = cache.task(subject.network).shifts
    told, start = st.columns([3, 1], vertical_alignment="center", gap="medium")
    told.caption(
        with_terms(
            t(
                "Strength 0 is the data as it is, 5 the [[shifted-data|worst shift]]. Here: {kinds}.",
                kinds=listing(kinds),
            )
        )
    )
    job = job_button(start, t("Shift the data"), "shifts", subject, key="shift", width="stretch")
    if job is not None:
        st.fragment(_draw_shifts, run_every=1.0 if job.active else None)(job, job.active)


def _draw_shifts(job: Job, busy: bool) -> None:
    if not show_until_results(job, busy, t("Shifting the data ...")):
        return
    results: list[ShiftResult] = list(job.results)
    draw_chart(robustness_chart(results, st.context.theme.type or "light"), "robust", robustness_in_words(results))
    quality = results[-1].quality
    judged_on = {"count": quality.n, "noun": t(quality.about.noun)}
    st.caption(t("Judged on {count:,} validation {noun}. Bars: 95 % range.", **judged_on))
