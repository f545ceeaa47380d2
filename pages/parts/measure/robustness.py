"""How the network holds up on a worse day: shifted data at five strengths, when somebody asks."""

import streamlit as st

from core.charts import robustness_chart
from core.jobs.pool import Job
from core.pruning import PruningPlan
from pages.shared import cache
from pages.shared.job_button import asked, pending


def shifted(name: str, plan: PruningPlan) -> None:
    """Offer to judge the dense and the pruned network on shifted data, and draw what was found."""
    kinds = cache.task(name).shifts
    text, start = st.columns([3, 1], vertical_alignment="center", gap="medium")
    text.caption(f"Strength 0 is the data as it is, 5 the worst. Here: {', '.join(kinds)}.")
    job = asked(start, "Shift the data", "shift", name, plan, width="stretch")
    if job is not None:
        st.fragment(_found, run_every=1.0 if job.active else None)(job, job.active)


def _found(job: Job, busy: bool) -> None:
    if pending(job, busy, "Shifting the data ..."):
        return
    st.plotly_chart(
        robustness_chart(job.results, st.context.theme.type or "light"),
        key="robust",
        theme=None,
        config={"displayModeBar": False},
        alt="Quality over the strength of each kind of shift, dense and pruned",
    )
    n = job.results[-1].quality.n
    st.caption(f"Judged on {n:,} validation {job.results[-1].quality.about.noun}. Bars: 95 % range.")
