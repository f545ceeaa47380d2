"""Long work off the page: a bounded set of worker processes, a queue with places, progress, and a way to stop.

A job belongs to one owner (a visit), or to everybody (a sweep, which all visitors share).

The worker processes are our own rather than `pebble`'s or those of `concurrent.futures`: what a job finds streams back
while it runs, and a stop keeps the best so far and the warm worker, with torch and the task in it. Both libraries give
one result at the end, and pebble stops a job by ending its process. Whatever happens to a worker, or in the thread
that serves it, every job comes to an end that is signalled, and the next one finds a worker.
"""

import atexit
import contextlib
import itertools
import logging
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
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

NO_ROOM = (
    "This server has no room for another process just now.",
    "What you had is kept; try it again in a minute.",
)

TRIES = 3
"""Workers that one piece of work for everybody may cost before it counts as failed."""


class QueueFull(PlaygroundError):
    """More jobs than one visit may hold."""


class NoRoom(PlaygroundError):
    """A process or a thread that the server could not start."""


class _Died(Exception):
    """A worker that hung up, or whose words cannot be understood."""


@dataclass(eq=False)
class Job:
    """One piece of work and what is known of it so far; written by the pool, read by pages.

    state: "waiting", "running", "done", "stopped" or "failed".
    progress: the latest payload; results: those that carry something to keep, oldest first.
    error: what happened and what to do, once the state is "failed".
    giving_way: whether it is to wait again, because somebody waits for the worker that it has.
    deaths: how many workers died while they did it; ended_at: when it ended, on the monotonic clock.
    """

    number: int
    owner: str
    work: str
    arguments: tuple[Any, ...]
    keep: Callable[[Any], bool]
    compact: Callable[[list[Any]], None] | None = None
    alive: Callable[[], bool] | None = None
    resume: Callable[["Job"], tuple[Any, ...]] | None = None
    state: str = "waiting"
    progress: Any = None
    results: list[Any] = field(default_factory=list)
    error: tuple[str, str] | None = None
    stopping: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    giving_way: bool = False
    deaths: int = 0
    ended_at: float | None = None

    @property
    def active(self) -> bool:
        """Whether it still waits or runs."""
        return not self.ended.is_set()

    def _end(self, state: str) -> None:
        if self.active:
            self.ended_at, self.state = time.monotonic(), state
            self.ended.set()

    @property
    def _bears_another_try(self) -> bool:
        """Whether it can be begun again after a worker died of it, without anybody noticing."""
        return self.deaths < (TRIES if self.owner == EVERYBODY else 2 if self.progress is None else 1)


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
        self._threads = [threading.Thread(target=self._watch, daemon=True)]
        self._threads += [threading.Thread(target=self._serve, args=(each,), daemon=True) for each in range(workers)]
        for thread in self._threads:
            thread.start()
        atexit.register(self.close)

    def submit(
        self,
        owner: str,
        work: str,
        *arguments: Any,
        keep: Callable[[Any], bool] = lambda payload: True,
        compact: Callable[[list[Any]], None] | None = None,
        alive: Callable[[], bool] | None = None,
        resume: Callable[[Job], tuple[Any, ...]] | None = None,
        known: Sequence[Any] = (),
    ) -> Job:
        """Queue a piece of work from `core.jobs.work` and return its job at once.

        keep: which payloads go into `results`; compact: called with them whenever one has come, to drop what is heavy.
        alive: whether somebody still wants it; once that is not so for ABSENCE seconds, it is stopped.
        resume: for work for everybody, what remains to do; it then gives way to people and goes on later.
        known: what was found of it earlier; `results` begins with that.
        Work for everybody waits behind what people wait for, the latest first, since that is what somebody looks at.
        If its worker dies it goes on with another one, TRIES times in all; what belongs to one owner is tried once
        more if nothing of it was seen yet.
        Raises QueueFull when the owner already has one job running and one waiting.
        """
        job = Job(next(self._numbers), owner, work, arguments, keep, compact, alive, resume, results=list(known))
        with self._change:
            if self._closed:
                job._end("stopped")
                return job
            held = [other for other in self._waiting + self._running if other.owner == owner and other.active]
            if owner != EVERYBODY and len(held) >= 2:
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
            job.giving_way = False  # or it would wait again, now that it is not wanted
            if job in self._waiting:
                self._waiting.remove(job)
                job._end("stopped")

    def _make_way(self) -> None:
        """Ask shared work to wait again, if all workers are busy and people wait."""
        people = sum(job.owner != EVERYBODY for job in self._waiting)
        idle = self._workers - len(self._running)
        leaving = sum(job.stopping.is_set() for job in self._running)
        for job in self._running:
            if people <= idle + leaving:
                return
            if job.resume and not job.stopping.is_set():
                job.giving_way, leaving = True, leaving + 1
                job.stopping.set()

    def _watch(self) -> None:
        """Stop jobs that nobody wants any more."""
        missed: dict[int, float] = {}
        while True:
            with self._change:
                if self._change.wait_for(lambda: self._closed, ABSENCE / 10):
                    return
                watched = [job for job in self._waiting + self._running if job.alive]
            now = time.monotonic()
            missed = {job.number: missed.get(job.number, now) for job in watched if not _wanted(job)}
            for job in watched:
                if now - missed.get(job.number, now) > ABSENCE:
                    self.stop(job)

    def close(self) -> None:
        """End all workers; jobs that were under way end as failed, those that wait as stopped."""
        with self._change:
            self._closed = True
            for job in self._waiting:
                job._end("stopped")
            self._waiting.clear()
            self._change.notify_all()
            processes = list(self._processes.values())
        for process in processes:
            process.kill()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(1.0)
        atexit.unregister(self.close)

    def _serve(self, number: int) -> None:
        """Take jobs one after the other for one worker process, which is started when first needed."""
        worker: _Worker | None = None

        def due() -> bool:
            """Whether a job is there for this worker; one that has yet to start leaves it to one that is warm."""
            nonlocal worker
            if worker and worker.process.poll() is not None:  # it died while it had nothing to do
                worker.end()
                worker = None
                self._warm.discard(number)
            return self._closed or len(self._waiting) > (0 if worker else len(self._warm))

        while True:
            with self._change:
                self._change.wait_for(due)
                if self._closed:
                    break
                job = self._waiting.pop(0)
                self._running.append(job)
                self._warm.discard(number)
                job.state = "running"
            again = False
            try:
                worker = worker or self._start(number)
                state = _carry_out(worker, job, next(self._numbers))
            except BaseException as error:  # whatever it was, this thread has to go on serving
                state, again = _after(error, job, worker)
                if worker:
                    worker.end()
                worker = None
            self._settle(number, job, state, again, warm=worker is not None)
        if worker:
            worker.end()

    def _settle(self, number: int, job: Job, state: str, again: bool, warm: bool) -> None:
        """Let a job that a worker is through with end in a state, or wait `again`, as one that gave way does."""
        with self._change:
            self._running.remove(job)
            if warm:
                self._warm.add(number)
            if again and job.stopping.is_set():  # asked for just now, too late for the worker to hear of it
                state, again = "stopped", False
            if (again or (job.giving_way and state == "stopped")) and not self._closed:
                try:
                    job.arguments = job.resume(job) if job.resume else job.arguments
                    job.state, job.giving_way, job.stopping = "waiting", False, threading.Event()
                    self._waiting.insert(len(self._waiting) if job.owner == EVERYBODY else 0, job)
                except BaseException as error:
                    job.error = _sentences(error, job)
                    job._end("failed")
            else:
                job.error = job.error or (CRASHED if again else None)
                job._end(state)
            self._change.notify_all()

    def _start(self, number: int) -> "_Worker":
        """Start a worker process in the project's own folder, so that it finds `core`. Raises NoRoom."""
        limits = {name: str(self.threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
        try:
            process = subprocess.Popen(
                [sys.executable, "-m", "core.jobs.worker", str(self.threads)],
                cwd=Path(__file__).resolve().parents[2],
                env={**os.environ, **limits},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,  # Ctrl-C in the terminal is for the server, which ends its workers itself
            )
        except (OSError, MemoryError) as error:
            raise NoRoom(*NO_ROOM) from error
        with self._change:
            self._processes[number] = process
            if self._closed:
                process.kill()
        return _Worker(process)


class _Worker:
    """One worker process, as the thread that serves it sees it; `ready` once it has said that it is."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.ready = False
        self._sending = threading.Lock()

    def send(self, message: tuple[Any, ...]) -> None:
        """Send one message; several threads may. Raises _Died."""
        try:
            with self._sending:
                pickle.dump(message, self.process.stdin)
                self.process.stdin.flush()
        except (OSError, ValueError) as error:
            raise _Died from error

    def receive(self) -> tuple[str, list[Any]]:
        """Return the kind and the content of the next message. Raises _Died."""
        try:
            kind, *content = pickle.load(self.process.stdout)
        except Exception as error:  # an end, or bytes that mean anything
            raise _Died from error
        self.ready = True
        return kind, content

    def end(self) -> None:
        """End the process, whatever it does, and let go of what it held."""
        self.process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5.0)
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError, ValueError):
                pipe.close()


def _carry_out(worker: _Worker, job: Job, number: int) -> str:
    """Hand a job to a worker as run `number` and follow it to its end; return the state it ended in."""
    stopping, over = job.stopping, threading.Event()
    arguments = pickle.dumps(job.arguments)  # apart, so that the worker can listen before it knows what is in them
    follower = threading.Thread(target=_pass_on_stop, args=(worker, job, number, stopping, over), daemon=True)
    try:
        follower.start()
    except RuntimeError as error:
        raise NoRoom(*NO_ROOM) from error
    try:
        worker.send(("run", number, job.work, arguments))
        return _follow(worker, job, stopping)
    finally:
        over.set()


def _follow(worker: _Worker, job: Job, stopping: threading.Event) -> str:
    """Take in what a worker says of a job until it is over; return the state it ended in."""
    while True:
        kind, content = worker.receive()
        if not job.active:
            raise _Died  # it was ended just now; what it still had to say comes too late
        if kind == "progress":
            if job.keep(content[0]):
                job.results.append(content[0])
                if job.compact:
                    job.compact(job.results)
            job.progress = content[0]
        elif kind == "done":
            return "stopped" if stopping.is_set() else "done"
        elif kind == "failed":
            what, advice = content
            job.error = (what, advice) if what else CRASHED
            return "failed"


def _pass_on_stop(worker: _Worker, job: Job, number: int, stopping: threading.Event, over: threading.Event) -> None:
    """Tell the worker once its run is to stop, and end it, and the job, if it does not answer in time."""
    while not stopping.wait(0.5):
        if over.is_set():
            return

    def tell() -> None:
        with contextlib.suppress(_Died):
            worker.send(("stop", number))

    with contextlib.suppress(RuntimeError):
        threading.Thread(target=tell, daemon=True).start()  # a worker that does not read must not hold up its end
    if not over.wait(GRACE):
        worker.process.kill()
        if not job.giving_way:
            job._end("stopped")  # on a busy machine the process takes a while to go, since others go first


def _after(error: BaseException, job: Job, worker: _Worker | None) -> tuple[str, bool]:
    """Say in which state an error leaves a job, and whether it is to be tried again."""
    if job.stopping.is_set():
        return "stopped", False
    if isinstance(error, _Died):
        job.deaths += 1
        if job._bears_another_try:
            return "failed", True
        job.error = CRASHED if worker.ready else NO_ROOM
    else:
        job.error = _sentences(error, job)
    return "failed", False


def _wanted(job: Job) -> bool:
    """Whether somebody still wants a job; one that cannot be asked about is not watched any more."""
    try:
        return bool(job.alive())
    except BaseException:
        logging.exception("whether anybody wants %r cannot be told", job.work)
        job.alive = None
        return True


def _sentences(error: BaseException, job: Job) -> tuple[str, str]:
    """Return what people read of an error on this side of the pipe; one that is no sentence is for the log."""
    if isinstance(error, PlaygroundError):
        return error.what, error.advice
    logging.error("work %r could not be followed", job.work, exc_info=error)
    return CRASHED


def wait(job: Job, seconds: float) -> bool:
    """Wait until a job has ended, at most so long; return whether it has."""
    return job.ended.wait(seconds)
