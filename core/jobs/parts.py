"""Work in parts that several workers do at the same time, and that looks from outside like one job.

A part tells of its share of each step; a step counts once all parts have told of it, so that the same figures come in
the same order however many parts there are, and whichever of them is done anew since its worker died or gave way.
"""

import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.jobs.job import Job, JobState, State
from core.jobs.pool import Jobs

MOST = 8
"""Parts at most: each one has to load the network and to judge it whole."""


@dataclass(frozen=True)
class Splitting:
    """Say how work is done in parts: it takes (number of the part, parts in all) as its last argument.

    step: a payload -> what is alike in all parts' payloads of one step, and grows from each to the next.
    join: the payloads of one step, in the order of the parts -> that of the whole.
    """

    step: Callable[[Any], Any]
    join: Callable[[Sequence[Any]], Any]


@dataclass(eq=False)
class _Gathered:
    """Hold what the parts have told of steps that are not complete, and the latest that is."""

    splitting: Splitting
    parts: int
    latest: Any = None
    _open: dict[Hashable, dict[int, Any]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take_in(self, part: int, payload: Any) -> bool:
        """Note what a part tells; return False, since the part itself has to keep nothing."""
        step = self.splitting.step(payload)
        with self._lock:
            if self.latest is not None and step <= self.splitting.step(self.latest):
                return False
            told = self._open.setdefault(step, {})
            told[part] = payload
            if len(told) == self.parts:
                self.latest = self.splitting.join([told[each] for each in range(self.parts)])
                self._open = {later: each for later, each in self._open.items() if later > step}
        return False


@dataclass(eq=False)
class PartedJob(Job):
    """Hold the jobs of all parts; its own state is made of theirs when somebody asks."""

    parts: tuple[Job, ...] = ()
    gathered: _Gathered | None = None

    def snapshot(self) -> JobState:
        """Return its state just now; its result is the latest step that all parts have told of."""
        now = [part.snapshot() for part in self.parts]
        latest = self.gathered.latest if self.gathered else None
        failed = next((each for each in now if each.state == "failed"), None)
        ends = [each.ended_at for each in now if each.ended_at is not None]
        over = failed is not None or len(ends) == len(now)
        return JobState(
            state=failed.state if failed else _whole_state({each.state for each in now}, over),
            progress=latest,
            results=() if latest is None else (latest,),
            error=failed.error if failed else None,
            ended_at=max(ends) if over else None,
        )


def _whole_state(states: set[State], over: bool) -> State:
    """Return the state of work of which no part has failed, from those of its parts."""
    if over:
        return "stopped" if "stopped" in states else "done"
    return "waiting" if states == {"waiting"} else "running"


def submit_parts(
    jobs: Jobs, splitting: Splitting, owner: str, work: str, *arguments: Any, known: Sequence[Any] = (), **how: Any
) -> Job:
    """Queue work in as many parts as there are workers elsewhere; return one job for all of them.

    known: what was found of it earlier, whose last is shown until more is known.
    how: `alive` and `resume`, as `Jobs.submit` takes them; a part that is resumed begins anew.
    """
    parts = max(1, min(jobs.workers_elsewhere, MOST))
    gathered, alive = _Gathered(splitting, parts, known[-1] if known else None), how.pop("alive", None)
    queued: list[Job] = []

    def is_wanted() -> bool:
        """Say whether somebody is there for all of it, of which no part has failed."""
        return (alive is None or alive()) and all(each.state != "failed" for each in queued)

    def submit(part: int) -> Job:
        share = (*arguments, (part, parts))
        again = {"resume": lambda results: share} if "resume" in how else {}
        return jobs.submit(
            owner, work, *share, keep=lambda told: gathered.take_in(part, told), alive=is_wanted, **{**how, **again}
        )

    for part in reversed(range(parts)):  # of what all share, the latest comes first
        queued.append(submit(part))
    first = queued[0].number
    return PartedJob(first, owner, work, arguments, lambda payload: True, parts=tuple(queued), gathered=gathered)
