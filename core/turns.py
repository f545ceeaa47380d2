"""A few at a time: pages are drawn one after the other, since thirty that are drawn at once are all late.

Python runs one thread at a time; were thirty pages drawn together, each would take thirty times as long, and whoever
moves on within that time would never see a figure.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

LOOK_UP = 0.03
"""Seconds after which somebody who waits finds out whether they still want it."""


@dataclass(eq=False)
class Turns:
    """Let so many work at once, first come, first served.

    at_once: how many; longest: seconds after which a turn counts no longer, so that whoever waits for something else,
        as a network that is loaded, holds up nobody; clock: seconds.
    """

    at_once: int = 2
    longest: float = 0.5
    clock: Callable[[], float] = time.monotonic
    _waiting: list[object] = field(default_factory=list)
    _working: dict[object, float] = field(default_factory=dict)
    _change: threading.Condition = field(default_factory=threading.Condition)

    @contextmanager
    def turn(self, look_up: Callable[[], object] = lambda: None) -> Iterator[None]:
        """Wait for a turn and hold it; what `look_up` raises, now and then, ends the waiting."""
        mine = object()
        with self._change:
            self._waiting.append(mine)
        try:
            while not self._begun(mine):
                look_up()
            yield
        finally:
            with self._change:
                if mine in self._waiting:
                    self._waiting.remove(mine)
                self._working.pop(mine, None)
                self._change.notify_all()

    def _begun(self, mine: object) -> bool:
        """Begin if it is one's turn; else wait a moment."""
        with self._change:
            if not self._is_next(mine):
                self._change.wait(LOOK_UP)
                if not self._is_next(mine):
                    return False
            self._waiting.remove(mine)
            self._working[mine] = self.clock()
            return True

    def _is_next(self, mine: object) -> bool:
        now = self.clock()
        busy = sum(0 <= now - begun < self.longest for begun in self._working.values())
        return mine in self._waiting[: max(0, self.at_once - busy)]
