"""A network's curve over sparsity: filled in beside the page while somebody looks at it, one for all visitors."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import streamlit as st

from core.jobs import EVERYBODY, Job
from core.measure import STOPS, Step, steps
from core.pruning import PruningPlan
from pages.parts import border

PATIENCE = 5.0
"""Seconds after which nobody looks at a curve any more, if no page has asked for it: they ask every second."""


@dataclass(eq=False)
class _Shared:
    """The latest job for a curve, and when a page last asked for it."""

    job: Job | None = None
    asked: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)


@st.cache_resource(max_entries=50, show_spinner=False)
def _shared(name: str, base: PruningPlan) -> _Shared:
    return _Shared()


def sweep_job(name: str, plan: PruningPlan) -> Job:
    """The job that fills in the curve on which a plan lies; if it was left alone, it goes on where it was."""
    base = plan.without_amount
    shared = _shared(name, base)
    with shared.lock:
        shared.asked = time.monotonic()
        if shared.job is None or shared.job.state == "stopped":
            shared.job = _started(name, base, shared)
        return shared.job


def _started(name: str, base: PruningPlan, shared: _Shared) -> Job:
    plans = (base,) if base.pattern else tuple(replace(base, sparsity=stop / 100) for stop in STOPS)

    def remaining(known: list[Step]) -> tuple[str, tuple[PruningPlan, ...]]:
        done = {step.plan for step in known}
        return name, tuple(plan for plan in plans if plan not in done)

    earlier = list(shared.job.results) if shared.job else []
    job = border.jobs().submit(
        EVERYBODY,
        "sweep",
        *remaining(earlier),
        keep=lambda step: step.settled,
        alive=lambda: time.monotonic() - shared.asked < PATIENCE,
        resume=lambda job: remaining(job.results),
    )
    job.results[:0] = earlier
    return job


def slider_steps(name: str, plan: PruningPlan) -> Iterator[Step]:
    """Yield what a plan does, early figures first and the settled one last; just that one if it is known already."""
    found = border.memo().peek((name, plan))
    found = found or next((step for step in sweep_job(name, plan).results if step.plan == plan), None)
    if found is None:
        for found in steps(border.task(name), plan, border.ranking(name, plan)):
            yield found
        border.memo().put((name, plan), found)
    else:
        yield found
