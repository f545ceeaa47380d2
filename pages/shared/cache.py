"""What all visitors share: networks, scores, workers and figures, each loaded or computed once."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

import streamlit as st

from core.errors import BadPlan
from core.keys import Key, about
from core.language import text
from core.measure import Cost, PlanResult, Quality, cost, judge_network, judge_plan
from core.pruning import Pruned, PruningPlan, Ranking, prune, rank, removable, shrink
from core.pruning.masks import cut
from core.stages import Subject, catalogue_name, load_network, stage_network, stored_weights, with_packed
from core.store import read_artefact
from core.tasks import Task, TaskInfo, catalog, load
from core.tasks.hub.local import is_of_hub
from core.tasks.libraries import is_of_library
from core.tasks.names import TaskName
from pages.shared import answers
from pages.shared.errors import in_one
from pages.shared.rankings import JUDGING, ranking_of
from pages.shared.storage import store
from pages.shared.words import Later

PATIENCE = 0.15
"""Seconds after which an early figure is shown, if the settled one is not there yet."""

LOADING = Later(text("Loading the network ..."))


@st.cache_resource(max_entries=1, show_spinner=False)
def tasks() -> Mapping[str, TaskInfo]:
    """Return every task of the catalogue, by name; one for all, so nobody may change it."""
    return MappingProxyType({info.name: info for info in catalog()})


def info(name: str) -> TaskInfo:
    """Describe a network, whoever its weights are of. Raises UnknownTask or TaskUnavailable."""
    return tasks()[name] if name in tasks() else task(name).info


@st.cache_resource(max_entries=6, show_spinner=Later(text("Loading the model and its data ...")))
def _catalogue_task(name: str) -> Task:
    return load(name)


@st.cache_resource(max_entries=12, show_spinner=LOADING)
def _task_with_weights(name: str) -> Task:
    return load_network(name, task, store().files)


@st.cache_resource(max_entries=2, show_spinner=LOADING)
def _large_task_with_weights(name: str) -> Task:
    return load_network(name, task, store().files)  # hundreds of megabytes each


@st.cache_resource(max_entries=2, show_spinner=LOADING)
def _hub_task(name: str) -> Task:
    return load(name)


def task(name: str) -> Task:
    """Load a task, once for all visitors; nobody may change it."""
    if stored_weights(name) or TaskName.read(name).own:
        return (_large_task_with_weights if is_large(name) else _task_with_weights)(name)
    return (_hub_task if is_of_hub(name) or is_of_library(name) else _catalogue_task)(name)


@st.cache_resource(max_entries=2, show_spinner=JUDGING)
def _large_ranking(name: str, scoring: PruningPlan) -> Ranking:
    return rank(task(name), scoring)  # hundreds of megabytes each


def is_large(name: str) -> bool:
    """Whether a network is one of those that do not ship, all of which are large; those of the Hub are."""
    listed = tasks().get(TaskName.read(catalogue_name(name)).network)
    return listed is None or not listed.shipped


def ranking(name: str, plan: PruningPlan) -> Ranking:
    """Score and sort all that a plan may remove, once for all visitors."""
    return _large_ranking(name, plan.scoring) if is_large(name) else ranking_of(name, plan.scoring, task)


@st.cache_resource(max_entries=8, show_spinner=False)
def _tuned(subject: Subject) -> Pruned:
    pruned = prune(task(subject.network), subject.plan, ranking(subject.network, subject.plan))
    return with_packed(pruned, read_artefact(store().files, subject.tuned))


def network(subject: Subject) -> Pruned:
    """Return the network of a stage, with its masks; nobody may change it."""
    if subject.stage == "dense":
        return stage_network(task(subject.network), subject, store().files)
    if subject.tuned:
        return _tuned(subject)
    return prune(task(subject.network), subject.plan, ranking(subject.network, subject.plan))


@st.cache_data(max_entries=200, show_spinner=False)
def score_at(name: str, base: PruningPlan, sparsity: float) -> float:
    """Return the highest score that a layer's cut has at a sparsity, 0 to 1."""
    _, _, cuts = cut(ranking(name, base), replace(base, sparsity=sparsity, threshold=None))
    return float(max(cuts.values(), default=0.0))


