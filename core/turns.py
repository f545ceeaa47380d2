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

FORGOTTEN, MOST = 30.0, 200
"""Seconds for which the place of somebody who left the line is kept, once there are more than so many."""

LOOK_UP = 0.2
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
    _waiting: dict[int, tuple[int, float, threading.Event]] = field(default_factory=dict)
    _working: dict[int, float] = field(default_factory=dict)
    _came: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def turn(self, who: str, look_up: Callable[[], object] = lambda: None) -> Iterator[None]:
        """Wait for a turn of this thread and hold it; what `look_up` raises, now and then, ends the waiting.

        who: a name; who leaves the line and comes back, as one who has moved on, has kept the place.
        """
        self._wait(FIRST, look_up, who)
        try:
            yield
        finally:
            with self._lock:
                self._working.pop(threading.get_ident(), None)
                self._came.pop(who, None)
                self._hand_on()

    def step_back(self, look_up: Callable[[], object] = lambda: None) -> None:
        """Within a turn: let all who wait for their first part go before, then go on with the rest."""
        with self._lock:
            if self._working.pop(threading.get_ident(), None) is None:
                return
        self._wait(REST, look_up)

    def _wait(self, part: int, look_up: Callable[[], object], who: str = "") -> None:
        me, called = threading.get_ident(), threading.Event()
        with self._lock:
            now = self.clock()
            self._waiting[me] = part, self._came.setdefault(who, now) if part == FIRST else now, called
            self._hand_on()
        try:
            while not called.wait(0.0 if called.is_set() else LOOK_UP):
                look_up()
                with self._lock:
                    self._hand_on()  # a turn may have lasted too long
        except BaseException:
            with self._lock:
                if self._waiting.pop(me, None) is None:  # it was called just now
                    self._working.pop(me, None)
                self._hand_on()
            raise

    def _hand_on(self) -> None:
        """Call as many as there is room for, each alone: were all woken to look, that would cost more than the work."""
        now = self.clock()
        room = self.at_once - sum(0 <= now - begun < self.longest for begun in self._working.values())
        for thread in sorted(self._waiting, key=lambda each: self._waiting[each][:2])[: max(0, room)]:
            _, _, called = self._waiting.pop(thread)
            self._working[thread] = now
            called.set()
        if len(self._came) > MOST:
            self._came = {name: came for name, came in self._came.items() if 0 <= now - came < FORGOTTEN}
