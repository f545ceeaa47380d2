"""What a network really saves: counted, written out, and timed on this machine when somebody asks."""

from typing import Any

import pandas as pd
import streamlit as st

from core.jobs.job import Job
from core.measure import ENCODINGS, Latency, ShippingFigures, advice
from core.stages import Subject
from pages.shared.format import format_bytes
from pages.shared.job_button import job_button, show_until_results


def offer_shipping(subject: Subject) -> None:
    """Offer the measurement, and show what it has found."""
    job = job_button(st.container(), "Measure on this machine", "shipping", subject, key="weigh", type="primary")
    if job is None:
        shown = "the network that the slider leaves" if subject.stage == "pruned" else f"the {subject.stage} network"
        st.caption(f"Counts, writes and times {shown}, in four ways. It takes a few seconds.")
        return
    st.fragment(_draw_shipping, run_every=0.5 if job.active else None)(job, job.active)


def _draw_shipping(job: Job, busy: bool) -> None:
    if not show_until_results(job, busy, "Counting and writing ..."):
        return
    found: ShippingFigures = job.results[-1]
    for sentence in advice(found.files, found.latency, found.whole):
        st.markdown(f"- {sentence}")
    count = st.column_config.NumberColumn(format="localized")
    columns = {"Parameters": count, "Operations (MACs)": count}
    st.dataframe(pd.DataFrame(_variant_rows(found)), hide_index=True, column_config=columns)
    st.dataframe(_file_rows(found), hide_index=True)
    for kind, why in found.left_out.items():
        st.caption(f"Left out, {kind}: {why}")
    threads = f"{found.threads} processor thread{'s' if found.threads > 1 else ''}"
    usual = f" Operations and times are of examples of {found.usual}." if found.usual else ""
    st.caption(
        f"Median, with quartiles, in turn, on {threads} of this machine just now. {found.effective:,} operations are "
        f"not with a zero: what hardware that skips zeros would do.{usual}"
    )


def _variant_rows(found: ShippingFigures) -> list[dict[str, Any]]:
    """List what could be shipped, with its operations and times."""
    return [
        {
            "What could be shipped": kind,
            "Parameters": found.parameters.get(kind),
            "Operations (MACs)": found.macs.get(kind),
            **{f"{batch} at a time, ms": _format_time(each.get(kind)) for batch, each in found.latency.items()},
        }
        for kind in found.latency.get(1) or found.parameters
    ]


def _file_rows(found: ShippingFigures) -> list[dict[str, str]]:
    """List the files in which the network can be written, below the whole network's."""
    whole = format_bytes(found.whole)
    return [
        {"File": "whole network", "Bytes": whole, "How": "the whole network, plain, to compare with"},
        *(
            {"File": kind, "Bytes": format_bytes(size), "How": ENCODINGS[kind].about}
            for kind, size in found.files.items()
        ),
    ]


def _format_time(found: Latency | None) -> str:
    return f"{found.median:.3f} ({found.low:.3f} to {found.high:.3f})" if found else "..."
