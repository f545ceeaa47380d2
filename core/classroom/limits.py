"""Limits on how often something may be tried, such as a code: by one visit, and by all together.

Tries are counted in the store, minute by minute, so that several servers share them.
"""

import hashlib
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select

from core.errors import PlaygroundError
from core.language import text, text_of
from core.store.database import Store, count_up, reading, writing
from core.store.tables import tries

ALL = ""
"""Who has made the tries of everybody."""

MINUTE = 60.0
"""Seconds that are counted together."""

KEPT = 24 * 3600.0
"""Seconds after which tries are deleted; no limit looks back as far."""


class TooManyTries(PlaygroundError):
    """Refuse one more try for now."""


@dataclass(frozen=True)
class RateLimit:
    """Count tries of the last minutes, by all servers of a store; only those that are noted count.

    name: what is tried, as the store has it.
    each: how many one visit may make within `seconds`; all: how many there may be of everybody.
    clock: seconds since 1970.
    """

    name: str
    each: int
    all: int
    seconds: float
    clock: Callable[[], float] = time.time

    def check(self, store: Store, visit: str) -> None:
        """Let a try pass. Raises TooManyTries with how long to wait, StoreUnavailable."""
        now = self.clock()
        mine = _mark_of(self.name, visit)
        since = math.floor((now - self.seconds) / MINUTE)  # a minute counts until its last second is old enough
        recent = (tries.c.what == self.name) & tries.c.who.in_((mine, ALL)) & (tries.c.minute >= since)
        with reading(store) as connection:
            rows = connection.execute(select(tries.c.who, tries.c.minute, tries.c.number).where(recent)).all()
        counted: dict[str, dict[int, int]] = {mine: {}, ALL: {}}
        for who, minute, number in rows:
            counted[who][minute] = number
        wait = max(self._wait(counted[mine], self.each, now), self._wait(counted[ALL], self.all, now))
        if wait > 0:
            raise TooManyTries(*_sentences(math.ceil(wait / MINUTE)))

    def note(self, store: Store, visit: str) -> None:
        """Count a try, such as a wrong code. Raises StoreUnavailable."""
        minute = math.floor(self.clock() / MINUTE)
        with writing(store) as connection:
            for who in (_mark_of(self.name, visit), ALL):  # that of all last, for which everybody waits
                count_up(connection, tries, tries.c.number, what=self.name, who=who, minute=minute)

    def _wait(self, counted: Mapping[int, int], most: int, now: float) -> float:
        """Return the seconds until one more may be made."""
        left = sum(counted.values())
        wait = 0.0
        for minute in sorted(counted):
            if left < most:
                break
            left -= counted[minute]
            wait = (minute + 1) * MINUTE + self.seconds - now
        return wait


def forget_tries(connection: Connection, now: float) -> None:
    """Delete what no limit looks back to, within a transaction."""
    connection.execute(delete(tries).where(tries.c.minute < math.floor((now - KEPT) / MINUTE)))


def _mark_of(name: str, visit: str) -> str:
    """Return by what a limit knows a visit; it tells nothing about the visit, or about other limits."""
    return hashlib.sha256(f"tries {name} {visit}".encode()).hexdigest()


def _sentences(minutes: int) -> tuple[str, str]:
    return (
        text("There were too many tries."),
        text_of("Wait a minute, then try again.", "Wait {count} minutes, then try again.", minutes),
    )
