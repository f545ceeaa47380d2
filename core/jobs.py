"""Long work off the page: a bounded set of worker processes, a queue with places, progress, and a way to stop.

A job belongs to one owner (a visit), or to everybody (a sweep, which all visitors share).
"""

import atexit
import contextlib
import itertools
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import PlaygroundError

ABSENCE = 10.0
"""Seconds that nobody may be there for a job before it is stopped."""

GRACE = 0.8
"""Seconds a worker has to answer a stop before it is ended and replaced."""

EVERYBODY = ""
"""Owner of the jobs that all visitors share."""

CRASHED = (
    "The process that did this work ended unexpectedly.",
    "What you had is kept; start it again, and if it happens twice choose a smaller piece of work.",
)


class QueueFull(PlaygroundError):
    """More jobs than one visit may hold."""


@dataclass(eq=False)
class Job:
    """One piece of work and what is known of it so far; written by the pool, read by pages.

    state: "waiting", "running", "done", "stopped" or "failed".
    progress: the latest payload; results: those that carry something to keep, oldest first.
    error: what happened and what to do, once the state is "failed".
    giving_way: whether it is to wait again, because somebody waits for the worker that it has.
    """

    number: int
    owner: str
    work: str
    arguments: tuple[Any, ...]
    keep: Callable[[Any], bool]
    lighten: Callable[[list[Any]], None] | None = None
    alive: Callable[[], bool] | None = None
    resume: Callable[["Job"], tuple[Any, ...]] | None = None
    state: str = "waiting"
    progress: Any = None
    results: list[Any] = field(default_factory=list)
    error: tuple[str, str] | None = None
    stopping: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    giving_way: bool = False

    @property
    def active(self) -> bool:
        """Whether it still waits or runs."""
        return not self.ended.is_set()

    def _end(self, state: str) -> None:
        self.state = state
        self.ended.set()


