"""What a fine-tune is expected to reach, said before it, and whether that held, said after it."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

import streamlit as st

from core.errors import BadInput, PlaygroundError
from core.experiment import Experiment
from core.keys import Key
from core.measure import Before, PastRun, Promise, Quality, learn, same_way, shipped_runs
from core.measure.past_runs import REPAIR, read_run
from core.measure.promise import HOLDS, LEAST, require_enough
from core.memo import Memo
from core.pruning import PruningPlan
from core.quality import METRICS
from core.stages import Subject
from core.store import Store, StoreUnavailable, save_result
from core.store.results import contents_of_network
from pages.shared import cache, curves, shared_work
from pages.shared.errors import in_one, show_errors
from pages.shared.format import format_percent, format_value
from pages.shared.storage import store
from pages.shared.words import t

KIND = "past-run"
"""Under this name the store has the figures of a fine-tune from which later ones are told."""

MOST = 100
"""Runs of the store that are learned from, the latest ones."""

FRESH = 5.0
"""Seconds after which the store is looked at again, for runs that another server has kept there."""

PATIENCE = 5.0
"""Seconds after which nobody waits for a repair any more, if no page has asked for it."""


@dataclass(frozen=True, eq=False)
class Known:
    """Hold the measured runs of a network and a way to tune it, one a plan.

    shipped: the plans of those that came with the app.
    """

    runs: Mapping[PruningPlan, PastRun]
    shipped: Set[PruningPlan]

    def but(self, plan: PruningPlan) -> tuple[list[PastRun], int]:
        """Return the runs that tell of a plan, none of itself, and how many of them came with the app."""
        others = [run for tried, run in self.runs.items() if tried != plan]
        return others, len(self.shipped) - (plan in self.shipped)


def promise_of(experiment: Experiment) -> Promise:
    """Return what an experiment's fine-tune is expected to reach, by all that is known. Raises BadInput if nothing is.

    Judges the dense and the pruned network if nobody has, but repairs nothing.
    """
    known, network, plan = _known(experiment), experiment.network, experiment.plan
    (runs, shipped), repaired = known.but(plan), known_repaired(network, plan)
    require_enough(runs)
    pruned = cache.settled_result(Subject(network, plan))
    before = Before(pruned.sparsity, cache.dense_quality(network), pruned.quality.value, repaired)
    left_out = plan if plan in known.runs else None
    learned = _learned().get(
        (known, left_out, before.dense.value, repaired is None), lambda: learn(runs, before.dense, repaired is not None)
    )
    return learned.promise(before, shipped)


def promise_at_start(experiment: Experiment) -> Promise | None:
    """Return the same for a fine-tune that begins now; None where nothing can be promised."""
    try:
        return promise_of(experiment)
    except PlaygroundError:
        return None


@st.cache_resource(show_spinner=False)
def _learned() -> Memo:
    """Return the laws that runs were found to follow, some hundred kilobytes each."""
    return Memo(50)


@st.cache_resource(show_spinner=False)
def _groups() -> Memo:
    return Memo(100)


def _known(experiment: Experiment) -> Known:
    """Return the measured runs that tell of an experiment; the same object while there are no others."""
    network, way = experiment.network, same_way(experiment)
    shipped, stored = _shipped(network), _stored(network, store())
    return _groups().get((network, way, stored, shipped), lambda: _alike(way, stored.runs, shipped.runs))


def _alike(way: tuple[object, ...], stored: Iterable[PastRun], shipped: Iterable[PastRun]) -> Known:
    mine, theirs = ([run for run in runs if same_way(run.experiment) == way] for runs in (stored, shipped))
    return Known({run.experiment.plan: run for run in (*mine, *theirs)}, {run.experiment.plan for run in theirs})


@dataclass(frozen=True, eq=False)
class Runs:
    """Hold runs of one network, as they were when somebody looked; equal to itself alone."""

    runs: tuple[PastRun, ...]


@st.cache_resource(max_entries=50, show_spinner=False)
def _shipped(network: str) -> Runs:
    return Runs(tuple(shipped_runs(network)))


@st.cache_resource(max_entries=50, ttl=FRESH, show_spinner=False, hash_funcs={Store: id})
def _stored(network: str, kept_in: Store) -> Runs:
    return Runs(_read(network, kept_in))


def _read(network: str, kept_in: Store) -> tuple[PastRun, ...]:
    try:
        contents = contents_of_network(kept_in, network, KIND, MOST)
    except StoreUnavailable:
        return ()
    return tuple(run for content in contents if (run := read_run(content)) is not None)


def keep_run(kept_in: Store, run: PastRun) -> None:
    """Keep the figures of a fine-tune that has come to its end, from which later ones are told."""
    save_result(kept_in, run.experiment, "fine-tuned", KIND, run.to_dict())
    _stored.clear()


def known_repaired(network: str, plan: PruningPlan) -> float | None:
    """Return the quality of a network repaired at once, if it ships or somebody has asked for it before."""
    if (judged := curves.known_repaired(network, plan, REPAIR)) is not None:
        return judged.quality.value
    job = _repair_work(network, plan).job
    return job.results[-1].value if job is not None and job.results else None


def _repair_work(network: str, plan: PruningPlan) -> shared_work.SharedWork:
    return shared_work.find(
        "judge_repair",
        Key(network, f"judge repair {REPAIR}", plan),
        lambda known: (network, plan, REPAIR),
        patience=PATIENCE,
    )


def show_promise(experiment: Experiment, ask: bool) -> None:
    """Say what a fine-tune is expected to reach, or why nothing is promised.

    ask: whether to have the network repaired for a narrower range, which takes seconds; the page does not wait.
    """
    with show_errors():
        pending = ask and len(_known(experiment).but(experiment.plan)[0]) >= LEAST and _is_tried(experiment)
        if pending:
            st.fragment(_draw_promise, run_every=0.5)(experiment, pending)
        else:
            _draw_promise(experiment, pending)


def _is_tried(experiment: Experiment) -> bool:
    """Whether a repair is under way by which the range gets narrower; begins one where nobody knows what it gives."""
    network, plan = experiment.network, experiment.plan
    return curves.known_repaired(network, plan, REPAIR) is None and _repair_work(network, plan).follow().active


def _draw_promise(experiment: Experiment, pending: bool) -> None:
    if pending and not _is_tried(experiment):
        st.rerun()
    try:
        said = describe_promise(promise_of(experiment))
    except BadInput as error:
        st.caption(t(in_one(error.what, error.advice)))
        return
    if pending:
        said = t("{promise} A repair is tried, by which the range gets narrower ...", promise=said)
    st.markdown(
        said,
        help=t(
            "Learned from fine-tunes of this network with the same recipe, each after another pruning: how much of the "
            "loss came back, by what the pruned network lost, by what comes back without training (repair), and by how "
            "much was removed. Of ten such promises eight or more hold, for prunings like those that were tried."
        ),
    )


def describe_promise(promise: Promise) -> str:
    """Say what is promised, and from what it was learned."""
    return t(
        "Expected after it: **{value}** ({share} range {range}), from {runs:,} runs of this network, {shipped:,} "
        "of them shipped with the app.",
        value=_value(promise, promise.value),
        share=format_percent(HOLDS, 0),
        range=_range(promise),
        runs=promise.runs,
        shipped=promise.shipped,
    )


def describe_verdict(promise: Promise, reached: Quality, ended: bool) -> str:
    """Say whether a promise held. ended: whether the run came to its end, of which the promise was."""
    value, share = _value(promise, promise.value), format_percent(HOLDS, 0)
    said = {"reached": _value(promise, reached.value), "range": _range(promise), "value": value, "share": share}
    if not ended:
        return t("Promised was {value} ({share} range {range}) for the whole run, which was stopped.", **said)
    if promise.holds(reached.value):
        return t("The promise held: {reached} lies within {range} ({share} range around {value}).", **said)
    return t("The promise did not hold: {reached} lies outside of {range} ({share} range around {value}).", **said)


def _value(promise: Promise, value: float) -> str:
    return format_value(promise.metric, value, METRICS[promise.metric].digits + 1)


def _range(promise: Promise) -> str:
    low, high = (_value(promise, end) for end in (promise.low, promise.high))
    return t("{low} to {high}", low=low.removesuffix(" %"), high=high)
