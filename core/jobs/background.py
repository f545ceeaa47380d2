"""Work on things that only this process holds, such as a visitor's own network: on one thread beside the pages.

A worker process would have to be sent all of it first. One thread, so that however many visitors bring something, the
pages keep the processor's other cores; jobs are done in the order in which they were asked for.
"""

import atexit
import logging
import queue
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from core.errors import PlaygroundError
from core.language import text

UNFORESEEN = (
    text("Something went wrong with this, which nobody had foreseen."),
    text("What you had is kept; try it again, and if it happens twice choose another file."),
)

LAST_RESULT = 5.0
"""Seconds that the end of this process waits for the next result of a running job."""


@dataclass(eq=False)
class BackgroundJob:
    """Hold one piece of work and its state, written by the thread and read by pages.

    results: all that it has yielded, oldest first; error: what happened and what to do, if it failed.
    alive: whether somebody still wants it; asked before each result. complete: whether all was done.
    """

    make: Callable[[], Iterable[Any]]
    alive: Callable[[], bool] = lambda: True
    results: tuple[Any, ...] = ()
    error: PlaygroundError | None = None
    complete: bool = False
    stopping: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def active(self) -> bool:
        """Whether it still waits or runs."""
        return not self.ended.is_set()

    def result(self) -> Any:
        """Wait for the end; return the last result. Raises the error that people are to be told."""
        self.ended.wait()
        if self.error is not None:
            raise self.error
        if self.given_up:
            raise PlaygroundError(text("This was stopped."), text("Ask for it again."))
        return self.results[-1]

    @property
    def given_up(self) -> bool:
        """Whether it ended before all was done, since nobody was there for it."""
        return self.ended.is_set() and self.error is None and not self.complete


class BackgroundThread:
    """Do jobs one after the other on one thread, until this process ends."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[BackgroundJob | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def close(self) -> None:
        """Do no more jobs; wait a while until the running one has come to its next result.

        The end of Python unwinds threads wherever they are; in the middle of torch that is a crash.
        """
        self._closing.set()
        self._waiting.put(None)
        self._thread.join(LAST_RESULT)

    def submit(self, make: Callable[[], Iterable[Any]], alive: Callable[[], bool] | None = None) -> BackgroundJob:
        """Queue the items that `make` yields; return at once."""
        job = BackgroundJob(make, alive or (lambda: True))
        self._waiting.put(job)
        return job

    def _serve(self) -> None:
        while (job := self._waiting.get()) is not None:
            try:
                self._carry_out(job)
            except PlaygroundError as error:
                job.error = error
            except Exception:  # whatever strangers' files make of themselves, the next job is done
                logging.exception("background work failed")
                job.error = PlaygroundError(*UNFORESEEN)
            finally:
                job.ended.set()

    def _carry_out(self, job: BackgroundJob) -> None:
        if self._unwanted(job):
            return
        for found in job.make():
            job.results = (*job.results, found)
            if self._unwanted(job):
                return
        job.complete = True

    def _unwanted(self, job: BackgroundJob) -> bool:
        return self._closing.is_set() or job.stopping.is_set() or not job.alive()
