"""Compare: how much each field's network bears, before and after a fine-tune of equal length."""

from pathlib import Path

import pandas as pd
import streamlit as st

from core.charts import comparison_chart
from core.errors import PlaygroundError
from core.jobs.pool import Job
from core.measure import NetworkCurves, reading, survives
from core.measure import change as measured_change
from core.pruning import PruningPlan
from core.tasks import missing
from pages.parts.compare import tuned_points
from pages.shared import app_frame, cache, curves
from pages.shared.format import figure

TEXT = Path(__file__).parents[1] / "assets" / "compare.md"
USUAL = ("fashion-lenet5", "reuters-cnn", "movielens-ncf", "cartpole-policy")


def choose() -> tuple[list[str], float, int]:
    """Ask for tasks, for what may be lost, and for the length of the fine-tune."""
    known = cache.tasks()
    names = st.multiselect(
        "Networks to compare",
        [name for name, info in known.items() if info.shipped or not missing(name)],
        [name for name in USUAL if name in known],
        format_func=lambda name: known[name].title,
        key="compared",
        persist_state="session",
    )
    left, right = st.columns(2, gap="medium")
    tolerance = left.slider(
        "Quality that may be lost",
        1,
        30,
        5,
        format="%d %%",
        help="Of the dense network's own quality, so that fields with different metrics can stand side by side.",
        key="tolerance",
        persist_state="session",
    )
    steps = right.select_slider(
        "Steps of fine-tuning, the same for all",
        (50, 150, 500),
        150,
        help="Optimiser steps at each sparsity, with each network's quick recipe.",
        key="heal-steps",
        persist_state="session",
    )
    return names, tolerance / 100, steps


def course(name: str, steps: int) -> tuple[NetworkCurves, list[Job]]:
    """What is known of a task so far, and the jobs that find out more."""
    dense, worst = cache.dense_quality(name), cache.tasks()[name].worst
    swept = curves.sweep_job(name, PruningPlan())
    healing = tuned_points.started(name, steps)
    pruned = [(step.sparsity, step.quality.relative(dense, worst)) for step in swept.results]
    healed_results = list(healing.results) if healing else []
    tuned = [(each.sparsity, each.quality.relative(dense, worst)) for each in healed_results]
    before = {step.sparsity: step.quality for step in swept.results}
    changes = {
        each.sparsity: measured_change(before[each.sparsity], each.quality)
        for each in healed_results
        if each.sparsity in before
    }
    title = cache.tasks()[name].title.split(" - ")[0]
    return NetworkCurves(title, pruned, tuned, changes), [swept, *([healing] if healing else [])]


def picture(names: list[str], tolerance: float, steps: int, busy: bool) -> None:
    """Draw the courses, say what they show, and list the figures behind them."""
    courses, jobs = {}, []
    for name in names:
        try:
            courses[name], its = course(name, steps)
        except PlaygroundError as error:
            st.warning(f"{cache.tasks()[name].title} is left out. {error.what} {error.advice}")
            continue
        jobs += its
    active = [job for job in jobs if job.active]
    if busy and not active:
        st.rerun()
    if active:
        done = sum(len(job.results) for job in jobs)
        st.caption(
            f"Judging and fine-tuning: {len(active)} of {len(jobs)} curves are not complete; {done} points so far."
        )
    for job in jobs:
        if job.error:
            st.warning(f"{cache.tasks()[job.arguments[0]].title}: {' '.join(job.error)}")
    theme = st.context.theme.type or "light"
    st.plotly_chart(
        comparison_chart(courses, tolerance, theme),
        key="compare-chart",
        theme=None,
        config={"displayModeBar": False},
        alt="Quality relative to the dense network over sparsity, one curve a network",
    )
    st.caption(
        "Solid: as pruned by size. Dotted, diamonds: fine-tuned. Dashed: what may be lost. Bars: 95 % range of "
        "the pair, both judged on the same examples."
    )
    for sentence in reading(courses, tolerance):
        st.markdown(f"- {sentence}")
    table(courses, tolerance)


def table(courses: dict[str, NetworkCurves], tolerance: float) -> None:
    """List what each network survives."""

    def share(points: object) -> float | None:
        found = survives(points, tolerance)
        return None if found is None else round(100 * found, 1)

    rows = [
        {
            "Network": known.title,
            "Field": known.domain,
            "Dense": f"{known.metric} {figure(cache.dense_quality(name))}",
            "Survives, %": share(each.pruned),
            "Survives fine-tuned, %": share(each.tuned) if each.tuned else None,
        }
        for name, each in courses.items()
        for known in [cache.tasks()[name]]
    ]
    if rows:
        st.dataframe(pd.DataFrame(rows), hide_index=True)
        st.caption("The highest sparsity up to which every judged point stays within what may be lost.")


app_frame.within_app()
st.subheader("Which field bears the most pruning?", anchor=False)
with cache.sentences():
    names, tolerance, steps = choose()
    if st.button("Fine-tune all of them", type="primary", key="heal", disabled=not names):
        tuned_points.start(names, steps)
    if names:
        busy = any(job is not None and job.active for name in names for job in tuned_points.jobs_of(name, steps))
        st.fragment(picture, run_every=2.0 if busy else None)(names, tolerance, steps, busy)
    else:
        st.info("Choose at least one network above.")
    with st.expander("Why do fields differ?", key="differ"):
        st.markdown(TEXT.read_text(encoding="utf-8"))
