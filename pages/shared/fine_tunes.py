"""A visit's fine-tunes: the one under way, what the last one has reached, and how good that is."""

from dataclasses import dataclass

import streamlit as st

from core.jobs.job import Job
from core.jobs.work import TuneProgress, best_progress, drop_weights, tuned_network
from core.keys import Key
from core.measure import Quality
from core.pruning import Pruned, PruningPlan
from core.tuning import Recipe
from pages.shared import cache
from pages.shared.visitor_work import submit_job


@dataclass(frozen=True, eq=False)
class FineTune:
    """Hold a fine-tune that has ended with something to show, as plain data.

    number: of its job; reached: what it is judged by; state: how its job ended, "done" if nothing cut it short.
    """

    number: int
    name: str
    plan: PruningPlan
    recipe: Recipe
    reached: TuneProgress
    state: str


def current_job() -> Job | None:
    """Return the job of the fine-tune that this visit started last."""
    return st.session_state.get("tuning")


def start_fine_tune(name: str, plan: PruningPlan, recipe: Recipe) -> None:
    """Queue a fine-tune; it ends with the visit."""
    st.session_state.tuning = submit_job("tune", name, plan, recipe, keep=_has_weights, compact=drop_weights)


def _has_weights(progress: TuneProgress) -> bool:
    return progress.weights is not None


def ended_fine_tune() -> FineTune | None:
    """Return the fine-tune that this visit started last, once it has ended with something to show."""
    job = current_job()
    if job is None or job.active:
        return None
    name, plan, recipe = job.arguments
    results = list(job.results)
    reached = best_progress(results, cache.settled_result(name, plan).sparsity) if results else None
    return FineTune(job.number, name, plan, recipe, reached, job.state) if reached else None


def fine_tune_of(name: str, plan: PruningPlan) -> FineTune | None:
    """Return the same if it is of this model and this plan."""
    found = ended_fine_tune()
    return found if found and (found.name, found.plan) == (name, plan) else None


def rebuild_network(tuned: FineTune) -> Pruned:
    """Return the network that a fine-tune reached, with its masks."""
    return tuned_network(cache.pruned(tuned.name, tuned.plan), tuned.reached)


def judge(tuned: FineTune) -> Quality:
    """Judge the network that a fine-tune reached the same way as every other one on the page."""
    key = Key(tuned.name, "quality", tuned.plan, tuned.recipe, tuned.reached.step)
    return cache.memo().get(key, lambda: cache.task(tuned.name).evaluate(rebuild_network(tuned).model))


def judge_groups(tuned: FineTune) -> dict[str, dict[str, Quality]] | None:
    """Judge each group of examples for the dense, the pruned and the fine-tuned network; None without groups."""
    name, plan, task, memo = tuned.name, tuned.plan, cache.task(tuned.name), cache.memo()
    judge_each = task.extra.groups
    if judge_each is None:
        return None
    key = Key(name, "groups", plan, tuned.recipe, tuned.reached.step)
    return {
        "Dense": memo.get(Key(name, "groups"), lambda: judge_each(task.model, "validation")),
        "Pruned": memo.get(Key(name, "groups", plan), lambda: judge_each(cache.pruned(name, plan).model, "validation")),
        "Fine-tuned": memo.get(key, lambda: judge_each(rebuild_network(tuned).model, "validation")),
    }


def tuned_point(name: str, base: PruningPlan) -> tuple[float, Quality] | None:
    """Return sparsity and quality of the last fine-tune of this model, if it belongs on the curve of `base`."""
    job = current_job()
    if job is None or job.active or job.arguments[0] != name or job.arguments[1].without_amount != base:
        return None
    tuned = ended_fine_tune()
    return (tuned.reached.sparsity, judge(tuned)) if tuned else None
