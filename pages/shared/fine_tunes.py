"""A visit's fine-tunes: the one under way, what it has reached, and the table of those that have ended."""

from dataclasses import replace
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.jobs.pool import Job
from core.jobs.work import TuneProgress, best_progress, drop_weights, tuned_network
from core.measure import Quality
from core.pruning import Pruned, PruningPlan
from core.tuning import Recipe
from pages.shared import cache, curves, history
from pages.shared.format import change, figure
from pages.shared.job_button import submit


def current() -> Job | None:
    """The fine-tune that this visit started last."""
    return st.session_state.get("tuning")


def start(name: str, plan: PruningPlan, recipe: Recipe) -> None:
    """Queue a fine-tune; it ends with the visit."""
    st.session_state.tuning = submit(
        "tune", name, plan, recipe, keep=lambda payload: payload.weights is not None, compact=drop_weights
    )


def reached(job: Job) -> TuneProgress | None:
    """What a fine-tune is judged by."""
    name, plan, _ = job.arguments
    *_, pruned = curves.slider_steps(name, plan)
    return best_progress(job.results, pruned.sparsity)


def tuned(job: Job) -> Pruned:
    """The network that a fine-tune reached, with its masks."""
    name, plan, _ = job.arguments
    return tuned_network(cache.pruned(name, plan), reached(job))


def tuned_quality(job: Job) -> Quality:
    """Judge the network that a fine-tune reached the same way as every other one on the page."""
    name = job.arguments[0]
    key = (*job.arguments, reached(job).step)
    return cache.memo().get(key, lambda: cache.task(name).evaluate(tuned(job).model))


def classes(job: Job) -> dict[str, dict[str, Quality]] | None:
    """Quality of each group of examples for the dense, the pruned and the fine-tuned network; None without groups."""
    name, plan, recipe = job.arguments
    task = cache.task(name)
    if task.extra.groups is None:
        return None
    memo = cache.memo()
    return {
        "Dense": memo.get((name, "classes"), lambda: task.extra.groups(task.model, "validation")),
        "Pruned": memo.get(
            (name, plan, "classes"), lambda: task.extra.groups(cache.pruned(name, plan).model, "validation")
        ),
        "Fine-tuned": memo.get(
            (name, plan, recipe, reached(job).step, "classes"),
            lambda: task.extra.groups(tuned(job).model, "validation"),
        ),
    }


def unseeded(job: Job) -> tuple[Any, ...]:
    """What a fine-tune is about, whatever its seed."""
    name, plan, recipe = job.arguments
    return name, plan, replace(recipe, seed=0)


def progress(job: Job, place: DeltaGenerator) -> None:
    """Say how far a fine-tune is."""
    now: TuneProgress | None = job.progress
    if job.state == "waiting":
        place.progress(0.0, f"Waiting for a free worker: number {cache.jobs().place(job)} in line.")
    elif now is None:
        place.progress(0.0, "Fine-tuning: getting the model and its training data ready ...")
    else:
        looked = f"{now.quality.metric} {figure(now.quality, early=True)}, " if now.quality else ""
        text = f"Fine-tuning: loss {now.loss:.3f}, {looked}about {now.left:.0f} s left"
        place.progress(now.step / max(now.of, 1), text)


def note_down(job: Job) -> None:
    """Write an ended fine-tune into the table of this visit, once."""
    table: dict[int, dict[str, Any]] = st.session_state.setdefault("runs", {})
    if job.active or not job.results or job.number in table:
        return
    name, plan, recipe = job.arguments
    *_, pruned = curves.slider_steps(name, plan)
    history.note_tuned(name, tuned(job), tuned_quality(job), recipe)
    dense, after, final = cache.dense_quality(name), tuned_quality(job), reached(job)
    st.session_state.setdefault("seeds", {}).setdefault(unseeded(job), {})[recipe.seed] = after
    scale, digits = (100, 2) if dense.about.share else (1, dense.about.digits)
    st.session_state.setdefault("run qualities", {})[len(table) + 1] = after
    table[job.number] = {
        "Run": len(table) + 1,
        "Model": name,
        "Strategy": recipe.strategy,
        "Removed": plan.granularity,
        "Sparsity, %": round(100 * final.sparsity, 2),
        "Metric": f"{dense.metric}, %" if dense.about.share else dense.metric,
        "Dense": round(scale * dense.value, digits),
        "Before": round(scale * pruned.quality.value, digits),
        "After": round(scale * after.value, digits),
        "Low": round(scale * after.low, digits),
        "High": round(scale * after.high, digits),
        "Against dense": change(after, dense),
        "Against pruned": change(after, pruned.quality),
        "Steps": final.step,
        "Seconds": round(final.seconds, 1),
        "Ended": "complete" if job.state == "done" else job.state,
        "Learning rate": recipe.learning_rate,
        "Seed": recipe.seed,
    }
