"""The short fine-tune on Explore: two choices, progress, a way to stop, what came of it, and the download."""

from dataclasses import replace

import streamlit as st

from core.jobs.pool import Job
from core.measure import PlanResult, Quality
from core.pruning import PruningPlan
from core.tuning import Recipe, length_of, longer, preset_for
from pages.shared import cache, curves, fine_tunes
from pages.shared.download import download_button
from pages.shared.format import arrow, change, figure, good, interval, percent

LENGTHS = {"Quick": 1, "Longer (3 times)": 3, "Thorough (10 times)": 10}
"""Times the length of the quick recipe, whether that counts rounds or steps."""
STRENGTHS = {"Gentle": 0.3, "Normal": 1.0, "Strong": 5.0}
"""Times the learning rate of the quick recipe."""


def healing(name: str, plan: PruningPlan, step: PlanResult) -> None:
    """Offer the fine-tune and the download; follow a running one without redrawing the page."""
    job = fine_tunes.current()
    busy = job is not None and job.active
    st.fragment(_panel, run_every=0.4 if busy else None)(name, plan, step, busy)


def tuned_mark(name: str, base: PruningPlan) -> tuple[float, Quality] | None:
    """Return where the last fine-tune of this model ended, if it belongs on the curve of `base`."""
    job = fine_tunes.current()
    if job is None or job.active or not job.results or job.arguments[0] != name:
        return None
    if job.arguments[1].without_amount != base:
        return None
    return fine_tunes.reached(job).sparsity, fine_tunes.tuned_quality(job)


def _panel(name: str, plan: PruningPlan, step: PlanResult, busy: bool) -> None:
    job = fine_tunes.current()
    if busy and not job.active:
        st.rerun()  # it has just ended: the rest of the page wants to know
    choices, start, download = st.columns([4, 1, 1], vertical_alignment="bottom", gap="small")
    if busy:
        fine_tunes.progress(job, choices)
        start.button("Stop", on_click=cache.jobs().stop, args=(job,), width="stretch")
    else:
        with choices:
            recipe = _recipe(name)
        if start.button(
            "Fine-tune",
            type="primary",
            key="fine-tune",
            width="stretch",
            help="Let the weights that are left adjust to the loss of the others; removed ones stay zero.",
        ):
            with cache.sentences():
                fine_tunes.start(name, plan, recipe)
                st.rerun()
    mine = job is not None and not busy and job.results and job.arguments[:2] == (name, plan)
    with download:
        download_button(name, plan, step, job if mine else None)
    if job is not None and not busy:
        fine_tunes.note_down(job)
        outcome(job)


def _recipe(name: str) -> Recipe:
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


def outcome(job: Job) -> None:
    """Say what came of a fine-tune: dense, pruned and fine-tuned side by side."""
    if job.error:
        st.error(" ".join(job.error), icon=":material/error:")
    if not job.results:
        if job.state == "stopped":
            st.info("Stopped before the first look at the result; the pruned network is as it was.")
        return
    name, plan, _ = job.arguments
    *_, pruned = curves.slider_steps(name, plan)
    dense, reached, tuned = cache.dense_quality(name), fine_tunes.reached(job), fine_tunes.tuned_quality(job)
    early = f", stopped; the best so far is from step {reached.step} of {reached.of}" if job.state != "done" else ""
    title = cache.tasks()[name].title
    st.markdown(
        f"At {percent(reached.sparsity)} sparsity: **dense {figure(dense)}** → "
        f":orange[**pruned {figure(pruned.quality)}**] → :green[**fine-tuned {figure(tuned)}**] "
        f"({title}{early})"
    )
    stages = {"Dense": dense, "Pruned": pruned.quality, "Fine-tuned": tuned}
    for place, (stage, quality) in zip(st.columns(3, gap="small"), stages.items(), strict=True):
        place.metric(
            stage,
            figure(quality),
            change(quality, dense) if quality is not dense else None,
            delta_color=good(quality, dense),
            delta_arrow=arrow(quality, dense),
            delta_description=interval(quality),
            border=True,
        )
    st.caption(
        f"{dense.metric} on {dense.n:,} validation {dense.about.noun}; the change against the dense (whole) network on "
        "the same ones, with its range; and the range that holds the true figure, each with 95 % confidence. Against "
        f"the pruned network, the fine-tuned one: {change(tuned, pruned.quality)}."
    )
