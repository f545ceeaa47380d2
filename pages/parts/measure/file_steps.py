"""How small the file of what is in hand gets, step by step, and what each step costs, when somebody asks."""

import pandas as pd
import streamlit as st

from core.jobs.job import Job
from core.sharing import BITS, FileProgress
from core.stages import Subject
from pages.shared.format import format_bytes, format_change, format_quality
from pages.shared.job_button import job_button, show_until_results
from pages.shared.words import t

USUAL_BITS = 5


def offer_file_steps(subject: Subject) -> None:
    """Offer to share values among weights and write them by frequency, and list what each step takes off."""
    told, choice, start = st.columns([3, 1, 1], vertical_alignment="bottom", gap="medium")
    told.caption(
        t(
            "How small does the file get? Zeros are left out; the other weights of a layer share a few values, which "
            "are tuned; places and codes are written with the bits that their frequency asks for."
        )
    )
    bits = choice.selectbox(
        t("Values a layer"), BITS, BITS.index(USUAL_BITS), format_func=lambda each: str(2**each), key="code-bits"
    )
    job = job_button(start, t("Make it small"), "file", subject, bits, key="file-steps", width="stretch")
    if job is not None:
        st.fragment(_draw_steps, run_every=0.5 if job.active else None)(job, job.active)


def _draw_steps(job: Job, busy: bool) -> None:
    if not show_until_results(job, busy, t("Getting ready ...")):
        return
    found: FileProgress = job.results[-1]
    if found.doing and job.active:
        st.caption(f"{t(found.doing)} ...")
    if not found.steps:
        return
    dense, last = found.steps[0], found.steps[-1]
    if not found.doing:
        st.markdown(
            t(
                "- From {dense} to {small}: {times:.1f} times smaller than the dense network's file, {change}.",
                dense=format_bytes(dense.size),
                small=format_bytes(last.size),
                times=dense.size / last.size,
                change=format_change(last.change) if last.change else "",
            )
        )
    rows = [
        {
            t("Step"): t(each.name),
            t("Bytes"): format_bytes(each.size),
            t("Times smaller"): t("{times:.1f}", times=dense.size / each.size),
            t(dense.quality.metric): format_quality(each.quality),
            t("Change"): format_change(each.change) if each.change else "",
        }
        for each in found.steps
    ]
    wide = {t("Step"): st.column_config.Column(width="large")}
    st.dataframe(pd.DataFrame(rows), hide_index=True, column_config=wide)
    st.caption(
        t(
            "Each file was really written; quality is of {count:,} validation {noun}, changes with their 95 % range. "
            "Explore offers this file, with 32 values a layer, among the forms to take home.",
            count=dense.quality.n,
            noun=t(dense.quality.about.noun),
        )
    )
