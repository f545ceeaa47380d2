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


Place = tuple[int, float, str]
"""A place in the line: for which part, since when, whose."""


@dataclass(eq=False)
class Turns:
    """Let so many work at once: first parts before rests, and each of them in the order in which people came.

    at_once: how many; longest: seconds after which a turn counts no longer, so that whoever waits for something else,
        as a network that is loaded, holds up nobody; clock: seconds.
    """

    at_once: int = 1
    longest: float = 0.5
    clock: Callable[[], float] = time.monotonic
    _waiting: dict[int, tuple[Place, threading.Event]] = field(default_factory=dict)
    _working: dict[int, tuple[float, Place]] = field(default_factory=dict)
    _came: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def turn(self, who: str, look_up: Callable[[], object] = lambda: None) -> Iterator[None]:
        """Wait for a turn of this thread and hold it; what `look_up` raises, now and then, ends the waiting.

        who: a name; who comes back before the first part was there, as one who has moved on, has kept the place.
        """
        with self._lock:
            place = FIRST, self._came.setdefault(who, self.clock()), who
        self._wait(place, look_up)
        try:
            yield
        except BaseException:
            self._leave()
            raise
        self._leave()
        with self._lock:
            self._came.pop(who, None)

    def step_back(self, look_up: Callable[[], object] = lambda: None) -> None:
        """Within a turn: let all who wait for their first part go before, then go on with the rest."""
        place = self._leave()
        if place is not None:
            with self._lock:
                self._came.pop(place[2], None)
            self._wait((REST, self.clock(), place[2]), look_up)

    @contextmanager
    def elsewhere(self, look_up: Callable[[], object] = lambda: None) -> Iterator[None]:
        """Within a turn: let others have it while this thread waits for what another one does; then take it up again.

        Outside of a turn, and after an exception, nothing is taken up.
        """
        place = self._leave()
        yield
        if place is not None:
            self._wait(place, look_up)

    @property
    def crowded(self) -> bool:
        """Whether somebody waits for the first part of a page."""
        with self._lock:
            return any(place[0] == FIRST for place, _ in self._waiting.values())

    def _leave(self) -> Place | None:
        """Let others have this thread's turn; return its place in the line, None if it had no turn."""
        with self._lock:
            left = self._working.pop(threading.get_ident(), None)
            if left is None:
                return None
            self._hand_on()
            return left[1]

    def _wait(self, place: Place, look_up: Callable[[], object]) -> None:
        me, called = threading.get_ident(), threading.Event()
        with self._lock:
            self._waiting[me] = place, called
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
        room = self.at_once - sum(0 <= now - begun < self.longest for begun, _ in self._working.values())
        for thread in sorted(self._waiting, key=lambda each: self._waiting[each][0])[: max(0, room)]:
            place, called = self._waiting.pop(thread)
            self._working[thread] = now, place
            called.set()
        if len(self._came) > MOST:
            self._came = {name: came for name, came in self._came.items() if 0 <= now - came < FORGOTTEN}
