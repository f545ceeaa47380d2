"""Work that all visitors share: begun once, given up when nobody looks at it, gone on with when somebody does again."""

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from core.jobs.job import EVERYBODY, Job, done_job
from core.jobs.parts import Splitting, submit_parts
from core.memo import Memo
from pages.shared import workers

RETRY_AFTER = 30.0
"""Seconds after which work that failed is tried anew, if a page asks for it."""

PATIENCE = 90.0
"""Seconds after which nobody looks at it, if no page has asked for it: browsers let a hidden one ask once a minute."""

MOST_OF_A_KIND = 100
"""Pieces of work of one kind that are remembered with what they found; more than are looked at at the same time."""


def _keep_all(payload: Any) -> bool:
    return True


def _never(found: tuple[Any, ...]) -> bool:
    return False


@dataclass(eq=False)
class SharedWork:
    """Hold one piece of work for everybody, whatever becomes of the jobs that do it.

    work: its name in `core.jobs.work`; remaining: what was found so far -> the arguments for what is left of it.
    keep, compact: as `Jobs.submit` takes them.
    known: what was found earlier, as on another server; it is asked for once, and the work begins with that.
    complete: whether nothing is left of it, given what was found; then no worker is asked.
    splitting: how workers elsewhere do it in parts, where there are several; None for work of one piece.
    patience: seconds without a page that asks for it after which it is given up until one does; None for work that
        goes on whoever looks, and that gives way to nobody, since it would have to begin anew.
    job: the latest one.
    """

    work: str
    remaining: Callable[[tuple[Any, ...]], tuple[Any, ...]]
    keep: Callable[[Any], bool] = _keep_all
    compact: Callable[[tuple[Any, ...]], tuple[Any, ...]] | None = None
    patience: float | None = PATIENCE
    known: Callable[[], tuple[Any, ...]] = tuple
    complete: Callable[[tuple[Any, ...]], bool] = _never
    splitting: Splitting | None = None
    job: Job | None = None
    _asked: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def follow(self) -> Job:
        """Return its job for a page that looks at it; what was given up or failed a while ago goes on."""
        with self._lock:
            self._asked = time.monotonic()
            if self.job is None or self.job.state == "stopped" or _failed_long_ago(self.job):
                self.job = self._submit(self.job)
            return self.job

    def follow_if_begun(self) -> Job | None:
        """Return its job for a page that looks at it, as `follow` does, but None if nobody has begun it."""
        return None if self.job is None else self.follow()

    def begin(self) -> Job:
        """Begin it for somebody who has asked for it now, unless it is under way."""
        with self._lock:
            self._asked = time.monotonic()
            if self.job is None or not self.job.active:
                self.job = self._submit(self.job)
            return self.job

    def _submit(self, before: Job | None) -> Job:
        known = before.results if before else self.known()
        if self.complete(known):
            return done_job(self.work, self.remaining(known), known)
        watched: dict[str, Callable[..., Any]] = {}
        if self.patience is not None:
            watched = {"alive": self._is_looked_at, "resume": self.remaining}
        jobs = workers.jobs()
        if self.splitting and jobs.workers_elsewhere > 1:
            arguments = self.remaining(known)
            return submit_parts(jobs, self.splitting, EVERYBODY, self.work, *arguments, known=known, **watched)
        return jobs.submit(
            EVERYBODY, self.work, *self.remaining(known), keep=self.keep, compact=self.compact, known=known, **watched
        )

    def _is_looked_at(self) -> bool:
        return self.patience is None or time.monotonic() - self._asked < self.patience


def _failed_long_ago(job: Job) -> bool:
    return job.state == "failed" and job.ended_at is not None and time.monotonic() - job.ended_at > RETRY_AFTER


@st.cache_resource(show_spinner=False)
def remembered(work: str) -> Memo:
    """Return all shared work of one kind, by what it is about."""
    return Memo(MOST_OF_A_KIND)


def find(
    work: str,
    about: Hashable,
    remaining: Callable[[tuple[Any, ...]], tuple[Any, ...]],
    keep: Callable[[Any], bool] = _keep_all,
    compact: Callable[[tuple[Any, ...]], tuple[Any, ...]] | None = None,
    patience: float | None = PATIENCE,
    known: Callable[[], tuple[Any, ...]] = tuple,
    complete: Callable[[tuple[Any, ...]], bool] = _never,
    splitting: Splitting | None = None,
) -> SharedWork:
    """Return the one piece of work of its kind about something, made from the fields of `SharedWork` if need be."""
    return remembered(work).get(
        about, lambda: SharedWork(work, remaining, keep, compact, patience, known, complete, splitting)
    )
