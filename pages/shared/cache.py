"""Where pages meet core: shared caches, and the one place that turns errors into sentences."""

import contextlib
import gc
import secrets
from collections.abc import Iterator

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.errors import BadPlan, PlaygroundError
from core.jobs.pool import Jobs
from core.measure import Cost, Histogram, Quality, cost, histograms
from core.memo import Memo
from core.pruning import Pruned, PruningPlan, Ranking, prune, rank, removable, shrink
from core.tasks import Task, TaskInfo, catalog, load

STEP = 0.5
"""Percent of the weights that one step of the slider removes."""

HIGHEST = 99.5
"""Percent of the weights that the slider can remove."""


@st.cache_data(max_entries=1, show_spinner=False)
def tasks() -> dict[str, TaskInfo]:
    """Every task that can be explored, by name."""
    return {info.name: info for info in catalog()}


@st.cache_resource(max_entries=6, show_spinner="Loading the model and its data ...")
def task(name: str) -> Task:
    """One task, loaded once for all visitors; nobody may change it."""
    return load(name)


@st.cache_resource(max_entries=12, show_spinner="Judging what is important ...")
def _ranking(name: str, scoring: PruningPlan) -> Ranking:
    return rank(task(name), scoring)


@st.cache_resource(max_entries=2, show_spinner="Judging what is important ...")
def _large_ranking(name: str, scoring: PruningPlan) -> Ranking:
    return rank(task(name), scoring)  # hundreds of megabytes each


def ranking(name: str, plan: PruningPlan) -> Ranking:
    """Scores of all that a plan may remove, sorted once for all visitors."""
    return (_ranking if tasks()[name].shipped else _large_ranking)(name, plan.scoring)


def pruned(name: str, plan: PruningPlan) -> Pruned:
    """A pruned copy of a task's model."""
    return prune(task(name), plan, ranking(name, plan))


@st.cache_data(max_entries=50, show_spinner=False)
def removable_names(name: str, granularity: str, embeddings: bool) -> tuple[str, ...]:
    """Names of what can be given a sparsity of its own."""
    return removable(task(name), granularity, embeddings)


@st.cache_resource(show_spinner=False)
def memo() -> Memo:
    """Answers that somebody already asked for."""
    return Memo(20_000)


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    """The workers that do what takes long."""
    gc.freeze()  # Streamlit collects garbage after every run; going through all of torch each time slows everybody
    return Jobs()


def visitor() -> str:
    """Return a name for this visit that no other visit has."""
    return st.session_state.setdefault("visitor", secrets.token_hex(8))


def dense_quality(name: str) -> Quality:
    """How good the unpruned model is on validation data."""
    return memo().get((name, "dense"), lambda: task(name).evaluate(task(name).model))


def dense_known(name: str) -> Quality | None:
    """The same, if it was judged already."""
    return memo().peek((name, "dense"))


@st.cache_data(max_entries=20, show_spinner=False)
def baseline(name: str) -> tuple[str, Quality] | None:
    """What a very simple way scores on validation data, with its name."""
    found = task(name).extra.baseline
    return (found.name, found.score("validation")) if found else None


@st.cache_data(max_entries=2_000, show_spinner=False)
def _shipped(name: str, plan: PruningPlan) -> tuple[Cost, str]:
    found = pruned(name, plan)
    try:
        return cost(shrink(found) if plan.structured else found.model), ""
    except BadPlan as error:
        return cost(found.model), f"{error.what} {error.advice}"


def pruned_cost(name: str, plan: PruningPlan) -> Cost:
    """What the pruned model weighs, and how small its file gets; without its removed units where these can go."""
    return _shipped(name, plan)[0]


def refused(name: str, plan: PruningPlan) -> str:
    """Why a plan of whole units makes no smaller network here, in two sentences; "" where it does."""
    return _shipped(name, plan)[1] if plan.structured else ""


@st.cache_data(max_entries=24, show_spinner=False)
def slider_stops(name: str, base: PruningPlan) -> list[Histogram]:
    """Each layer's histogram, and for each stop of the slider its cut and what the layer keeps."""
    stops = [i * STEP / 100 for i in range(round(HIGHEST / STEP) + 1)]
    return histograms(task(name), ranking(name, base), base, stops)


@contextlib.contextmanager
def sentences(place: DeltaGenerator | None = None) -> Iterator[None]:
    """Show an error that people can do something about as two sentences, in place of what failed."""
    try:
        yield
    except PlaygroundError as error:
        (place or st).error(f"{error.what} {error.advice}", icon=":material/error:")
