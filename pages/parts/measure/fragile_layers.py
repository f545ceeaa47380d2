"""Which layers are fragile: each one pruned alone, and an offer to keep the most fragile ones whole."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from core.charts import sensitivity_curves, sensitivity_heat_map
from core.charts.in_words import sensitivity_in_words
from core.jobs.job import Job
from core.jobs.parts import Splitting
from core.language import text
from core.measure import Sensitivity, join_parts
from pages.shared import cache, link, plan_state, shared_work, sparsities
from pages.shared.charts import draw_chart
from pages.shared.job_button import show_until_results
from pages.shared.terms import with_terms
from pages.shared.words import option_labels, t

VIEWS: Mapping[str, Callable[..., dict[str, Any]]] = {
    text("Heat map"): sensitivity_heat_map,
    text("Curves"): sensitivity_curves,
}


BY_LAYERS = Splitting(step=lambda scan: scan.seen, join=join_parts)
"""How several workers scan a network at the same time."""


def show_fragile_layers(name: str) -> None:
    """Draw the scan of a network's layers, again each second while it goes on."""
    busy = scan_job(name).active
    st.fragment(_draw_scan, run_every=1.0 if busy else None)(name, busy)


def scan_job(name: str) -> Job:
    """Return the scan of a network's layers, one for all visitors; what it found stays until it knows more."""

    def remaining(known: tuple[Sensitivity, ...]) -> tuple[str, tuple[float, ...]]:
        return name, sparsities.LAYER_SCAN

    return shared_work.find("sensitivity", name, remaining, compact=_keep_furthest, splitting=BY_LAYERS).follow()


def _keep_furthest(results: tuple[Sensitivity, ...]) -> tuple[Sensitivity, ...]:
    return (max(results, key=lambda scan: scan.seen),)


def _draw_scan(name: str, busy: bool) -> None:
    """Draw what the scan has found so far."""
    job = scan_job(name)
    if not show_until_results(job, busy, t("Judging the first examples ...")):
        return
    latest: Sensitivity = job.results[-1]
    if latest.seen < latest.of:
        far = t("Judged on {seen:,} of {of:,} so far", seen=latest.seen, of=latest.of)
        st.progress(latest.seen / latest.of, far)
    worst = cache.info(name).worst
    view = st.segmented_control(
        t("Picture"),
        list(VIEWS),
        default="Heat map",
        format_func=option_labels(VIEWS.keys()),
        key="scan-view",
        required=True,
        label_visibility="collapsed",
    )
    draw_chart(
        VIEWS[view](latest, worst, st.context.theme.type or "light"), "heat", sensitivity_in_words(latest, worst)
    )
    st.caption(
        with_terms(
            t(
                "Percent of the dense quality that is left, on {seen:,} validation examples, [[sensitivity|when only "
                "this layer is pruned]] by size. The most fragile layer is on top.",
                seen=latest.seen,
            )
            if view == "Heat map"
            else t(
                "Percent of the dense quality that is left, on {seen:,} validation examples, [[sensitivity|when only "
                "this layer is pruned]] by size. The most fragile first.",
                seen=latest.seen,
            )
        )
    )
    _offer_to_spare(name, latest.by_fragility(worst))


def _offer_to_spare(name: str, order: list[str]) -> None:
    """Offer a plan that keeps the most fragile layers whole; it opens on Explore."""
    most = max(1, len(order) // 2)
    left, right = st.columns([3, 1], vertical_alignment="bottom", gap="medium")
    count = left.slider(t("Fragile layers to keep whole"), 1, most, 1, key="spared") if most > 1 else 1
    spared = order[:count]
    names = t(", ").join(each.removesuffix(".weight") for each in spared)
    left.caption(t("Kept whole: {names}.", names=names))
    if right.button(t("Open in Explore"), type="primary", width="stretch", key="spare"):
        plan_state.set_own_shares(name, "weight", False, dict.fromkeys(spared, 0.0))
        link.open_explore(name, own=",".join(f"{each}:0" for each in spared))