@st.cache_data(max_entries=50, show_spinner=False)
def removable_names(name: str, granularity: str, embeddings: bool) -> tuple[str, ...]:
    """Name what can be given a sparsity of its own."""
    return removable(task(name), granularity, embeddings)


def dense_quality(name: str) -> Quality:
    """Judge the dense network on validation data."""
    found: Quality = answers.memo().get(
        Key(name, "quality"), lambda: settled_result(Subject(name, stage="dense")).quality
    )
    return found


def known_dense_quality(name: str) -> Quality | None:
    """Return the quality of the dense network if it was judged already."""
    return answers.memo().peek(Key(name, "quality"))


def results(subject: Subject, patience: float = PATIENCE) -> Iterator[PlanResult]:
    """Yield how a stage is, early figures first and the settled one last; just that one if it is known already.

    Visitors who look at the same network share what is computed for it. Whoever moves on waits no longer.
    patience: seconds after which early figures come at all.
    """
    if (known := known_result(subject)) is not None:
        return iter([known])
    total = task(subject.network).count("validation") or 1
    judging = _judging(subject)
    return answers.follow(about(subject, "result"), judging, patience, lambda result: result.quality.n / total)


def look_ahead(subject: Subject) -> None:
    """Have a stage judged once nobody waits, since somebody may look at it soon; not where that takes long."""
    if not is_large(subject.network) and known_result(subject) is None:
        answers.lane().offer(about(subject, "result"), _judging(subject))


def _judging(subject: Subject) -> Callable[[], Iterator[PlanResult]]:
    """Return what judges a stage; what takes long before, as scoring, is done by who asks, with a word on the page."""
    name, plan = subject.network, subject.plan
    whole, lasting = task(name), answers.lasting()
    order = ranking(name, plan) if subject.stage == "pruned" else None

    def judge() -> Iterator[PlanResult]:
        result: PlanResult | None = None
        judging = judge_plan(whole, plan, order) if order is not None else judge_network(whole, network(subject))
        for result in judging:
            yield result
        if result is not None:
            lasting.keep(about(subject, "result"), result)

    return judge


def known_result(subject: Subject) -> PlanResult | None:
    """Return how a stage is, judged on all validation data, if that is known already."""
    found: PlanResult | None = answers.known(about(subject, "result"))
    return found


def keep_result(subject: Subject, result: PlanResult) -> None:
    """Keep how a stage is, as somebody else has found it out; what is not settled is kept nowhere."""
    if result.settled and known_result(subject) is None:
        answers.keep(about(subject, "result"), result)


def settled_result(subject: Subject) -> PlanResult:
    """Return how a stage is, judged on all validation data."""
    *_, settled = results(subject, math.inf)
    return settled


@st.cache_data(max_entries=2_000, show_spinner=False)
def _cost_and_refusal(subject: Subject) -> tuple[Cost, str]:
    known: Cost | None = answers.known(about(subject, "cost"))
    if known is not None:
        return known, ""
    counted, refusal = _count(subject)
    if not refusal:
        answers.keep(about(subject, "cost"), counted)
    return counted, refusal


def _count(subject: Subject) -> tuple[Cost, str]:
    found = network(subject)
    try:
        return cost(shrink(found) if found.plan.structured else found.model), ""
    except BadPlan as error:
        return cost(found.model), in_one(error.what, error.advice)


def stage_cost(subject: Subject) -> Cost:
    """Count what is left of a network and measure its file; without its removed units where these can go."""
    return _cost_and_refusal(subject)[0]


def shrink_refusal(subject: Subject) -> str:
    """Say why a plan of whole units makes no smaller network here, in two sentences; "" where it does."""
    structured = subject.plan.structured and subject.stage != "dense"
    return _cost_and_refusal(subject)[1] if structured else ""


def dense_stage(subject: Subject) -> Subject:
    """Return the whole network that a stage was made from."""
    return Subject(subject.network, stage="dense")


def pruned_stage(subject: Subject) -> Subject:
    """Return the stage before a fine-tune; any other as it is."""
    return replace(subject, stage="pruned", tuned="") if subject.tuned else subject
