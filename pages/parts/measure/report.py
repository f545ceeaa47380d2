"""The report: everything about the network on the page in one file that opens in any browser."""

import streamlit as st

from core.jobs.pool import Job
from core.jobs.work import ReportProgress
from core.measure import Quality
from core.pruning import PruningPlan
from pages.shared import fine_tunes
from pages.shared.job_button import asked, pending


def reported(name: str, plan: PruningPlan) -> None:
    """Offer to measure everything for a report, and the file once it is there."""
    healed: Job | None = fine_tunes.current()
    mine = healed is not None and not healed.active and healed.results and healed.arguments[:2] == (name, plan)
    extra = (fine_tunes.reached(healed), healed.arguments[2], seeds(healed)) if mine else ()
    st.caption(
        "Plan, recipe, every figure with its range, the score on test data, chance beside the method, costs and this "
        f"machine, in one file. It is about the {'fine-tuned' if mine else 'pruned'} network."
    )
    job = asked(st.container(), "Make the report", "report", name, plan, *extra)
    if job is not None:
        st.fragment(_found, run_every=1.0 if job.active else None)(name, job, job.active)


def seeds(job: Job) -> tuple[tuple[int, Quality], ...]:
    """What the same fine-tune reached with each seed that this visit has tried."""
    return tuple(sorted(st.session_state.get("seeds", {}).get(fine_tunes.unseeded(job), {}).items()))


def _found(name: str, job: Job, busy: bool) -> None:
    if pending(job, busy, "Getting ready ..."):
        return
    now: ReportProgress = job.results[-1]
    if now.page is None:
        st.progress(now.done / now.of, f"Measuring: {now.doing}")
        return
    st.download_button("Download the report (HTML)", now.page, f"{name}-report.html", "text/html", on_click="ignore")
