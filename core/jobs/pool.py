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
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from core.jobs.elsewhere import starter_for_pool
from core.jobs.job import EVERYBODY, Job, NoRoom, QueueFull
from core.jobs.process import Process, Worker
from core.jobs.run import Outcome, Run, carry_out, next_try, outcome_of_error, sentences
from core.language import text

ABSENCE = 10.0
"""Seconds that nobody may be there for a job before it is stopped."""


class Jobs:
    """Have worker processes do jobs, one each at a time, first come, first served.

    workers: how many at once; threads: processor threads for each. By default both together use every core,
    and the thread count is fixed, so that figures do not depend on who else is working.
    """

    def __init__(self, workers: int = 2, threads: int | None = None) -> None:
        self.threads = threads or max(1, (os.cpu_count() or 1) // workers)
        self._starter = starter_for_pool(self.threads)
        self._change = threading.Condition()
        self._numbers = itertools.count()
        self._waiting: list[Run] = []
        self._running: list[Run] = []
        self._warm: set[int] = set()
        self._closed = False
        self._processes: dict[int, Process] = {}
        self._workers = workers
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._servers: list[threading.Thread] = []
        with self._change:
            self._keep_up()
        self._watcher.start()
        atexit.register(self.close)

    @property
    def places(self) -> int:
        """How many jobs may run at once just now."""
        return self._starter.places or self._workers

    @property
    def workers_elsewhere(self) -> int:
        """How many jobs other machines can do at once just now."""
        return self._starter.elsewhere

    @property
    def note(self) -> str:
        """What people are to know of where work is done; "" if all is as it should be."""
        return self._starter.note

    def prepare(self) -> None:
        """Begin the imports that the first job would have to wait for, without waiting for them."""
        with contextlib.suppress(NoRoom):  # it is tried again when a job needs it
            self._starter.prepare()

    def submit(
        self,
        owner: str,
        work: str,
        *arguments: Any,
        keep: Callable[[Any], bool] = lambda payload: True,
        compact: Callable[[tuple[Any, ...]], tuple[Any, ...]] | None = None,
        alive: Callable[[], bool] | None = None,
        resume: Callable[[tuple[Any, ...]], tuple[Any, ...]] | None = None,
        known: Sequence[Any] = (),
    ) -> Job:
        """Queue a piece of work from `core.jobs.work` and return its job at once.

        keep: which payloads become results; compact: called with all results whenever one has come, returns those to
        keep, without what is heavy in them.
        alive: whether somebody still wants it; once that is not so for ABSENCE seconds, it is stopped.
        resume: for work for everybody, its results -> the arguments for what is left; it then gives way to people and
        goes on later.
        known: what was found of it earlier; its results begin with that.
        Work for everybody waits behind what people wait for, the latest first, since that is what somebody looks at.
        If its worker dies it goes on with another one, TRIES times in all; what belongs to one owner is tried once
        more if nothing of it was seen yet.
        Raises QueueFull when the owner already has one job running and one waiting.
        """
        job = Job(next(self._numbers), owner, work, arguments, keep, compact, alive, resume)
        job.change(results=tuple(known))
        with self._change:
            if self._closed:
                job.end("stopped")
                return job
            held = [run for run in self._waiting + self._running if run.job.owner == owner and run.job.active]
            if owner != EVERYBODY and len(held) >= 2:
                raise QueueFull(
                    text("You already have one job running and one waiting."), text("Stop one of them first.")
                )
            owners = [run.job.owner for run in self._waiting]
            place = owners.index(EVERYBODY) if EVERYBODY in owners else len(owners)
            self._waiting.insert(place, Run(job, arguments, before=job.results))
            if owner != EVERYBODY:
                self._make_way()
            self._change.notify_all()
        return job

    def place(self, job: Job) -> int:
        """Return a waiting job's place in line, 1 for the next one to run; 0 once it no longer waits."""
        with self._change:
            return next((place for place, run in enumerate(self._waiting, 1) if run.job is job), 0)

    def counts(self) -> tuple[int, int]:
        """Return how many jobs wait, and how many run."""
        with self._change:
            return len(self._waiting), len(self._running)

    def stop(self, job: Job) -> None:
        """Ask a job to stop; it ends within a second, and its results stay."""
        with self._change:
            for run in self._waiting + self._running:
                if run.job is job:
                    run.stopping.set()
                    run.giving_way = False  # or it would wait again, now that it is not wanted
            for run in [run for run in self._waiting if run.job is job]:
                self._waiting.remove(run)
                job.end("stopped")

    def _make_way(self) -> None:
        """Ask shared work to wait again, if all workers are busy and people wait."""
        people = sum(run.job.owner != EVERYBODY for run in self._waiting)
        idle = self.places - len(self._running)
        leaving = sum(run.stopping.is_set() for run in self._running)
        for run in self._running:
            if people <= idle + leaving:
                return
            if run.job.resume and not run.stopping.is_set():
                run.giving_way, leaving = True, leaving + 1
                run.stopping.set()

    def _watch(self) -> None:
        """Stop jobs that nobody wants any more, and keep up with how many may run."""
        missed: dict[int, float] = {}
        unasked: set[int] = set()  # numbers of jobs that cannot be asked about
        while True:
            with self._change:
                if self._change.wait_for(lambda: self._closed, ABSENCE / 10):
                    return
                with contextlib.suppress(RuntimeError):  # no room for one more thread just now
                    self._keep_up()
                jobs = [run.job for run in self._waiting + self._running]
            now, absent = time.monotonic(), {}
            for job in jobs:
                if job.number not in unasked and not _wanted(job, unasked):
                    absent[job.number] = missed.get(job.number, now)
                    if now - absent[job.number] > ABSENCE:
                        self.stop(job)
            missed = absent

    def _keep_up(self) -> None:
        """Have a thread for each place; those for places that are gone wait until there are so many again."""
        for number in range(len(self._servers), self.places):
            server = threading.Thread(target=self._serve, args=(number,), daemon=True)
            server.start()
            self._servers.append(server)
        self._change.notify_all()

    def close(self) -> None:
        """End all workers; running jobs end as failed, waiting ones as stopped."""
        with self._change:
            self._closed = True
            for run in self._waiting:
                run.job.end("stopped")
            self._waiting.clear()
            self._change.notify_all()
            processes = list(self._processes.values())
        self._starter.close()
        for process in processes:
            process.kill()
        for thread in (self._watcher, *self._servers):
            if thread is not threading.current_thread():
                thread.join(1.0)
        atexit.unregister(self.close)

    def _serve(self, number: int) -> None:
        """Take jobs one after the other for one worker process, which is started when needed and ended when idle."""
        worker: Worker | None = None

        def due() -> bool:
            """Whether a job is there for this worker; one that has yet to start leaves it to one that is warm."""
            nonlocal worker
            if worker and worker.process.poll() is not None:  # it died while it had nothing to do
                self._without(number, worker)
                worker = None
            if len(self._running) >= self.places:
                return self._closed
            return self._closed or len(self._waiting) > (0 if worker else len(self._warm))

        while not self._closed:
            with self._change:
                run = self._next(number) if self._change.wait_for(due, self._starter.idle if worker else None) else None
            if run is None:  # it had nothing to do for long, or this is the end
                self._without(number, worker)
                worker = None
                continue
            try:
                if worker and not self._starter.fits(worker, run.job.work):
                    self._without(number, worker)
                    worker = None
                worker = worker or self._start(number, run.job.work)
                outcome = carry_out(worker, run, next(self._numbers))
            except BaseException as error:  # whatever it was, this thread has to go on serving
                outcome = outcome_of_error(error, run, worker)
                self._without(number, worker)
                worker = None
            self._settle(run, outcome, number if worker else None)
        self._without(number, worker)

    def _next(self, number: int) -> Run | None:
        """Take the first run of the line for a worker; None at the end of the pool."""
        if self._closed:
            return None
        run = self._waiting.pop(0)
        self._running.append(run)
        self._warm.discard(number)
        run.job.change(state="running")
        return run

    def _start(self, number: int, work: str) -> Worker:
        """Start a worker. Raises NoRoom."""
        worker = self._starter.start(work)
        with self._change:
            self._processes[number] = worker.process
            if self._closed:
                worker.process.kill()
        return worker

    def _without(self, number: int, worker: Worker | None) -> None:
        """End a worker."""
        with self._change:
            self._warm.discard(number)
        if worker:
            worker.end()

    def _settle(self, run: Run, outcome: Outcome, warm: int | None) -> None:
        """Let a job end as its run did, or wait again, as one that gave way or lost its worker does.

        warm: the number of the worker that is free for the next job now, None where it had to be ended.
        """
        job = run.job
        with self._change:
            self._running.remove(run)
            if warm is not None:
                self._warm.add(warm)
            if outcome.again and run.stopping.is_set():  # asked for just now, too late for the worker to hear of it
                outcome = Outcome("stopped")
            waits = outcome.again or (run.giving_way and outcome.state == "stopped")
            if waits and not self._closed:
                try:
                    again = next_try(run)
                    job.change(state="waiting")
                    place = len(self._waiting) if job.owner == EVERYBODY else 0
                    self._waiting.insert(place, again)
                except BaseException as error:
                    job.end("failed", sentences(error, job))
            else:
                job.end(outcome.state, outcome.error)
            self._change.notify_all()


def _wanted(job: Job, unasked: set[int]) -> bool:
    """Say whether somebody still wants a job; one that cannot be asked about is taken to be wanted from then on."""
    try:
        return job.alive is None or bool(job.alive())
    except BaseException:
        logging.exception("whether anybody wants %r cannot be told", job.work)
        unasked.add(job.number)
        return True
