"""Fine-tunes of equal length at a few sparsities, shared by all visitors who compare."""

from core.errors import PlaygroundError
from core.jobs.pool import Job
from core.jobs.work import TunedPoint
from core.pruning import PruningPlan
from pages.shared import curves, shared_work
from pages.shared.shared_work import SharedWork

AT = (0.8, 0.5, 0.9, 0.95)
"""Sparsities at which networks are fine-tuned for comparison; points of every sweep too."""


def _healing(name: str, steps: int) -> SharedWork:
    def remaining(known: list[TunedPoint]) -> tuple[str, tuple[float, ...], int]:
        done = [round(each.sparsity, 2) for each in known]
        return name, tuple(at for at in AT if at not in done), steps

    return shared_work.shared("tune_points", (name, steps), remaining, keep=lambda each: each.quality is not None)


def started(name: str, steps: int) -> Job | None:
    """The job that fine-tunes a network for comparison, if anybody has started it; left alone, it goes on later."""
    return _healing(name, steps).begun()


def start(names: list[str], steps: int) -> None:
    """Start it for each network for which nobody has; one that failed goes on where it was."""
    for name in names:
        healing = _healing(name, steps)
        if healing.job is None or healing.job.state != "done":
            healing.begin()


def jobs_of(name: str, steps: int) -> list[Job | None]:
    """The jobs that a network's curves come from."""
    try:
        return [curves.sweep_job(name, PruningPlan()), started(name, steps)]
    except PlaygroundError:
        return []
