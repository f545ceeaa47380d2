"""How the network holds up on a worse day: shifted data at five strengths, when somebody asks."""

import streamlit as st

from core.charts import robust
from core.jobs import Job
from core.pruning import PruningPlan
from pages.parts import border


def shifted(name: str, plan: PruningPlan) -> None:
    """Offer to judge the dense and the pruned network on shifted data, and draw what was found."""
    kinds = border.task(name).shifts
    job: Job | None = st.session_state.get("shifting")
    mine = job is not None and job.arguments[:2] == (name, plan)
    text, start = st.columns([3, 1], vertical_alignment="center", gap="medium")
    text.caption(f"Strength 0 is the data as it is, 5 the worst. Here: {', '.join(kinds)}.")
    if start.button("Shift the data", key="shift", width="stretch", disabled=mine and job.active):
        if job is not None and job.active:
            border.jobs().stop(job)
        st.session_state.shifting = job = border.jobs().submit(border.visitor(), "shift", name, plan)
        mine = True
    if mine:
        st.fragment(_found, run_every=1.0 if job.active else None)(job, job.active)


def _found(job: Job, busy: bool) -> None:
    if busy and not job.active:
        st.rerun()
    if job.error:
        st.error(" ".join(job.error), icon=":material/error:")
    if not job.results:
        st.caption("Waiting for a free worker ..." if job.state == "waiting" else "Shifting the data ...")
        return
    st.plotly_chart(
        robust(job.results, st.context.theme.type or "light"),
        key="robust",
        theme=None,
        config={"displayModeBar": False},
        alt="Quality over the strength of each kind of shift, dense and pruned",
    )
    n = job.results[-1].quality.n
    st.caption(f"Judged on {n:,} validation {job.results[-1].quality.about.noun}. Bars: 95 % range.")
