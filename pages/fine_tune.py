"""Fine-tune: choose a strategy and a recipe, watch the network heal, compare the runs of this visit."""

import streamlit as st

from core.jobs.job import Job
from core.pruning import PruningPlan
from core.tuning import Recipe, steps_of
from pages.parts.fine_tune.learning import show_groups, show_learning
from pages.parts.fine_tune.recipe_form import choose_recipe
from pages.parts.fine_tune.run_table import show_runs
from pages.shared import cache, fine_tunes, workers
from pages.shared.app_frame import require_app_frame
from pages.shared.download import download_button
from pages.shared.errors import show_errors
from pages.shared.fine_tune_panel import show_outcome, show_progress
from pages.shared.model_and_slider import choose_model_and_plan


def show_fine_tune(name: str, plan: PruningPlan, recipe: Recipe) -> None:
    """Start or stop a fine-tune; follow a running one without redrawing the rest; show what came of an ended one."""
    job = fine_tunes.current_job()
    if job is not None and job.active:
        st.fragment(_follow, run_every=0.5)(job)
        # Drawing a chart costs the browser far more than moving a bar, so it comes less often.
        st.fragment(show_learning, run_every=3.0)(job)
        return
    _offer_start(name, plan, recipe)
    if job is not None:
        show_outcome(job)
        show_learning(job)
        show_groups()


def _offer_start(name: str, plan: PruningPlan, recipe: Recipe) -> None:
    """Say what a fine-tune will cost, and offer to start it and to download the network."""
    text, start, download = st.columns([4, 1, 1], vertical_alignment="center", gap="small")
    steps = steps_of(cache.task(name), recipe)
    text.markdown(f"{steps:,} optimiser steps, the same for every strategy, so that they can be compared.")
    if start.button("Fine-tune", type="primary", key="fine-tune", width="stretch"):
        fine_tunes.start_fine_tune(name, plan, recipe)
        st.rerun()
    with download:
        download_button(name, plan, cache.settled_result(name, plan), fine_tunes.fine_tune_of(name, plan))


def _follow(job: Job) -> None:
    """Show a running fine-tune: progress, and a way to stop."""
    if not job.active:
        st.rerun()
    text, stop = st.columns([5, 1], vertical_alignment="center", gap="small")
    show_progress(job, text)
    stop.button("Stop", on_click=workers.jobs().stop, args=(job,), width="stretch")


require_app_frame()
st.subheader("How well can it recover?", anchor=False)
choices, results = st.container(), st.container()
with show_errors():
    with show_errors(results):
        name, plan, _ = choose_model_and_plan(choices, choices)
        with choices:
            recipe = choose_recipe(name)
        with results:
            show_fine_tune(name, plan, recipe)
    show_runs()
