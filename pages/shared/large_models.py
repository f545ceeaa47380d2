"""Figures that take a large network too long for the page: found out beside it, and shown once they are there."""

from typing import NamedTuple

from core.jobs.job import Job
from core.keys import Key
from core.measure import Cost, Quality
from core.pruning import PruningPlan
from pages.shared import cache, curves, shared_work


class Costs(NamedTuple):
    """Hold what the pruned and the whole network weigh."""

    pruned: Cost
    dense: Cost


def is_large(name: str) -> bool:
    """Whether a network is one of those that do not ship, all of which are large."""
    return not cache.tasks()[name].shipped


def find_dense_quality(name: str, plan: PruningPlan) -> Quality | None:
    """Return how good the whole network is; of a large one None until the curve that `plan` lies on has it."""
    if not is_large(name):
        return cache.dense_quality(name)
    known = cache.known_dense_quality(name)
    if known is None:
        known = next((point.quality for point in curves.curve_job(name, plan).results if point.sparsity == 0), None)
        if known is not None:
            cache.memo().put(Key(name, "quality"), known)
    return known


def find_costs(name: str, plan: PruningPlan) -> Costs | None:
    """Return what the pruned and the whole network weigh; of a large one None until that is counted."""
    plans = plan, PruningPlan()
    if not is_large(name):
        return Costs(*(cache.pruned_cost(name, each) for each in plans))
    jobs = [_cost_job(name, each) for each in plans]
    return Costs(*(job.results[0] for job in jobs)) if all(job.results for job in jobs) else None


def _cost_job(name: str, plan: PruningPlan) -> Job:
    return shared_work.find(
        "cost", Key(name, "cost", plan), lambda known: (name, plan), patience=curves.PATIENCE
    ).follow()


def known_figures(name: str, plan: PruningPlan, settled: bool) -> tuple[bool, bool]:
    """Say whether the whole network's quality and the sizes of files are there, as far as the page asks for them."""
    return find_dense_quality(name, plan) is not None, not settled or find_costs(name, plan) is not None
