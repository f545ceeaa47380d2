"""A network's curve over sparsity: filled in beside the page while somebody looks at it, one for all visitors."""

from collections.abc import Iterator
from dataclasses import replace

from core.jobs.pool import Job
from core.measure import STOPS, PlanResult, judge_plan
from core.pruning import PruningPlan
from pages.shared import cache, shared_work

PATIENCE = 5.0
"""Seconds after which nobody looks at a curve any more, if no page has asked for it: they ask every second."""


def sweep_job(name: str, plan: PruningPlan) -> Job:
    """The job that fills in the curve on which a plan lies; if it was left alone, it goes on where it was."""
    base = plan.without_amount

    def remaining(known: list[PlanResult]) -> tuple[str, tuple[PruningPlan, ...]]:
        plans = (base,) if base.pattern else tuple(replace(base, sparsity=stop / 100) for stop in STOPS)
        done = {step.plan for step in known}
        return name, tuple(plan for plan in plans if plan not in done)

    curve = shared_work.shared("sweep", (name, base), remaining, keep=_is_settled, patience=PATIENCE)
    return curve.wanted()


def _is_settled(step: PlanResult) -> bool:
    return step.settled


def slider_steps(name: str, plan: PruningPlan) -> Iterator[PlanResult]:
    """Yield what a plan does, early figures first and the settled one last; just that one if it is known already.

    Visitors who are at the same place of the slider share what is computed for it.
    """
    found = cache.memo().peek((name, plan))
    found = found or next((step for step in sweep_job(name, plan).results if step.plan == plan), None)
    if found is not None:
        yield found
        return
    yield from cache.memo().stream((name, plan), lambda: judge_plan(cache.task(name), plan, cache.ranking(name, plan)))
