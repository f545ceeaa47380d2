"""A network's curve over sparsity: filled in beside the page while somebody looks at it, one for all visitors."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from core.jobs.job import Job
from core.keys import Key
from core.measure import PlanResult
from core.pruning import PruningPlan
from core.stages import Subject
from pages.shared import answers, cache, shared_work, sparsities

PATIENCE = 5.0
"""Seconds after which nobody looks at a curve any more, if no page has asked for it: they ask every second."""


def curve_job(name: str, plan: PruningPlan) -> Job:
    """Return the job that fills in the curve on which a plan lies; if it was left alone, it goes on where it was.

    What it has found so far is put where the slider looks, so that a point of the curve is judged once.
    """
    job = _sweep(name, plan.without_amount, lambda each: cache.known_result(Subject(name, each))).follow()
    for point in job.results:
        cache.keep_result(Subject(name, point.plan), point)
    return job


def repaired_curve_job(name: str, plan: PruningPlan, how: str) -> Job:
    """Return the job that fills in the curve of the repaired networks, as `curve_job` does that of the pruned ones."""
    return _sweep(
        name, plan.without_amount, lambda each: answers.lasting().find_repaired(name, each, how), how
    ).follow()


def known_repaired(name: str, plan: PruningPlan, how: str) -> PlanResult | None:
    """Return how a network is once it is repaired, if that ships or its curve has come there; None otherwise."""
    if (shipped := answers.lasting().find_repaired(name, plan, how)) is not None:
        return shipped
    begun: shared_work.SharedWork | None = shared_work.remembered("sweep").peek(_about(name, plan.without_amount, how))
    job = begun.job if begun else None
    return next((point for point in job.results if point.plan == plan), None) if job else None


def _sweep(
    name: str, base: PruningPlan, find: Callable[[PruningPlan], PlanResult | None], how: str = ""
) -> shared_work.SharedWork:
    """Return the work on one curve, which goes on with the points that are not known yet.

    find: (plan) -> a point that an earlier server had, or that ships; how: in which way it is repaired, "" for none.
    """

    def known() -> tuple[PlanResult, ...]:
        return tuple(point for each in _plans(base) if (point := find(each)) is not None)

    def remaining(known: tuple[PlanResult, ...]) -> tuple[Any, ...]:
        done = {point.plan for point in known}
        return name, tuple(each for each in _plans(base) if each not in done), how

    def complete(found: tuple[PlanResult, ...]) -> bool:
        return {point.plan for point in found} >= set(_plans(base))

    return shared_work.find("sweep", _about(name, base, how), remaining, _is_settled, None, PATIENCE, known, complete)


def _about(name: str, base: PruningPlan, how: str) -> Key:
    return Key(name, f"sweep repaired {how}" if how else "sweep", base)


def _plans(base: PruningPlan) -> tuple[PruningPlan, ...]:
    """List the points of a curve, in the order in which they are judged."""
    return (base,) if base.pattern else tuple(replace(base, sparsity=each) for each in sparsities.CURVE)


def _is_settled(point: PlanResult) -> bool:
    return point.settled
