"""A job: work that somebody asked for, and its state."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from core.errors import PlaygroundError
from core.language import text

EVERYBODY = ""
"""Owner of the jobs that all visitors share."""

CRASHED = (
    text("The process that did this work ended unexpectedly."),
    text("What you had is kept; start it again, and if it happens twice choose a smaller piece of work."),
)

NO_ROOM = (
    text("This server has no room for another process just now."),
    text("What you had is kept; try it again in a minute."),
)

State = Literal["waiting", "running", "done", "stopped", "failed"]


class QueueFull(PlaygroundError):
    """Refuse more jobs than one visit may hold."""


class NoRoom(PlaygroundError):
    """Say that the server could not start a process or a thread."""


@dataclass(frozen=True)
class JobState:
    """Hold the state of a job at one moment, as plain data that stays as it is.

    progress: the latest payload; results: those that carry something to keep, oldest first.
    error: what happened and what to do, once the state is "failed".
    ended_at: when it ended, on the monotonic clock.
    """

    state: State = "waiting"
    progress: Any = None
    results: tuple[Any, ...] = ()
    error: tuple[str, str] | None = None
    ended_at: float | None = None

    @property
    def active(self) -> bool:
        """Whether it still waited or ran."""
        return self.ended_at is None


@dataclass(eq=False)
class Job:
    """Hold a piece of work as `Jobs.submit` was asked for it, and its state.

    ended: set once it has ended, and with it the last change of its state.
    """

    number: int
    owner: str
    work: str
    arguments: tuple[Any, ...]
    keep: Callable[[Any], bool]
    compact: Callable[[tuple[Any, ...]], tuple[Any, ...]] | None = None
    alive: Callable[[], bool] | None = None
    resume: Callable[[tuple[Any, ...]], tuple[Any, ...]] | None = None
    ended: threading.Event = field(default_factory=threading.Event)
    _now: JobState = JobState()
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def snapshot(self) -> JobState:
        """Return its state just now; the properties below each read one field of it."""
        return self._now

    def change(self, **changes: Any) -> bool:
        """Replace fields of its state and return True; return False if it has ended. For the pool alone."""
        with self._lock:
            if self.ended.is_set():
                return False
            self._now = replace(self._now, **changes)
            return True

    def end(self, state: State, error: tuple[str, str] | None = None) -> None:
        """End it in a state, unless it has ended. For the pool alone."""
        with self._lock:
            if not self.ended.is_set():
                self._now = replace(self._now, state=state, error=error, ended_at=time.monotonic())
                self.ended.set()

    @property
    def active(self) -> bool:
        """Whether it still waits or runs."""
        return self.snapshot().active

    @property
    def state(self) -> State:
        """Where it is on its way."""
        return self.snapshot().state

    @property
    def progress(self) -> Any:
        """The latest payload."""
        return self.snapshot().progress

    @property
    def results(self) -> tuple[Any, ...]:
        """All payloads kept so far, oldest first."""
        return self.snapshot().results

    @property
    def error(self) -> tuple[str, str] | None:
        """What happened and what to do, if it failed."""
        return self.snapshot().error

    @property
    def ended_at(self) -> float | None:
        """When it ended, on the monotonic clock."""
        return self.snapshot().ended_at


def done_job(work: str, arguments: tuple[Any, ...], results: tuple[Any, ...]) -> Job:
    """Return a job of which everything was known before it was asked for."""
    job = Job(-1, EVERYBODY, work, arguments, keep=lambda payload: True)
    job.change(results=results)
    job.end("done")
    return job
