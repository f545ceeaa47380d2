"""A few at a time: pages are drawn one after the other, since thirty that are drawn at once are all late.

Python runs one thread at a time; were thirty pages drawn together, each would take thirty times as long, and whoever
moves on within that time would never see a figure.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

FIRST, REST = 0, 1
"""The part of a page that people look at, and what stands below it."""

FORGOTTEN = 30.0
"""Seconds for which the place of somebody who left the line is kept."""

LOOK_UP = 0.03
"""Seconds after which somebody who waits finds out whether they still want it."""


@dataclass(eq=False)
class Turns:
    """Let so many work at once: first parts before rests, and each of them in the order in which people came.

    at_once: how many; longest: seconds after which a turn counts no longer, so that whoever waits for something else,
        as a network that is loaded, holds up nobody; clock: seconds.
    """

    at_once: int = 2
    longest: float = 0.5
    clock: Callable[[], float] = time.monotonic
    _waiting: dict[str, tuple[int, float]] = field(default_factory=dict)
    _working: dict[str, float] = field(default_factory=dict)
    _came: dict[str, float] = field(default_factory=dict)
    _change: threading.Condition = field(default_factory=threading.Condition)

    @contextmanager
    def turn(self, who: str, look_up: Callable[[], object] = lambda: None) -> Iterator[None]:
        """Wait for a turn and hold it; what `look_up` raises, now and then, ends the waiting.

        who: a name; who leaves the line and comes back, as one who has moved on, has kept the place.
        """
        self._wait(who, FIRST, look_up)
        try:
            yield
        finally:
            with self._change:
                self._working.pop(who, None)
                self._change.notify_all()

    def step_back(self, who: str, look_up: Callable[[], object] = lambda: None) -> None:
        """Within a turn: let all who wait for their first part go before, then go on with the rest."""
        with self._change:
            if who not in self._working:
                return
            del self._working[who]
            self._change.notify_all()
        self._wait(who, REST, look_up)

    def _wait(self, who: str, part: int, look_up: Callable[[], object]) -> None:
        with self._change:
            came = self._came.setdefault(who, self.clock()) if part == FIRST else self.clock()
            self._waiting[who] = part, came
        try:
            while not self._begun(who):
                look_up()
        finally:
            with self._change:
                self._waiting.pop(who, None)
                self._change.notify_all()

    def _begun(self, who: str) -> bool:
        """Begin if it is one's turn; else wait a moment."""
        with self._change:
            if not self._is_next(who):
                self._change.wait(LOOK_UP)
                if not self._is_next(who):
                    return False
            part, _ = self._waiting.pop(who)
            if part == FIRST:
                self._came.pop(who, None)
            self._working[who] = self.clock()
            return True

    def _is_next(self, who: str) -> bool:
        """Tell whether one of the free places is theirs; who left the line without coming back is forgotten."""
        now = self.clock()
        self._came = {name: came for name, came in self._came.items() if 0 <= now - came < FORGOTTEN}
        busy = sum(0 <= now - begun < self.longest for begun in self._working.values())
        return who in sorted(self._waiting, key=lambda each: self._waiting[each])[: max(0, self.at_once - busy)]
