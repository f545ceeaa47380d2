"""One try at a job on one worker: hand it over, take in what the worker says, pass a stop on."""

import contextlib
import logging
import threading
from dataclasses import dataclass, field
from typing import Any

from core.errors import PlaygroundError
from core.jobs.job import CRASHED, EVERYBODY, NO_ROOM, Job, NoRoom, State
from core.jobs.messages import Done, Failed, HungUp, Lost, Order, Progress, Stop, packed, unpacked
from core.jobs.process import Worker

GRACE = 0.8
"""Seconds a worker has to answer a stop before it is ended and replaced."""

TRIES = 3
"""Workers that one piece of work for everybody may cost before it counts as failed."""


@dataclass(eq=False)
class Run:
    """Hold one try at a job: its arguments, and whether it is to end early.

    arguments: those of the work that is left; deaths: workers that have died of the job so far.
    before: the results with which the work was begun; results: those and what this try has found.
    kept, known: payloads that this try has kept, and that an earlier one had, of which the job still shows the results
    until this one, begun anew, has as many.
    lost: whether its machine is gone, which is no fault of the work.
    stopping: set once it is to end early; giving_way: then it is to wait again, since a person waits for its worker.
    """

    job: Job
    arguments: tuple[Any, ...]
    deaths: int = 0
    before: tuple[Any, ...] = ()
    known: int = 0
    kept: int = 0
    results: tuple[Any, ...] = ()
    stopping: threading.Event = field(default_factory=threading.Event)
    giving_way: bool = False
    lost: bool = False

    def __post_init__(self) -> None:
        self.results = self.before


@dataclass(frozen=True)
class Outcome:
    """Hold the end of a run: its job's state, the two sentences of an error, and whether to try again."""

    state: State
    error: tuple[str, str] | None = None
    again: bool = False


def carry_out(worker: Worker, run: Run, number: int) -> Outcome:
    """Hand a run to a worker under a number and follow it to its end.

    Raises NoRoom, HungUp when the worker is gone, and whatever the job's own functions raise.
    """
    over = threading.Event()
    order = Order(number, run.job.work, packed(run.arguments))
    follower = threading.Thread(target=_pass_on_stop, args=(worker, run, number, over), daemon=True)
    try:
        follower.start()
    except RuntimeError as error:
        raise NoRoom(*NO_ROOM) from error
    try:
        worker.send(order)
        return _follow(worker, run)
    finally:
        over.set()


def _follow(worker: Worker, run: Run) -> Outcome:
    """Take in a worker's messages about a run until it is over."""
    job = run.job
    while True:
        message = worker.receive()
        if not job.active:
            raise HungUp  # it was ended just now; what the worker still has to say comes too late
        if isinstance(message, Progress):
            _take_in(run, unpacked(message.payload))
        elif isinstance(message, Done):
            if not run.stopping.is_set():
                job.change(results=run.results)
            return Outcome("stopped" if run.stopping.is_set() else "done")
        elif isinstance(message, Failed):
            return Outcome("failed", (message.what, message.advice) if message.what else CRASHED)


def _take_in(run: Run, payload: Any) -> None:
    """Make a payload the job's progress, and one of its results if the job keeps it."""
    job = run.job
    if job.keep(payload):
        results = (*run.results, payload)
        run.results, run.kept = job.compact(results) if job.compact else results, run.kept + 1
    job.change(progress=payload, results=run.results if run.kept >= run.known else job.results)


def _pass_on_stop(worker: Worker, run: Run, number: int, over: threading.Event) -> None:
    """Tell the worker once its run is to stop, and end it, and the job, if it does not answer in time."""
    while not run.stopping.wait(0.5):
        if over.is_set():
            return

    def tell() -> None:
        with contextlib.suppress(HungUp):
            worker.send(Stop(number))

    with contextlib.suppress(RuntimeError):
        threading.Thread(target=tell, daemon=True).start()  # a worker that does not read must not hold up its end
    if not over.wait(GRACE):
        worker.process.kill()
        if not run.giving_way:
            run.job.end("stopped")  # on a busy machine the process takes a while to go, since others go first


def outcome_of_error(error: BaseException, run: Run, worker: Worker | None) -> Outcome:
    """Return the outcome of a run that met an error on this side; count the death of its worker."""
    if run.stopping.is_set():
        return Outcome("stopped")
    if not isinstance(error, HungUp):
        return Outcome("failed", sentences(error, run.job))
    run.lost = isinstance(error, Lost)
    if worker is None or worker.ready or not run.lost:  # what was lost before it was begun costs nobody anything
        run.deaths += 1
    return Outcome("failed", CRASHED if worker and worker.ready else NO_ROOM, again=_bears_another_try(run))


def next_try(run: Run) -> Run:
    """Return the next try at a run's job: at what is left, or at all of it, since the same work finds the same again.

    Raises whatever the job's own function does.
    """
    job = run.job
    if job.resume:
        return Run(job, job.resume(job.results), run.deaths, job.results)
    if run.lost:
        return Run(job, run.arguments, run.deaths, run.before, max(run.known, run.kept))
    return Run(job, run.arguments, run.deaths, job.results)


def _bears_another_try(run: Run) -> bool:
    """Say whether a job can be begun again after its worker died, of the work or with its whole machine."""
    job = run.job
    return run.deaths < (TRIES if run.lost or job.owner == EVERYBODY else 2 if job.progress is None else 1)


def sentences(error: BaseException, job: Job) -> tuple[str, str]:
    """Return the two sentences of an error on this side; log one that has none."""
    if isinstance(error, PlaygroundError):
        return error.what, error.advice
    logging.error("work %r could not be followed", job.work, exc_info=error)
    return CRASHED
