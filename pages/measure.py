"""Measure: which layers are fragile, and what each kind of sparsity really buys on this machine."""

import streamlit as st

from core.charts import sensitivity_curves, sensitivity_heat_map
from core.jobs.pool import Job
from core.measure import Sensitivity
from pages.parts.measure.confusion import mixed
from pages.parts.measure.forgotten import losses
from pages.parts.measure.report import reported
from pages.parts.measure.robustness import shifted
from pages.parts.measure.search import budget
from pages.parts.measure.shipping import gains
from pages.shared import app_frame, cache, link, shared_work
from pages.shared.job_button import pending
from pages.shared.model_and_slider import choose

SPARSITIES = (0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
"""What is removed of each layer alone."""

VIEWS = {"Heat map": sensitivity_heat_map, "Curves": sensitivity_curves}


def scan_job(name: str) -> Job:
    """The scan of a network's layers, one for all visitors; what it found stays until it knows more."""

    def furthest(results: list[Sensitivity]) -> None:
        results[:] = [max(results, key=lambda scan: scan.seen)]

    return shared_work.shared("scan", name, lambda known: (name, SPARSITIES), compact=furthest).wanted()


def scan(name: str, busy: bool) -> None:
    """Draw what the scan has found so far, and offer to spare the layers that are fragile."""
    job = scan_job(name)
    if pending(job, busy, "Judging the first examples ..."):
        return
    latest: Sensitivity = job.results[-1]
    if latest.seen < latest.of:
        st.progress(latest.seen / latest.of, f"Judged on {latest.seen:,} of {latest.of:,} so far")
    worst = cache.tasks()[name].worst
    view = st.segmented_control(
        "Picture", list(VIEWS), default="Heat map", key="scan-view", required=True, label_visibility="collapsed"
    )
    st.plotly_chart(
        VIEWS[view](latest, worst, st.context.theme.type or "light"),
        key="heat",
        theme=None,
        config={"displayModeBar": False},
        alt="Quality when one layer alone is pruned, by layer and sparsity",
    )
    st.caption(
        f"Percent of the dense quality that is left, on {latest.seen:,} validation examples, when only this layer is "
        f"pruned by size. {'The most fragile layer is on top.' if view == 'Heat map' else 'The most fragile first.'}"
    )
    offer(name, latest.by_fragility(worst))


def offer(name: str, order: list[str]) -> None:
    """Offer a plan that keeps the most fragile layers whole; it opens on Explore."""
    most = max(1, len(order) // 2)
    left, right = st.columns([3, 1], vertical_alignment="bottom", gap="medium")
    count = left.slider("Fragile layers to keep whole", 1, most, 1, key="spared") if most > 1 else 1
    spared = order[:count]
    left.caption(f"Kept whole: {', '.join(each.removesuffix('.weight') for each in spared)}.")
    if right.button("Open in Explore", type="primary", width="stretch", key="spare"):
        st.session_state.pop(f"own-{name}-weight-False", None)
        shares = {f"own {name} weight False": dict.fromkeys(spared, 0.0)}
        st.session_state.update(shares)
        link.keep(f"own {name} weight False", dict.fromkeys(spared, 0.0))
        link.to_explore(name, own=",".join(f"{each}:0" for each in spared))


app_frame.within_app()
st.subheader("What does it cost, and what does it buy?", anchor=False)
choices, results = st.container(), st.container()
with cache.sentences(results):
    chosen, plan, _ = choose(choices, choices)
    with results:
        st.markdown("##### What would you gain by shipping it?")
        gains(chosen, plan)
        losses(chosen, plan)
        mixed(chosen, plan)
        st.markdown("##### How does it hold up on a worse day?")
        shifted(chosen, plan)
        st.markdown("##### Which layers are fragile?")
        running = scan_job(chosen).active
        st.fragment(scan, run_every=1.0 if running else None)(chosen, running)
        st.markdown("##### What is the best under a budget?")
        budget(chosen)
        st.markdown("##### Take the figures home")
        reported(chosen, plan)
