"""How the network holds up on a worse day: shifted data at five strengths, when somebody asks."""

import streamlit as st

from core.charts import robustness_chart
from core.jobs.job import Job
from core.measure import ShiftResult
from core.stages import Subject
from pages.shared import cache
from pages.shared.job_button import job_button, show_until_results


def offer_shifts(subject: Subject) -> None:
    """Offer to judge the dense network and a stage on shifted data, and draw what was found."""
    kinds = cache.task(subject.network).shifts
    text, start = st.columns([3, 1], vertical_alignment="center", gap="medium")
    text.caption(f"Strength 0 is the data as it is, 5 the worst. Here: {', '.join(kinds)}.")
    job = job_button(start, "Shift the data", "shifts", subject, key="shift", width="stretch")
    if job is not None:
        st.fragment(_draw_shifts, run_every=1.0 if job.active else None)(job, job.active)


def _draw_shifts(job: Job, busy: bool) -> None:
    if not show_until_results(job, busy, "Shifting the data ..."):
        return
    results: list[ShiftResult] = list(job.results)
    st.plotly_chart(
        robustness_chart(results, st.context.theme.type or "light"),
        key="robust",
        theme=None,
        config={"displayModeBar": False},
        alt="Quality over the strength of each kind of shift, for each network",
    )
    quality = results[-1].quality
    st.caption(f"Judged on {quality.n:,} validation {quality.about.noun}. Bars: 95 % range.")
