"""Fine-tunes of equal length at a few sparsities, shared by all visitors who compare."""

from core.errors import PlaygroundError
from core.jobs.job import Job
from core.jobs.work import TunedPoint
from core.keys import Key
from core.pruning import PruningPlan
from pages.parts.compare.choice import can_be_judged, require_examples
from pages.shared import curves, shared_work, sparsities
from pages.shared.shared_work import SharedWork


def _tuning(name: str, steps: int) -> SharedWork:
    def remaining(known: tuple[TunedPoint, ...]) -> tuple[str, tuple[float, ...], int]:
        done = [round(each.sparsity, 2) for each in known]
        return name, tuple(sparsity for sparsity in sparsities.TUNED if sparsity not in done), steps

    return shared_work.find("tune_points", Key(name, "tune_points", steps=steps), remaining, keep=_is_judged)


def _is_judged(point: TunedPoint) -> bool:
    return point.quality is not None


def tuning_job(name: str, steps: int) -> Job | None:
    """Return the job that fine-tunes a network to be compared, if anybody began it; left alone, it goes on later."""
    return _tuning(name, steps).follow_if_begun()


def begin_tuning(names: list[str], steps: int) -> None:
    """Begin it for each network for which nobody has; one that failed goes on where it was."""
    for name in filter(can_be_judged, names):
        tuning = _tuning(name, steps)
        if tuning.job is None or tuning.job.state != "done":
            tuning.begin()


def jobs_of(name: str, steps: int) -> list[Job]:
    """Return the jobs that a network's curves come from, () where it cannot be pruned or judged."""
    try:
        require_examples(name)
        tuning = tuning_job(name, steps)
        return [curves.curve_job(name, PruningPlan()), *([tuning] if tuning else [])]
    except PlaygroundError:
        return []
