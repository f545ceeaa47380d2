"""The pictures below the figures: the weights of each layer, and the curve that the slider walks along."""

from dataclasses import dataclass

import streamlit as st

from core.charts import sparsity_curve
from core.measure import PlanResult, Quality
from core.pruning import PruningPlan
from pages.parts.explore.layer_pictures import draw_histograms, draw_mask
from pages.shared import cache, curves, fine_tunes, large_models
from pages.shared.format import format_quality

VIEWS = ("Each layer", "What is left")


@dataclass(frozen=True)
class ScoredBaseline:
    """Hold what a very simple way scores on validation data, with its name."""

    name: str
    quality: Quality


@st.cache_data(max_entries=20, show_spinner=False)
def score_baseline(name: str) -> ScoredBaseline | None:
    """Score the very simple way that a task names; None where it names none."""
    found = cache.task(name).extra.baseline
    return ScoredBaseline(found.name, found.score("validation")) if found else None


def show_pictures(name: str, plan: PruningPlan, percent: float, result: PlanResult) -> None:
    """Draw the pictures, and again each second while something of them or of the figures is still to come."""
    filling = curves.curve_job(name, plan).active or not result.settled
    known = large_models.known_figures(name, plan, result.settled) if large_models.is_large(name) else None
    waiting = filling or (known is not None and not all(known))
    st.fragment(_draw, run_every=1.0 if waiting else None)(name, plan, percent, result, known)


def _draw(name: str, plan: PruningPlan, percent: float, result: PlanResult, known: tuple[bool, bool] | None) -> None:
    """Draw the weights on the left, the curve on the right.

    known: for a large network, which figures the page shows already.
    """
    if known and large_models.known_figures(name, plan, result.settled) != known:
        st.rerun()
    result, job = cache.known_result(name, plan) or result, curves.curve_job(name, plan)
    points: list[PlanResult] = list(job.results)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        picture, switch = st.container(), st.container(horizontal=True)
        view = switch.segmented_control(
            "Picture",
            VIEWS,
            default=VIEWS[0],
            key="view",
            required=True,
            label_visibility="collapsed",
            persist_state="session",
        )
        with picture:
            if view == VIEWS[0]:
                draw_histograms(name, plan, percent, points, result)
            else:
                layer = switch.selectbox(
                    "Layer",
                    [layer.name for layer in result.layers],
                    key="shown-layer",
                    label_visibility="collapsed",
                    persist_state="session",
                )
                draw_mask(name, plan, layer)
    with right:
        # The chart does not change with the slider, or it would blink: the picture beside it moves the mark.
        _draw_curve(name, plan, points, result, mark=view != VIEWS[0])
        st.caption(_curve_caption(name))
        if job.error:
            st.caption(f"The curve is not complete: {' '.join(job.error)}")


def _draw_curve(name: str, plan: PruningPlan, points: list[PlanResult], result: PlanResult, mark: bool) -> None:
    """Draw quality over sparsity, as far as it is known, and mark the present choice on it if that is wanted."""
    st.plotly_chart(
        sparsity_curve(
            points,
            cache.known_dense_quality(name),
            here=(result.sparsity, result.quality) if mark else None,
            tuned=fine_tunes.tuned_point(name, plan.without_amount),
            theme=st.context.theme.type or "light",
        ),
        key="curve",
        theme=None,
        config={"displayModeBar": False},
        alt=f"{result.quality.metric} over sparsity, with the present choice marked",
    )


def _curve_caption(name: str) -> str:
    """Say what the points of the curve stand for, and what a very simple way would reach."""
    baseline, total = score_baseline(name), cache.task(name).count("validation")
    if baseline is None:
        return f"Each point is judged on {total:,} examples. Dotted: dense."
    noun, reached = baseline.quality.about.noun, format_quality(baseline.quality)
    return f"Each point is judged on {total:,} {noun}. Dotted: dense. In comparison, {baseline.name}: {reached}."
