"""Limits on how often something may be tried, such as a code: by one visit, and by all together."""

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from cachetools import LRUCache

from core.errors import PlaygroundError
from core.language import text, text_of

MOST_VISITS = 10_000
"""Visits that are remembered; those beyond count among all."""


class TooManyTries(PlaygroundError):
    """Refuse one more try for now."""


@dataclass(eq=False)
class RateLimit:
    """Count tries of the last minutes, for many threads at once; only those that are noted count.

    each: how many one visit may make within `seconds`; all: how many there may be of everybody.
    clock: seconds, from any beginning.
    """

    each: int
    all: int
    seconds: float
    clock: Callable[[], float] = time.monotonic
    _of_all: deque[float] = field(default_factory=deque)
    _of_each: LRUCache = field(default_factory=lambda: LRUCache(MOST_VISITS))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def check(self, visit: str) -> None:
        """Let a try pass. Raises TooManyTries with how long to wait."""
        with self._lock:
            now = self.clock()
            mine = self._of_each.get(visit, deque())
            waits = [self._wait(mine, self.each, now), self._wait(self._of_all, self.all, now)]
        if max(waits) > 0:
            raise TooManyTries(*_sentences(math.ceil(max(waits) / 60)))

    def note(self, visit: str) -> None:
        """Count a try, such as a wrong code."""
        with self._lock:
            now = self.clock()
            for tries in (self._of_each.setdefault(visit, deque(maxlen=self.each)), self._of_all):
                tries.append(now)
            while len(self._of_all) > self.all:
                self._of_all.popleft()

    def _wait(self, tries: deque[float], most: int, now: float) -> float:
        """Return the seconds until one more may be made; drop those that are over."""
        while tries and now - tries[0] >= self.seconds:
            tries.popleft()
        return self.seconds - (now - tries[0]) if len(tries) >= most else 0.0


def _sentences(minutes: int) -> tuple[str, str]:
    return (
        text("There were too many tries."),
        text_of("Wait a minute, then try again.", "Wait {count} minutes, then try again.", minutes),
    )
