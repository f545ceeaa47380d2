"""The short fine-tune on Explore: two choices, progress, a way to stop, what came of it, and the download."""

from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.jobs.job import Job
from core.jobs.work import TuneProgress
from core.measure import PlanResult, change
from core.pruning import PruningPlan
from core.tuning import Recipe, length_of, longer, preset_for
from pages.shared import cache, fine_tunes, runs, workers
from pages.shared.download import download_button
from pages.shared.errors import show_error, show_errors
from pages.shared.fine_tunes import FineTune
from pages.shared.format import draw_quality, format_difference, format_percent, format_quality

LENGTHS = {"Quick": 1, "Longer (3 times)": 3, "Thorough (10 times)": 10}
"""Times the length of the quick recipe, whether that counts rounds or steps."""
STRENGTHS = {"Gentle": 0.3, "Normal": 1.0, "Strong": 5.0}
"""Times the learning rate of the quick recipe."""


def show_fine_tune_panel(name: str, plan: PruningPlan, result: PlanResult) -> None:
    """Offer the fine-tune and the download; follow a running one without redrawing the page."""
    job = fine_tunes.current_job()
    busy = job is not None and job.active
    st.fragment(_draw_panel, run_every=0.4 if busy else None)(name, plan, result, busy)


def _draw_panel(name: str, plan: PruningPlan, result: PlanResult, busy: bool) -> None:
    job = fine_tunes.current_job()
    if busy and not (job and job.active):
        st.rerun()  # it has just ended: the rest of the page wants to know
    choices, start, download = st.columns([4, 1, 1], vertical_alignment="bottom", gap="small")
    if job and busy:
        show_progress(job, choices)
        start.button("Stop", on_click=workers.jobs().stop, args=(job,), width="stretch")
    else:
        with choices:
            recipe = _choose_recipe(name)
        if start.button(
            "Fine-tune",
            type="primary",
            key="fine-tune",
            width="stretch",
            help="Let the weights that are left adjust to the loss of the others; removed ones stay zero.",
        ):
            with show_errors():
                fine_tunes.start_fine_tune(name, plan, recipe)
                st.rerun()
    with download:
        download_button(name, plan, result, None if busy else fine_tunes.fine_tune_of(name, plan))
    if job and not busy:
        show_outcome(job)


def _choose_recipe(name: str) -> Recipe:
    """Ask how long and how strongly to fine-tune; the rest is as the task's quick recipe has it."""
    quick = preset_for(cache.task(name), "quick")
    how_long, how_strongly = st.columns(2, gap="small")
    rounds = how_long.selectbox(
        "How long",
        list(LENGTHS),
        help=f"Quick is {length_of(quick)}. A round (epoch) shows the network each training example once. The page "
        "Fine-tune has every choice.",
        key="rounds",
        persist_state="session",
    )
    strength = how_strongly.selectbox(
        "How strongly",
        list(STRENGTHS),
        index=1,
        help="How far a step may move the weights (learning rate). Strong heals faster, or breaks more.",
        key="strength",
        persist_state="session",
    )
    return replace(longer(quick, LENGTHS[rounds]), learning_rate=STRENGTHS[strength] * quick.learning_rate)


def show_progress(job: Job, place: DeltaGenerator) -> None:
    """Say how far a fine-tune is."""
    now: TuneProgress | None = job.progress
    if job.state == "waiting":
        place.progress(0.0, f"Waiting for a free worker: number {workers.jobs().place(job)} in line.")
    elif now is None:
        place.progress(0.0, "Fine-tuning: getting the model and its training data ready ...")
    else:
        looked = f"{now.quality.metric} {format_quality(now.quality, early=True)}, " if now.quality else ""
        text = f"Fine-tuning: loss {now.loss:.3f}, {looked}about {now.left:.0f} s left"
        place.progress(now.step / max(now.of, 1), text)


def show_outcome(job: Job) -> None:
    """Say what came of a fine-tune that has ended, and note it down."""
    if job.error:
        show_error(*job.error)
    tuned = fine_tunes.ended_fine_tune()
    if tuned:
        runs.note_run(tuned)
        _draw_outcome(tuned)
    elif job.state == "stopped":
        st.info("Stopped before the first look at the result; the pruned network is as it was.")


def _draw_outcome(tuned: FineTune) -> None:
    """Draw the dense, the pruned and the fine-tuned network side by side."""
    dense, after = cache.dense_quality(tuned.name), fine_tunes.judge(tuned)
    pruned = cache.settled_result(tuned.name, tuned.plan).quality
    reached, title = tuned.reached, cache.tasks()[tuned.name].title
    cut_short = f", stopped; the best so far is from step {reached.step} of {reached.of}"
    st.markdown(
        f"At {format_percent(reached.sparsity)} sparsity: **dense {format_quality(dense)}** → "
        f":orange[**pruned {format_quality(pruned)}**] → :green[**fine-tuned {format_quality(after)}**] "
        f"({title}{'' if tuned.state == 'done' else cut_short})"
    )
    stages = {"Dense": dense, "Pruned": pruned, "Fine-tuned": after}
    for place, (stage, quality) in zip(st.columns(3, gap="small"), stages.items(), strict=True):
        draw_quality(place, stage, quality, None if quality is dense else change(dense, quality))
    st.caption(
        f"{dense.metric} on {dense.n:,} validation {dense.about.noun}; the change against the dense (whole) network on "
        "the same ones, with its range; and the range that holds the true figure, each with 95 % confidence. Against "
        f"the pruned network, the fine-tuned one: {format_difference(after, pruned)}."
    )
