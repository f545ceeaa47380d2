"""Fine-tune: choose a strategy and a recipe, watch the network heal, compare the runs of this visit."""

import pandas as pd
import streamlit as st

from core.charts import group_chart, learning_chart
from core.measure import Look, over_fitting
from core.jobs.pool import Job
from core.pruning import PruningPlan
from core.tuning import Recipe, steps_of
from pages.parts.fine_tune.recipe_form import choose_recipe
from pages.shared import app_frame, cache, curves, fine_tunes
from pages.shared.download import download_button
from pages.shared.fine_tune_panel import outcome
from pages.shared.format import change, figure, interval
from pages.shared.model_and_slider import choose

PLOT = {"theme": None, "config": {"displayModeBar": False}}


def controls(name: str, plan: PruningPlan, recipe: Recipe) -> None:
    """Start or stop, with what it will cost; follow a running one without redrawing the rest."""
    job = fine_tunes.current()
    if job is not None and job.active:
        st.fragment(follow, run_every=0.5)(job)
        # Drawing a chart costs the browser far more than moving a bar, so it comes less often.
        st.fragment(learning_curves, run_every=3.0)(job)
        return
    steps = steps_of(cache.task(name), recipe)
    text, start, download = st.columns([4, 1, 1], vertical_alignment="center", gap="small")
    text.markdown(f"{steps:,} optimiser steps, the same for every strategy, so that they can be compared.")
    if start.button("Fine-tune", type="primary", key="fine-tune", width="stretch"):
        fine_tunes.start(name, plan, recipe)
        st.rerun()
    mine = job is not None and job.results and job.arguments[:2] == (name, plan)
    with download:
        *_, step = curves.slider_steps(name, plan)
        download_button(name, plan, step, job if mine else None)
    if job is not None:
        fine_tunes.note_down(job)
        outcome(job)
        learning_curves(job)
        by_classes(job)


def follow(job: Job) -> None:
    """Show a running fine-tune: progress, and a way to stop."""
    if not job.active:
        st.rerun()
    text, stop = st.columns([5, 1], vertical_alignment="center", gap="small")
    fine_tunes.progress(job, text)
    stop.button("Stop", on_click=cache.jobs().stop, args=(job,), width="stretch")


def learning_curves(job: Job) -> None:
    """Draw validation and training figures over the steps, and say where they part."""
    looks = [Look(each.step, each.quality, each.train, each.sparsity, each.glance) for each in job.results]
    if not looks:
        return
    dense = cache.dense_quality(job.arguments[0])
    chart = learning_chart(looks, job.results[-1].of, dense, st.context.theme.type or "light")
    st.plotly_chart(chart, key="learning", alt="Validation and training quality over optimiser steps", **PLOT)
    parted = over_fitting(looks)
    if parted is not None:
        st.warning(
            f"After step {parted:,} the network got worse on what it has not seen, but not on what it learns from: it "
            "over-fits. Learn for a shorter time, vary the examples, or set some patience. (Both looks saw the same "
            "examples; a network that does not over-fit is told so at most once in twenty runs.)",
            icon=":material/call_split:",
        )
    last = looks[-1]
    st.caption(
        f"Solid: {last.quality.n:,} validation {last.quality.about.noun} (fewer on the way). Dotted: {last.train.n:,} "
        f"it learns from. At the end {figure(last.train)} ({interval(last.train)}) on what it learns from and "
        f"{figure(last.quality)} ({interval(last.quality)}) on validation data. Dashed: how much is removed."
    )


def by_classes(job: Job) -> None:
    """Show whom pruning hurt and what healed, class by class."""
    found = fine_tunes.classes(job) if job.results else None
    if found:
        with st.expander("Group by group: before and after"):
            chart = group_chart(found, st.context.theme.type or "light")
            st.plotly_chart(chart, key="classes", alt="Quality of each group: dense, pruned, fine-tuned", **PLOT)


def run_table() -> None:
    """List the runs of this visit; two of them can be compared, all of them downloaded."""
    table = pd.DataFrame(st.session_state.get("runs", {}).values())
    st.subheader("Runs of this visit", anchor=False)
    if table.empty:
        st.caption("Each fine-tune adds a line here: try two strategies at the same sparsity, and compare.")
        return
    picked = st.dataframe(table, hide_index=True, key="run-table", on_select="rerun", selection_mode="multi-row")
    chosen = table.iloc[picked.selection.rows]
    if len(chosen) == 2 and chosen["Model"].nunique() == 1:
        one, two = chosen.to_dict("records")
        reached = st.session_state.get("run qualities", {})
        st.info(
            f"Run {one['Run']} ({one['Strategy']}) against run {two['Run']} ({two['Strategy']}), after fine-tuning "
            f"({one['Metric']}), on the same examples: {change(reached[one['Run']], reached[two['Run']])}."
        )
    else:
        st.caption("Mark two lines of one model to compare them; a click on a heading sorts.")
    st.download_button(
        "Download runs (CSV)", table.to_csv(index=False), "fine_tunes.csv", "text/csv", on_click="ignore"
    )


app_frame.within_app()
st.subheader("How well can it recover?", anchor=False)
choices, results = st.container(), st.container()
with cache.sentences():
    with cache.sentences(results):
        name, plan, _ = choose(choices, choices)
        with choices:
            recipe = choose_recipe(name)
        with results:
            controls(name, plan, recipe)
    run_table()