class Jobs:
    """A pool of worker processes that do one job each at a time, first come, first served.

    workers: how many at once; threads: processor threads for each. By default both together use every core,
    and the thread count is fixed, so that figures do not depend on who else is working.
    """

    def __init__(self, workers: int = 2, threads: int | None = None) -> None:
        self.threads = threads or max(1, (os.cpu_count() or 1) // workers)
        self._change = threading.Condition()
        self._numbers = itertools.count()
        self._waiting: list[Job] = []
        self._running: list[Job] = []
        self._warm: set[int] = set()
        self._closed = False
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self._workers = workers
        threading.Thread(target=self._watch, daemon=True).start()
        for number in range(workers):
            threading.Thread(target=self._serve, args=(number,), daemon=True).start()
        atexit.register(self.close)

    def submit(
        self,
        owner: str,
        work: str,
        *arguments: Any,
        keep: Callable[[Any], bool] = lambda payload: True,
        lighten: Callable[[list[Any]], None] | None = None,
        alive: Callable[[], bool] | None = None,
        resume: Callable[[Job], tuple[Any, ...]] | None = None,
    ) -> Job:
        """Queue a piece of work from `core.work` and return its job at once.

        keep: which payloads go into `results`; lighten: called with them whenever one has come, to drop what is heavy.
        alive: whether somebody still wants it; once that is not so for ABSENCE seconds, it is stopped.
        resume: for work for everybody, what remains to do; it then gives way to people and goes on later.
        Work for everybody waits behind what people wait for, the latest
        first, since that is what somebody looks at.
        Raises QueueFull when the owner already has one job running and one waiting.
        """
        job = Job(next(self._numbers), owner, work, arguments, keep, lighten, alive, resume)
        with self._change:
            if owner != EVERYBODY and sum(other.owner == owner for other in self._waiting + self._running) >= 2:
                raise QueueFull("You already have one job running and one waiting.", "Stop one of them first.")
            owners = [other.owner for other in self._waiting]
            place = owners.index(EVERYBODY) if EVERYBODY in owners else len(owners)
            self._waiting.insert(place, job)
            if owner != EVERYBODY:
                self._make_way()
            self._change.notify_all()
        return job

    def place(self, job: Job) -> int:
        """Return a waiting job's place in line, 1 for the next one to run; 0 once it no longer waits."""
        with self._change:
            return self._waiting.index(job) + 1 if job in self._waiting else 0

    def stop(self, job: Job) -> None:
        """Ask a job to stop; it ends within a second, and what it had kept stays in `results`."""
        with self._change:
            job.stopping.set()
            if job in self._waiting:
                self._waiting.remove(job)
                job._end("stopped")

    def _make_way(self) -> None:
        """Ask shared work to wait again, if all workers are busy and people wait."""
        people = sum(job.owner != EVERYBODY for job in self._waiting)
        idle = self._workers - len(self._running)
        leaving = sum(job.giving_way for job in self._running)
        for job in self._running:
            if people <= idle + leaving:
                return
            if job.resume and not job.giving_way and not job.stopping.is_set():
                job.giving_way, leaving = True, leaving + 1
                job.stopping.set()

    def _watch(self) -> None:
        """Stop jobs that nobody wants any more."""
        missed: dict[int, float] = {}
        while not self._closed:
            time.sleep(ABSENCE / 10)
            with self._change:
                watched = [job for job in self._waiting + self._running if job.alive]
            missed = {job.number: missed.get(job.number, time.monotonic()) for job in watched if not job.alive()}
            for job in watched:
                if time.monotonic() - missed.get(job.number, time.monotonic()) > ABSENCE:
                    self.stop(job)

    def close(self) -> None:
        """End all workers; jobs that were under way end as failed."""
        with self._change:
            self._closed = True
            self._change.notify_all()
            processes = list(self._processes.values())
        for process in processes:
            process.kill()

    def _serve(self, number: int) -> None:
        """Take jobs one after the other for one worker process, which is started when first needed."""
        process: subprocess.Popen[bytes] | None = None

        def due() -> bool:
            """Whether a job is there for this worker; one that has yet to start leaves it to one that is warm."""
            return self._closed or len(self._waiting) > (0 if process else len(self._warm))

        while True:
            with self._change:
                self._change.wait_for(due)
                if self._closed:
                    return
                job = self._waiting.pop(0)
                self._running.append(job)
                self._warm.discard(number)
                job.state = "running"
            if process is None:
                process = self._start(number)
            state = "failed"
            try:
                state = _carry_out(process, job, next(self._numbers))
            except (EOFError, OSError, pickle.UnpicklingError):
                state = "stopped" if job.stopping.is_set() else "failed"
                job.error = None if state == "stopped" else CRASHED
                process.kill()
                process.wait()
                process = None
            finally:
                with self._change:
                    self._running.remove(job)
                    if process:
                        self._warm.add(number)
                    if job.giving_way and state == "stopped":
                        job.state, job.giving_way, job.stopping = "waiting", False, threading.Event()
                        job.arguments = job.resume(job)
                        self._waiting.append(job)
                    else:
                        job._end(state)
                    self._change.notify_all()

    def _start(self, number: int) -> subprocess.Popen[bytes]:
        """Start a worker process in the project's own folder, so that it finds `core`."""
        limits = {name: str(self.threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
        process = subprocess.Popen(
            [sys.executable, "-m", "core.worker", str(self.threads)],
            cwd=Path(__file__).resolve().parents[1],
            env={**os.environ, **limits},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        with self._change:
            self._processes[number] = process
        return process


def _carry_out(process: subprocess.Popen[bytes], job: Job, number: int) -> str:
    """Hand a job to a worker as run `number` and follow it to its end; return the state it ended in."""
    stopping, over = job.stopping, threading.Event()
    _send(process, ("run", number, job.work, job.arguments))
    threading.Thread(target=_pass_on_stop, args=(process, number, stopping, over), daemon=True).start()
    try:
        return _follow(process, job, stopping)
    finally:
        over.set()


def _follow(process: subprocess.Popen[bytes], job: Job, stopping: threading.Event) -> str:
    """Take in what a worker says of a job until it is over; return the state it ended in."""
    while True:
        kind, *content = pickle.load(process.stdout)
        if kind == "progress":
            if job.keep(content[0]):
                job.results.append(content[0])
                if job.lighten:
                    job.lighten(job.results)
            job.progress = content[0]
        elif kind == "done":
            return "stopped" if stopping.is_set() else "done"
        elif kind == "failed":
            what, advice = content
            job.error = (what, advice) if what else CRASHED
            return "failed"


def _pass_on_stop(
    process: subprocess.Popen[bytes], number: int, stopping: threading.Event, over: threading.Event
) -> None:
    """Tell the worker once its run is to stop, and end it if it does not answer in time."""
    while not stopping.wait(0.5):
        if over.is_set():
            return
    with contextlib.suppress(OSError):
        _send(process, ("stop", number))
    if not over.wait(GRACE):
        process.kill()


def _send(process: subprocess.Popen[bytes], message: tuple[Any, ...]) -> None:
    pickle.dump(message, process.stdin)
    process.stdin.flush()


def wait(job: Job, seconds: float) -> bool:
    """Wait until a job has ended, at most so long; return whether it has."""
    return job.ended.wait(seconds)
