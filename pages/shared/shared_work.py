"""Work that all visitors share: begun once, given up when nobody looks at it, gone on with when somebody does again."""

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from core.jobs.pool import EVERYBODY, Job
from core.memo import Memo
from pages.shared import cache

AGAIN = 30.0
"""Seconds after which work that failed is tried anew, if a page asks for it."""

PATIENCE = 90.0
"""Seconds after which nobody looks at it, if no page has asked for it: browsers let a hidden one ask once a minute."""

MOST = 100
"""Pieces of work of one kind that are remembered with what they found; more than are looked at at the same time."""


@dataclass(eq=False)
class SharedWork:
    """One piece of work for everybody, whatever becomes of the jobs that do it.

    work: its name in `core.jobs.work`; remaining: what was found so far -> the arguments for what is left of it.
    keep, compact: as `Jobs.submit` takes them.
    patience: seconds without a page that asks for it after which it is given up until one does; None for work that
        goes on whoever looks, and that gives way to nobody, since it would have to begin anew.
    job: the latest one.
    """

    work: str
    remaining: Callable[[list[Any]], tuple[Any, ...]]
    keep: Callable[[Any], bool] = lambda payload: True
    compact: Callable[[list[Any]], None] | None = None
    patience: float | None = PATIENCE
    job: Job | None = None
    _asked: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wanted(self) -> Job:
        """Return its job for a page that looks at it; what was given up or failed a while ago goes on."""
        with self._lock:
            self._asked = time.monotonic()
            if self.job is None or self.job.state == "stopped" or self._failed_long_ago:
                self._begin()
            return self.job

    def begun(self) -> Job | None:
        """Return its job for a page that looks at it, as `wanted` does, but None if nobody has begun it."""
        return None if self.job is None else self.wanted()

    def begin(self) -> Job:
        """Begin it for somebody who has asked for it now, unless it is under way."""
        with self._lock:
            self._asked = time.monotonic()
            if self.job is None or not self.job.active:
                self._begin()
            return self.job

    @property
    def _failed_long_ago(self) -> bool:
        return self.job.state == "failed" and time.monotonic() - self.job.ended_at > AGAIN

    def _begin(self) -> None:
        known = list(self.job.results) if self.job else []
        watched: dict[str, Callable[..., Any]] = {}
        if self.patience is not None:
            watched = {
                "alive": lambda: time.monotonic() - self._asked < self.patience,
                "resume": lambda job: self.remaining(job.results),
            }
        self.job = cache.jobs().submit(
            EVERYBODY, self.work, *self.remaining(known), keep=self.keep, compact=self.compact, known=known, **watched
        )


@st.cache_resource(show_spinner=False)
def kept(work: str) -> Memo:
    """All that is shared of one kind of work, by what it is about."""
    return Memo(MOST)


def shared(work: str, about: Hashable, remaining: Callable[[list[Any]], tuple[Any, ...]], **how: Any) -> SharedWork:
    """Return the one piece of work of its kind about something, made from the fields of `SharedWork` if need be."""
    return kept(work).get(about, lambda: SharedWork(work, remaining, **how))
