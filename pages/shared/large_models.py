"""What takes a large network too long for the page is found out beside it; the page shows it once it is there."""

from core.jobs.pool import Job
from core.measure import Cost, Quality
from core.pruning import PruningPlan
from pages.shared import cache, curves, shared_work


def large(name: str) -> bool:
    """Whether a network is one of those that do not ship, all of which are large."""
    return not cache.tasks()[name].shipped


def dense(name: str, plan: PruningPlan) -> Quality | None:
    """How good the whole network is, from the curve that `plan` lies on if that began already; None while not known."""
    if not large(name):
        return cache.dense_quality(name)
    known = cache.dense_known(name)
    if known is None:
        known = next((step.quality for step in curves.sweep_job(name, plan).results if step.sparsity == 0), None)
        if known is not None:
            cache.memo().put((name, "dense"), known)
    return known


def _cost_job(name: str, plan: PruningPlan) -> Job:
    counting = shared_work.shared("cost", (name, plan), lambda known: (name, plan), patience=curves.PATIENCE)
    return counting.wanted()


def costs(name: str, plan: PruningPlan) -> tuple[Cost, Cost] | None:
    """What the pruned and the whole network weigh; None while not known."""
    plans = plan, PruningPlan()
    if not large(name):
        return tuple(cache.pruned_cost(name, each) for each in plans)
    jobs = [_cost_job(name, each) for each in plans]
    return tuple(job.results[0] for job in jobs) if all(job.results for job in jobs) else None


def known(name: str, plan: PruningPlan, settled: bool) -> tuple[bool, bool]:
    """Whether the figure of the whole network and the sizes of files are there, as far as the page asks for them."""
    return dense(name, plan) is not None, not settled or costs(name, plan) is not None
