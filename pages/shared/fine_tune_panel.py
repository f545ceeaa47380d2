"""The short fine-tune on Explore: two choices, progress, a way to stop, what came of it, and the download."""

from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.jobs.job import Job
from core.jobs.work import TuneProgress
from core.language import text
from core.measure import PlanResult, change
from core.tuning import Recipe, length_of, longer, preset_for
from pages.shared import cache, fine_tunes, workers
from pages.shared.download import download_button
from pages.shared.errors import show_error, show_errors
from pages.shared.fine_tunes import FineTune, Running
from pages.shared.format import draw_quality, format_difference, format_percent, format_quality
from pages.shared.in_hand import InHand
from pages.shared.promises import describe_promise, describe_verdict, show_promise
from pages.shared.words import option_labels, t

LENGTHS = {text("Quick"): 1, text("Longer (3 times)"): 3, text("Thorough (10 times)"): 10}
"""Times the length of the quick recipe, whether that counts rounds or steps."""
STRENGTHS = {text("Gentle"): 0.3, text("Normal"): 1.0, text("Strong"): 5.0}
"""Times the learning rate of the quick recipe."""


def show_fine_tune_panel(hand: InHand, result: PlanResult) -> None:
    """Offer the fine-tune and the download; follow a running one without redrawing the page."""
    running = fine_tunes.current()
    busy = running is not None and running.active
    if fine_tunes.just_ended(hand.network, hand.plan):
        st.rerun()  # it ended since the bar on top was drawn, which turns to it
    st.fragment(_draw_panel, run_every=0.4 if busy else None)(hand, result, running, busy)


def _draw_panel(hand: InHand, result: PlanResult, running: Running | None, busy: bool) -> None:
    if running and busy and not running.active:
        st.rerun()  # it has just ended: the rest of the page wants to know
    choices, start, download = st.columns([4, 1, 1], vertical_alignment="bottom", gap="small")
    if running and busy:
        show_progress(running.job, choices)
        start.button(t("Stop"), on_click=workers.jobs().stop, args=(running.job,), width="stretch")
    else:
        with choices:
            recipe = _choose_recipe(hand.network)
        if start.button(
            t("Fine-tune"),
            type="primary",
            key="fine-tune",
            width="stretch",
            help=t("Let the weights that are left adjust to the loss of the others; removed ones stay zero."),
        ):
            with show_errors():
                fine_tunes.start_fine_tune(hand.network, hand.plan, recipe, hand.parent, hand.repair)
                st.rerun()
    with download:
        download_button(hand, result)
    if not busy:
        show_promise(replace(hand.experiment, recipe=recipe), ask=False)
        show_outcome(hand, running)
    elif running and running.promise:
        st.markdown(describe_promise(running.promise))


def _choose_recipe(name: str) -> Recipe:
    """Ask how long and how strongly to fine-tune; the rest is as the task's quick recipe has it."""
    quick = preset_for(cache.task(name), "quick")
    how_long, how_strongly = st.columns(2, gap="small")
    rounds = how_long.selectbox(
        t("How long"),
        list(LENGTHS),
        format_func=option_labels(LENGTHS.keys()),
        help=t(
            "Quick is {length}. A round (epoch) shows the network each training example once. The page Fine-tune has "
            "every choice.",
            length=t(length_of(quick)),
        ),
        key="rounds",
        persist_state="session",
    )
    strength = how_strongly.selectbox(
        t("How strongly"),
        list(STRENGTHS),
        index=1,
        format_func=option_labels(STRENGTHS.keys()),
        help=t("How far a step may move the weights (learning rate). Strong heals faster, or breaks more."),
        key="strength",
        persist_state="session",
    )
    return replace(longer(quick, LENGTHS[rounds]), learning_rate=STRENGTHS[strength] * quick.learning_rate)


def show_progress(job: Job, place: DeltaGenerator) -> None:
    """Say how far a fine-tune is."""
    now: TuneProgress | None = job.progress
    if job.state == "waiting":
        line = workers.jobs().place(job)
        place.progress(0.0, t("Waiting for a free worker: number {place} in line.", place=line))
    elif now is None:
        place.progress(0.0, t("Fine-tuning: getting the model and its training data ready ..."))
    elif now.quality is None:
        told = t("Fine-tuning: loss {loss:.3f}, about {left:.0f} s left", loss=now.loss, left=now.left)
        place.progress(now.step / max(now.of, 1), told)
    else:
        told = t(
            "Fine-tuning: loss {loss:.3f}, {metric} {figure}, about {left:.0f} s left",
            loss=now.loss,
            metric=t(now.quality.metric),
            figure=format_quality(now.quality, early=True),
            left=now.left,
        )
        place.progress(now.step / max(now.of, 1), told)


def show_outcome(hand: InHand, running: Running | None) -> FineTune | None:
    """Say what came of the fine-tune in hand, or of the last one of this visit; return it.

    running: the last one, which has ended.
    """
    if running and running.job.error:
        show_error(*running.job.error)
    if running and running.problem:
        st.error(t(running.problem), icon=":material/error:")
    with show_errors():
        tuned = _fine_tune_to_show(hand, running)
        if tuned:
            _draw_outcome(tuned)
        elif running and running.job.state == "stopped":
            st.info(t("Stopped before the first look at the result; the pruned network is as it was."))
        return tuned
    return None


def _fine_tune_to_show(hand: InHand, running: Running | None) -> FineTune | None:
    """Return the fine-tune that is in hand, or else what the last one has reached."""
    if hand.recipe:
        return fine_tunes.fine_tune_of(hand.network, hand.plan, hand.repair, hand.recipe)
    return fine_tunes.ended_fine_tune(running) if running else None


def _draw_outcome(tuned: FineTune) -> None:
    """Draw the dense, the pruned and the fine-tuned network side by side."""
    dense, pruned, after = tuned.dense, tuned.pruned, tuned.tuned
    figures = {
        "sparsity": format_percent(tuned.sparsity),
        "dense": format_quality(dense),
        "pruned": format_quality(pruned),
        "tuned": format_quality(after),
        "title": t(cache.info(tuned.network).title),
    }
    if tuned.state == "done":
        told = t(
            "At {sparsity} sparsity: **dense {dense}** → :orange[**pruned {pruned}**] → :green[**fine-tuned {tuned}**] "
            "({title})",
            **figures,
        )
    else:
        told = t(
            "At {sparsity} sparsity: **dense {dense}** → :orange[**pruned {pruned}**] → :green[**fine-tuned {tuned}**] "
            "({title}, stopped; the best so far is from step {step} of {of})",
            step=tuned.step,
            of=tuned.of,
            **figures,
        )
    st.markdown(told)
    if tuned.promise:
        st.markdown(describe_verdict(tuned.promise, after, tuned.state == "done"))
    stages = {"Dense": dense, "Pruned": pruned, "Fine-tuned": after}
    for place, (stage, quality) in zip(st.columns(3, gap="small"), stages.items(), strict=True):
        draw_quality(place, t(stage), quality, None if quality is dense else change(dense, quality))
    st.caption(
        t(
            "{metric} on {count:,} validation {noun}; the change against the dense (whole) network on the same ones, "
            "with its range; and the range that holds the true figure, each with 95 % confidence. Against the pruned "
            "network, the fine-tuned one: {change}.",
            metric=t(dense.metric),
            count=dense.n,
            noun=t(dense.about.noun),
            change=format_difference(after, pruned),
        )
    )
