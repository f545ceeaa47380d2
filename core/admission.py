"""Who may come in: so many visitors at once, the others in a line in the order in which they came.

Nobody who is in is sent out. A visitor with many tabs is one visitor.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Place:
    """Hold where somebody stands: number 1 is the next to come in, 0 is in; of: how many wait."""

    number: int
    of: int


@dataclass(eq=False)
class Line:
    """Let visitors in, up to a limit, and keep the others in the order in which they came.

    limit: visitors who may be in at once; 0 for no limit.
    here: visitor -> whether their browser is still open; who is not gives up their place.
    room: whether the server has room for one more; while it has none, nobody else comes in, however few are.
    patience: seconds after which somebody who waits and does not ask again has left, on the clock.
    """

    limit: int
    here: Callable[[str], bool]
    room: Callable[[], bool] = lambda: True
    patience: float = 15.0
    clock: Callable[[], float] = time.monotonic
    _inside: set[str] = field(default_factory=set)
    _waiting: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, who: str) -> Place:
        """Say where a visitor stands; a new one is let in or joins the end of the line. Ask again every few seconds."""
        with self._lock:
            if who in self._inside:
                return Place(0, len(self._waiting))
            self._waiting[who] = self.clock()  # one who waits already keeps the place
            self._let_in()
            if who in self._inside:
                return Place(0, len(self._waiting))
            return Place(list(self._waiting).index(who) + 1, len(self._waiting))

    @property
    def waiting(self) -> int:
        """How many wait."""
        with self._lock:
            return len(self._waiting)

    def _let_in(self) -> None:
        """Forget who has left, and let in whoever is next while there is room."""
        now = self.clock()
        self._waiting = {each: asked for each, asked in self._waiting.items() if now - asked <= self.patience}
        if self.limit:
            self._inside = {each for each in self._inside if self.here(each)}  # it takes part again if it comes back
        while self._waiting and (not self.limit or len(self._inside) < self.limit) and self.room():
            first = next(iter(self._waiting))
            del self._waiting[first]
            self._inside.add(first)
