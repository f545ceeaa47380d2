"""What a network really saves: counted, written out, and timed on this machine when somebody asks."""

from typing import Any

import pandas as pd
import streamlit as st

from core.jobs.job import Job
from core.measure import ENCODINGS, ShippingFigures, advice
from core.stages import Subject
from pages.shared.format import format_bytes, format_latency
from pages.shared.job_button import job_button, show_until_results
from pages.shared.terms import with_terms
from pages.shared.words import t, t_of


def offer_shipping(subject: Subject) -> None:
    """Offer the measurement, and show what it has found."""
    job = job_button(st.container(), t("Measure on this machine"), "shipping", subject, key="weigh", type="primary")
    if job is None:
        st.caption(
            with_terms(
                t(
                    "Counts, writes and [[latency|times]] the network that the slider leaves, in four ways. It takes "
                    "a few seconds."
                )
                if subject.stage == "pruned"
                else t(
                    "Counts, writes and [[latency|times]] the {stage} network, in four ways. It takes a few seconds.",
                    stage=t(subject.stage),
                )
            )
        )
        return
    st.fragment(_draw_shipping, run_every=0.5 if job.active else None)(job, job.active)


def _draw_shipping(job: Job, busy: bool) -> None:
    if not show_until_results(job, busy, t("Counting and writing ...")):
        return
    found: ShippingFigures = job.results[-1]
    for sentence in advice(found.files, found.latency, found.whole):
        st.markdown(f"- {t(sentence)}")
    count = st.column_config.NumberColumn(format="localized")
    columns = {t("Parameters"): count, t("Operations (MACs)"): count}
    st.dataframe(pd.DataFrame(_variant_rows(found)), hide_index=True, column_config=columns)
    st.dataframe(_file_rows(found), hide_index=True)
    for kind, why in found.left_out.items():
        st.caption(t("Left out, {kind}: {why}", kind=t(kind), why=t(why)))
    threads = t_of("{count} processor thread", "{count} processor threads", found.threads)
    counted = {"threads": threads, "operations": found.effective}
    st.caption(
        with_terms(
            t(
                "Median, with quartiles, in turn, on {threads} of this machine just now. {operations:,} "
                "[[macs|operations]] are not with a zero: what hardware that skips zeros would do. Operations and "
                "times are of examples of {usual}.",
                usual=t(found.usual),
                **counted,
            )
            if found.usual
            else t(
                "Median, with quartiles, in turn, on {threads} of this machine just now. {operations:,} "
                "[[macs|operations]] are not with a zero: what hardware that skips zeros would do.",
                **counted,
            )
        )
    )


def _variant_rows(found: ShippingFigures) -> list[dict[str, Any]]:
    """List what could be shipped, with its operations and times."""
    return [
        {
            t("What could be shipped"): t("whole network") if kind == "dense" else t(kind),
            **{
                t("{batch} at a time, ms", batch=batch): format_latency(each.get(kind))
                for batch, each in found.latency.items()
            },
            t("Parameters"): found.parameters.get(kind),
            t("Operations (MACs)"): found.macs.get(kind),
        }
        for kind in found.latency.get(1) or found.parameters
    ]


def _file_rows(found: ShippingFigures) -> list[dict[str, str]]:
    """List the files in which the network can be written, below the whole network's."""
    smallest = min(found.whole, *found.files.values())
    whole = format_bytes(found.whole, smallest)
    return [
        {
            t("File"): t("whole network"),
            t("Bytes"): whole,
            t("How"): t("the whole network, plain, to compare with"),
        },
        *(
            {
                t("File"): t("plain file") if kind == "dense" else t(kind),
                t("Bytes"): format_bytes(size, smallest),
                t("How"): t(ENCODINGS[kind].about),
            }
            for kind, size in found.files.items()
        ),
    ]
