"""What a pruned network really saves: counted, written out, and timed on this machine when somebody asks."""

import pandas as pd
import streamlit as st

from core.jobs.pool import Job
from core.jobs.work import ShippingFigures
from core.measure import ENCODINGS, advice
from core.pruning import PruningPlan
from pages.shared.format import size
from pages.shared.job_button import asked, pending


def gains(name: str, plan: PruningPlan) -> None:
    """Offer the measurement, and show what it has found."""
    job = asked(st.container(), "Measure on this machine", "weigh", name, plan, type="primary")
    if job is None:
        st.caption("Counts, writes and times the network that the slider leaves, in four ways. It takes a few seconds.")
        return
    st.fragment(_found, run_every=0.5 if job.active else None)(job, job.active)


def _found(job: Job, busy: bool) -> None:
    if pending(job, busy, "Counting and writing ..."):
        return
    now: ShippingFigures = job.results[-1]
    for sentence in advice(now.files, now.latency, now.whole):
        st.markdown(f"- {sentence}")
    times = now.latency.get(1) or dict.fromkeys(now.parameters)
    rows = [
        {
            "What could be shipped": kind,
            "Parameters": now.parameters.get(kind),
            "Operations (MACs)": now.macs.get(kind),
            **{f"{batch} at a time, ms": _time(each.get(kind)) for batch, each in now.latency.items()},
        }
        for kind in times
    ]
    count = st.column_config.NumberColumn(format="localized")
    st.dataframe(pd.DataFrame(rows), hide_index=True, column_config={"Parameters": count, "Operations (MACs)": count})
    whole = {"File": "whole network", "Bytes": size(now.whole), "How": "the whole network, plain, to compare with"}
    files = [{"File": key, "Bytes": size(now.files[key]), "How": ENCODINGS[key].about} for key in now.files]
    st.dataframe([whole, *files], hide_index=True)
    threads = f"{now.threads} processor thread{'s' if now.threads > 1 else ''}"
    for kind, why in now.left_out.items():
        st.caption(f"Left out, {kind}: {why}")
    of = f" Operations and times are of examples of {now.usual}." if now.usual else ""
    st.caption(
        f"Median, with quartiles, in turn, on {threads} of this machine just now. {now.effective:,} operations are not "
        f"with a zero: what hardware that skips zeros would do.{of}"
    )


def _time(found: object) -> str:
    return f"{found.median:.3f} ({found.low:.3f} to {found.high:.3f})" if found else "..."
