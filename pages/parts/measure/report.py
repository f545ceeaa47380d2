"""The report: everything about the network on the page in one file that opens in any browser."""

from typing import Any

import streamlit as st

from core.jobs.job import Job
from core.jobs.work import ReportProgress
from pages.shared import fine_tunes, in_class, runs
from pages.shared.download import file_stem
from pages.shared.in_hand import InHand
from pages.shared.job_button import job_button, show_until_results
from pages.shared.terms import with_terms
from pages.shared.words import language, t


def offer_report(hand: InHand) -> None:
    """Offer to measure everything for a report, and the file once it is there."""
    if in_class.competes():
        in_class.say_why_hidden()
        return
    st.caption(
        with_terms(
            t(
                "Plan, recipe, every figure with its range, the score on [[test-data]], chance beside the method, "
                "costs and this machine, in one file. It is about the {stage} network.",
                stage=t(hand.subject.stage),
            )
        )
    )
    job = job_button(st.container(), t("Make the report"), "report", *_arguments(hand), key="report")
    if job is not None:
        st.fragment(_draw_report, run_every=1.0 if job.active else None)(hand.network, job, job.active)


def _arguments(hand: InHand) -> tuple[Any, ...]:
    """Return what the report is made from: network, recipe and other seeds of a fine-tuned one, and the language."""
    if hand.recipe is None:
        return hand.subject, None, (), language()
    tuned = fine_tunes.fine_tune_of(hand.network, hand.plan, hand.repair, hand.recipe)
    return hand.subject, hand.recipe, runs.qualities_by_seed(tuned) if tuned else (), language()


def _draw_report(name: str, job: Job, busy: bool) -> None:
    if not show_until_results(job, busy, t("Getting ready ...")):
        return
    now: ReportProgress = job.results[-1]
    if now.page is None:
        st.progress(now.done / now.of, t("Measuring: {doing}", doing=t(now.doing)))
        return
    st.download_button(
        t("Download the report (HTML)"), now.page, f"{file_stem(name)}-report.html", "text/html", on_click="ignore"
    )
