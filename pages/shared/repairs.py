"""Repaired networks: one piece of work for all visitors, whose result is kept in the store."""

import functools

import streamlit as st

from core.experiment import Experiment
from core.jobs.job import Job
from core.jobs.work import RepairProgress
from core.keys import Key
from core.pruning import PruningPlan
from core.stages import Subject
from core.store import Store, StoreUnavailable, find_result, save_result
from pages.shared import shared_work
from pages.shared.errors import show_error
from pages.shared.packing import holds_packed, keep_packed
from pages.shared.storage import store
from pages.shared.words import t

KIND = "repair"
"""Under this name the store has a repaired network."""

PATIENCE = 5.0
"""Seconds after which nobody waits for a repair any more, if no page has asked for it: they ask all the time."""


def find_repaired(network: str, plan: PruningPlan, how: str) -> Subject | None:
    """Return the repaired network if somebody had it repaired before; None while there is none."""
    try:
        found = find_result(store(), Experiment(network, plan=plan, repair=how).id, "repaired", KIND)
    except StoreUnavailable:
        found = None
    artefact = found.artefact if found else _latest_artefact(network, plan, how)
    return Subject(network, plan, "repaired", artefact) if artefact else None


def repair_job(network: str, plan: PruningPlan, how: str) -> Job:
    """Return the job that repairs a network, the same for all who look at it."""
    return _work(network, plan, how).follow()


def _work(network: str, plan: PruningPlan, how: str) -> shared_work.SharedWork:
    experiment = Experiment(network, plan=plan, repair=how)
    return shared_work.find(
        "repair",
        Key(network, f"repair {how}", plan),
        lambda known: (network, plan, how),
        keep=holds_packed,
        compact=functools.partial(keep_packed, functools.partial(_save, store(), experiment)),
        patience=PATIENCE,
    )


def _latest_artefact(network: str, plan: PruningPlan, how: str) -> str:
    """Return the hash of what a job has just reached, where the store lasts no longer than this server."""
    job = _work(network, plan, how).job
    return job.results[-1].artefact if job is not None and job.results else ""


def _save(kept_in: Store, experiment: Experiment, reached: RepairProgress) -> str:
    """Keep a repaired network in the store; return its hash."""
    content = {"sparsity": reached.sparsity, "seconds": reached.seconds}
    return save_result(kept_in, experiment, "repaired", KIND, content, reached.seconds, reached.packed).artefact


def show_repair(network: str, plan: PruningPlan, how: str, described: str, help: str) -> None:
    """Say how far a repair is, without drawing the rest of the page; draw all of it once it is done.

    described, help: what is said of it when nothing is under way; it stands in the same place, so that nothing jumps.
    """
    job = repair_job(network, plan, how)
    st.fragment(_follow, run_every=0.25 if job.active else None)(network, plan, how, described, help, job.active)


def _follow(network: str, plan: PruningPlan, how: str, described: str, help: str, active: bool) -> None:
    job = repair_job(network, plan, how)
    if find_repaired(network, plan, how) is not None:
        st.rerun()
    if job.error:
        if active:
            st.rerun()  # since the rest of the page waits for it
        show_error(*job.error)
        return
    now: RepairProgress | None = job.progress
    far = t("layer {done} of {of}", done=now.done, of=now.of) if now else t("a moment")
    st.caption(
        t("{described} · being repaired ({far}); until then shown as pruned", described=described, far=far), help=help
    )
