"""What a pruned network really saves: counted, written out, and timed on this machine when somebody asks."""

import pandas as pd
import streamlit as st

from core.jobs import Job
from core.measure import ENCODINGS, advice
from core.pruning import PruningPlan
from core.work import Weighed
from pages.parts import border
from pages.parts.words import size


def gains(name: str, plan: PruningPlan) -> None:
    """Offer the measurement, and show what it has found."""
    job: Job | None = st.session_state.get("weighing")
    mine = job is not None and job.arguments == (name, plan)
    if st.button("Measure on this machine", type="primary", key="weigh", disabled=mine and job.active):
        if job is not None and job.active:
            border.jobs().stop(job)
        st.session_state.weighing = job = border.jobs().submit(border.visitor(), "weigh", name, plan)
        mine = True
    if not mine:
        st.caption("Counts, writes and times the network that the slider leaves, in four ways. It takes a few seconds.")
        return
    st.fragment(_found, run_every=0.5 if job.active else None)(job, job.active)


def _found(job: Job, busy: bool) -> None:
    if busy and not job.active:
        st.rerun()
    if job.error:
        st.error(" ".join(job.error), icon=":material/error:")
    if not job.results:
        st.caption("Waiting for a free worker ..." if job.state == "waiting" else "Counting and writing ...")
        return
    now: Weighed = job.results[-1]
    for sentence in advice(now.files, now.latency):
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
    files = [{"File": key, "Bytes": size(now.files[key]), "How": ENCODINGS[key].about} for key in now.files]
    st.dataframe(files, hide_index=True)
    threads = f"{now.threads} processor thread{'s' if now.threads > 1 else ''}"
    st.caption(
        f"Median, with quartiles, in turn, on {threads} of this machine just now. {now.effective:,} operations are not "
        "with a zero: what hardware that skips zeros would do."
    )


def _time(found: object) -> str:
    return f"{found.median:.3f} ({found.low:.3f} to {found.high:.3f})" if found else "..."
