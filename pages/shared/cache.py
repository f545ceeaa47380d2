"""What all visitors share: networks, scores, workers and figures, each loaded or computed once."""

from collections.abc import Iterator

import streamlit as st

from core.errors import BadPlan
from core.keys import Key
from core.measure import Cost, PlanResult, Quality, cost, judge_plan
from core.memo import Memo
from core.memory import bytes_in_memory
from core.pruning import Pruned, PruningPlan, Ranking, prune, rank, removable, shrink
from core.tasks import Task, TaskInfo, catalog, load

ANSWERS = 200_000_000
"""Bytes of answers that are kept for whoever asks next; one step of the slider takes some thousands."""


@st.cache_data(max_entries=1, show_spinner=False)
def tasks() -> dict[str, TaskInfo]:
    """Return every task that can be explored, by name."""
    return {info.name: info for info in catalog()}


@st.cache_resource(max_entries=6, show_spinner="Loading the model and its data ...")
def task(name: str) -> Task:
    """Load a task, once for all visitors; nobody may change it."""
    return load(name)


@st.cache_resource(max_entries=12, show_spinner="Judging what is important ...")
def _ranking(name: str, scoring: PruningPlan) -> Ranking:
    return rank(task(name), scoring)


@st.cache_resource(max_entries=2, show_spinner="Judging what is important ...")
def _large_ranking(name: str, scoring: PruningPlan) -> Ranking:
    return rank(task(name), scoring)  # hundreds of megabytes each


def ranking(name: str, plan: PruningPlan) -> Ranking:
    """Score and sort all that a plan may remove, once for all visitors."""
    return (_ranking if tasks()[name].shipped else _large_ranking)(name, plan.scoring)


def pruned(name: str, plan: PruningPlan) -> Pruned:
    """Prune a copy of a task's network."""
    return prune(task(name), plan, ranking(name, plan))


@st.cache_data(max_entries=50, show_spinner=False)
def removable_names(name: str, granularity: str, embeddings: bool) -> tuple[str, ...]:
    """Name what can be given a sparsity of its own."""
    return removable(task(name), granularity, embeddings)


@st.cache_resource(show_spinner=False)
def memo() -> Memo:
    """Return the answers that somebody already asked for."""
    return Memo(ANSWERS, bytes_in_memory)


def dense_quality(name: str) -> Quality:
    """Judge the dense network on validation data."""
    return memo().get(Key(name, "quality"), lambda: task(name).evaluate(task(name).model))


def known_dense_quality(name: str) -> Quality | None:
    """Return the quality of the dense network if it was judged already."""
    return memo().peek(Key(name, "quality"))


def plan_results(name: str, plan: PruningPlan) -> Iterator[PlanResult]:
    """Yield what a plan does, early figures first and the settled one last; just that one if it is known already.

    Visitors who are at the same place of the slider share what is computed for it.
    """
    return memo().stream(Key(name, "result", plan), lambda: judge_plan(task(name), plan, ranking(name, plan)))


def known_result(name: str, plan: PruningPlan) -> PlanResult | None:
    """Return what a plan does, judged on all validation data, if that is known already."""
    return memo().peek(Key(name, "result", plan))


def settled_result(name: str, plan: PruningPlan) -> PlanResult:
    """Return what a plan does, judged on all validation data."""
    *_, settled = plan_results(name, plan)
    return settled


@st.cache_data(max_entries=2_000, show_spinner=False)
def _cost_and_refusal(name: str, plan: PruningPlan) -> tuple[Cost, str]:
    found = pruned(name, plan)
    try:
        return cost(shrink(found) if plan.structured else found.model), ""
    except BadPlan as error:
        return cost(found.model), f"{error.what} {error.advice}"


def pruned_cost(name: str, plan: PruningPlan) -> Cost:
    """Count what is left of a network and measure its file; without its removed units where these can go."""
    return _cost_and_refusal(name, plan)[0]


def shrink_refusal(name: str, plan: PruningPlan) -> str:
    """Say why a plan of whole units makes no smaller network here, in two sentences; "" where it does."""
    return _cost_and_refusal(name, plan)[1] if plan.structured else ""
