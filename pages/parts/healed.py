"""Fine-tunes of equal length at a few sparsities, shared by all visitors who compare."""

import streamlit as st

from core.errors import PlaygroundError
from core.jobs import EVERYBODY, Job
from core.pruning import PruningPlan
from pages.parts import border, sweeps

AT = (0.8, 0.5, 0.9, 0.95)
"""Sparsities at which networks are fine-tuned for comparison; points of every sweep too."""


@st.cache_resource(max_entries=1, show_spinner=False)
def _jobs() -> dict[tuple[str, int], Job]:
    return {}


def started(name: str, steps: int) -> Job | None:
    """The job that fine-tunes a network for comparison, if anybody has started it."""
    return _jobs().get((name, steps))


def start(names: list[str], steps: int) -> None:
    """Start it for each network for which nobody has; one that failed or was stopped is started anew."""

    def remaining(job: Job) -> tuple[str, tuple[float, ...], int]:
        done = [round(each.sparsity, 2) for each in job.results]
        return job.arguments[0], tuple(at for at in AT if at not in done), steps

    for name in names:
        job = started(name, steps)
        if job is None or job.state in ("failed", "stopped"):
            _jobs()[name, steps] = border.jobs().submit(
                EVERYBODY, "heal", name, AT, steps, keep=lambda each: each.quality is not None, resume=remaining
            )


def jobs_of(name: str, steps: int) -> list[Job | None]:
    """The jobs that a network's curves come from."""
    try:
        return [sweeps.sweep_job(name, PruningPlan()), started(name, steps)]
    except PlaygroundError:
        return []
