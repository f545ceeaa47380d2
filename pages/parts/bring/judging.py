"""The dense and the pruned form of what a visitor brought, judged beside the page, with figures that fill in."""

from collections.abc import Callable, Iterator
from typing import Any

import streamlit as st

from core.jobs.background import BackgroundJob
from core.measure import Quality, change
from core.pruning import PruningPlan, prune
from core.tasks import Task
from pages.shared.errors import show_error
from pages.shared.format import draw_quality, explain_quality
from pages.shared.visitor_work import compute_once, start_once


def prune_once(task: Task, plan: PruningPlan) -> dict[str, Any]:
    """Return the dense and the pruned network by stage, pruned once for as long as neither task nor plan changes."""
    return compute_once("own-pair", (task, plan), lambda: {"Dense": task.model, "Pruned": prune(task, plan).model})


def show_judging(
    key: str,
    about: Any,
    models: dict[str, Any],
    judge_one: Callable[[Any], Iterator[Quality]],
    caption: Callable[[Quality], str],
) -> None:
    """Judge both networks beside the page, once, and fill the figures in as they come.

    key, about: where that is kept in the visit, and what it is about; judge_one: network -> figures of ever more
    examples; caption: the dense network's figure -> what is said below both.
    """
    job = start_once(key, about, lambda: judge_each(models, judge_one))
    st.fragment(_draw_figures, run_every=0.5 if job.active else None)(job, job.active, caption)


def judge_each(models: dict[str, Any], judge_one: Callable[[Any], Iterator[Quality]]) -> Iterator[tuple[str, Quality]]:
    """Yield stage and figure of one network after the other, each on a growing number of examples."""
    for stage, model in models.items():
        for quality in judge_one(model):
            yield stage, quality


def _draw_figures(job: BackgroundJob, busy: bool, caption: Callable[[Quality], str]) -> None:
    if busy and not job.active:
        st.rerun()
    if job.error is not None:
        show_error(job.error.what, job.error.advice)
        return
    latest: dict[str, Quality] = dict(job.results)
    if not latest:
        st.caption("Waiting for its turn ..." if busy else "This was stopped.")
        return
    dense = latest["Dense"]
    for place, (stage, quality) in zip(st.columns(2, gap="medium"), latest.items(), strict=False):
        draw_quality(
            place,
            f"{quality.metric}, {stage.lower()}",
            quality,
            None if stage == "Dense" else change(dense, quality),
            beside=f"n = {quality.n:,}",
            help=explain_quality(quality),
        )
    if busy:
        so_far = ", ".join(f"{stage.lower()} {quality.n:,}" for stage, quality in latest.items())
        st.caption(f"Judging: {so_far} so far.")
    else:
        st.caption(caption(dense))
