"""The pictures below the figures: the weights of each layer, and the curve that the slider walks along."""

from dataclasses import dataclass, replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.charts import sparsity_curve
from core.charts.in_words import curve_in_words
from core.jobs.job import Job
from core.language import text
from core.measure import PlanResult, Quality
from pages.parts.explore.headline import show_headline
from pages.parts.explore.layer_pictures import draw_histograms, draw_mask
from pages.shared import cache, curves, fine_tunes, large_models, workers
from pages.shared.charts import draw_chart
from pages.shared.errors import in_one
from pages.shared.format import format_quality
from pages.shared.in_hand import InHand
from pages.shared.no_examples import has_examples, offer_to_bring_examples
from pages.shared.sparsities import SLIDER_END, SLIDER_STEP
from pages.shared.terms import with_terms
from pages.shared.words import option_labels, t

AHEAD = 3
"""Stops of the slider on either side that are judged ahead."""

VIEWS = (text("Each layer"), text("What is left"))


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


def watch(hand: InHand, figures: DeltaGenerator, pictures: DeltaGenerator) -> PlanResult:
    """Draw figures and pictures of what is in hand, each in its place; return how it is once all of it is known.

    The pictures come with the first figures; those that take longer are filled in meanwhile.
    """
    with figures:
        repaired = hand.awaited or hand.subject.stage == "repaired"
        awaited = curves.known_repaired(hand.network, hand.plan, hand.repair) if repaired else None
        drawn = show_headline(hand.subject, awaited)
        result = next(drawn)
        workers.let_others_go_first()
    with pictures:
        show_pictures(hand, result)
    *_, result = (result, *drawn)
    look_ahead(hand)
    return result


def look_ahead(hand: InHand) -> None:
    """Have the places beside the slider's judged once nobody waits, the nearest first: people go on as they began."""
    if hand.subject.stage != "pruned" or hand.plan.sparsity is None or not has_examples(hand.network):
        return
    stop = round(100 * hand.plan.sparsity / SLIDER_STEP)
    for away in (sign * each for each in range(AHEAD, 0, -1) for sign in (-1, 1)):  # what is asked last comes first
        if 0 <= (percent := (stop + away) * SLIDER_STEP) <= SLIDER_END:
            cache.look_ahead(replace(hand.subject, plan=replace(hand.plan, sparsity=percent / 100)))


def show_pictures(hand: InHand, result: PlanResult) -> None:
    """Draw the pictures, and again each second while something of them or of the figures is still to come."""
    job, large = _curve_of(hand), cache.is_large(hand.network)
    second = _repaired_curve_of(hand, job)
    filling = any(each is not None and each.active for each in (job, second)) or not result.settled
    known = large_models.known_figures(hand.subject, result.settled) if large else None
    waiting = filling or (known is not None and not all(known))
    st.fragment(_draw, run_every=1.0 if waiting else None)(hand, result, known)


def _curve_of(hand: InHand) -> Job | None:
    """Return the job that fills in the curve on which the plan in hand lies; None where nothing can be judged."""
    return curves.curve_job(hand.network, hand.plan) if has_examples(hand.network) else None


def _repaired_curve_of(hand: InHand, first: Job | None) -> Job | None:
    """Return the job that fills in the second curve, once the first one is there; None where nothing is repaired."""
    if not hand.repair or first is None or first.active:
        return None
    return curves.repaired_curve_job(hand.network, hand.plan, hand.repair)


def _draw(hand: InHand, result: PlanResult, known: tuple[bool, bool] | None) -> None:
    """Draw the weights on the left, the curve on the right.

    known: for a large network, which figures the page shows already.
    """
    if _is_behind(hand):
        st.rerun()
    if known and large_models.known_figures(hand.subject, result.settled) != known:
        st.rerun()
    result, job = cache.known_result(hand.subject) or result, _curve_of(hand)
    points: list[PlanResult] = list(job.results) if job else []
    left, right = st.columns([3, 2], gap="medium")
    with left:
        picture, switch = st.container(), st.container(horizontal=True)
        view = switch.segmented_control(
            t("Picture"),
            VIEWS,
            default=VIEWS[0],
            format_func=option_labels(VIEWS),
            key="view",
            required=True,
            label_visibility="collapsed",
            persist_state="session",
        )
        with picture:
            if view == VIEWS[0]:
                draw_histograms(hand, points, result)
            else:
                layer = switch.selectbox(
                    t("Layer"),
                    [layer.name for layer in result.layers],
                    key="shown-layer",
                    label_visibility="collapsed",
                    persist_state="session",
                )
                draw_mask(hand.subject, layer)
    with right:
        if job is None:
            offer_to_bring_examples()
            return
        # The chart does not change with the slider, or it would blink: the picture beside it moves the mark.
        second = _repaired_curve_of(hand, job)
        _draw_curve(hand, points, list(second.results) if second else [], result, mark=view != VIEWS[0])
        st.caption(with_terms(_curve_caption(hand.network)))
        if job.error:
            st.caption(t("The curve is not complete: {why}", why=in_one(*job.error)))


def _is_behind(hand: InHand) -> bool:
    """Whether the slider has moved on since the page was drawn; true once for a place.

    Where a step of the slider and a drawing of pictures are asked for at the same moment, Streamlit may do the second
    alone; the page would then stay at the place before.
    """
    at = st.session_state.get("threshold", hand.percent)
    if at == hand.percent or hand.plan.threshold is not None or hand.plan.pattern:
        st.session_state.pop("went after", None)
        return False
    first = st.session_state.get("went after") != at
    st.session_state["went after"] = at
    return first


def _draw_curve(
    hand: InHand, points: list[PlanResult], repaired: list[PlanResult], result: PlanResult, mark: bool
) -> None:
    """Draw quality over sparsity, as far as it is known, and mark the present choice on it if that is wanted.

    A fine-tuned network has a mark of its own, which is always there.
    """
    here, tuned = (result.sparsity, result.quality), hand.subject.stage == "fine-tuned"
    dense, marked = cache.known_dense_quality(hand.network), here if mark and not tuned else None
    after = here if tuned else fine_tunes.tuned_point(hand.network, hand.plan.without_amount)
    draw_chart(
        sparsity_curve(points, dense, marked, after, st.context.theme.type or "light", repaired),
        "curve",
        curve_in_words(points, dense, marked, after, repaired),
    )


def _curve_caption(name: str) -> str:
    """Say what the points of the curve stand for, and what a very simple way would reach."""
    baseline, total = score_baseline(name), cache.task(name).count("validation")
    if baseline is None:
        return t("Each point is judged on {count:,} examples. Dotted: [[dense]].", count=total)
    return t(
        "Each point is judged on {count:,} {noun}. Dotted: [[dense]]. In comparison, {baseline}: {reached}.",
        count=total,
        noun=t(baseline.quality.about.noun),
        baseline=t(baseline.name),
        reached=format_quality(baseline.quality),
    )
