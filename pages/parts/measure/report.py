"""The report: everything about the network on the page in one file that opens in any browser."""

from typing import Any

import streamlit as st

from core.jobs.job import Job
from core.jobs.work import ReportProgress
from pages.shared import fine_tunes, runs
from pages.shared.download import file_stem
from pages.shared.in_hand import InHand
from pages.shared.job_button import job_button, show_until_results


def offer_report(hand: InHand) -> None:
    """Offer to measure everything for a report, and the file once it is there."""
    st.caption(
        "Plan, recipe, every figure with its range, the score on test data, chance beside the method, costs and this "
        f"machine, in one file. It is about the {hand.subject.stage} network."
    )
    job = job_button(st.container(), "Make the report", "report", *_arguments(hand), key="report")
    if job is not None:
        st.fragment(_draw_report, run_every=1.0 if job.active else None)(hand.network, job, job.active)


def _arguments(hand: InHand) -> tuple[Any, ...]:
    """Return what the report is made from: the network, and of a fine-tuned one its recipe and its other seeds."""
    if not hand.subject.tuned:
        return (hand.subject,)
    tuned = fine_tunes.fine_tune_of(hand.network, hand.plan, hand.recipe)
    return hand.subject, hand.recipe, runs.qualities_by_seed(tuned) if tuned else ()


def _draw_report(name: str, job: Job, busy: bool) -> None:
    if not show_until_results(job, busy, "Getting ready ..."):
        return
    now: ReportProgress = job.results[-1]
    if now.page is None:
        st.progress(now.done / now.of, f"Measuring: {now.doing}")
        return
    st.download_button(
        "Download the report (HTML)", now.page, f"{file_stem(name)}-report.html", "text/html", on_click="ignore"
    )
