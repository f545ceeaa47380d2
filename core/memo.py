"""Answers that all visitors share: each is computed once, however many ask at once, and the oldest are forgotten.

The store is `cachetools.LRUCache`. Computing once is our own rather than `cachetools.cached(condition=...)` or
`st.cache_data`, since with them those who wait for an error compute it again, one after the other. Ever better answers,
which many read while they are computed, are in `core.lane`.
"""

import contextlib
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

from cachetools import LRUCache


@dataclass(eq=False)
class _Computing:
    """Hold one value that a thread computes just now, while others wait for it."""

    thread: int = field(default_factory=threading.get_ident)
    over: threading.Event = field(default_factory=threading.Event)
    found: tuple[Any, ...] = ()
    error: Exception | None = None


class Memo:
    """Store a bounded number of values by key, for many threads at once.

    maximum: how large all values may be together; size_of: how large one is, each 1 if not given. The value that
    nobody has asked for the longest is forgotten first; one that is larger than all may be is not stored at all.
    """

    def __init__(self, maximum: int, size_of: Callable[[Any], int] | None = None) -> None:
        self._values: LRUCache[Hashable, Any] = LRUCache(maximum, size_of)
        self._computing: dict[Hashable, _Computing] = {}
        self._lock = threading.Lock()

    def __contains__(self, key: Hashable) -> bool:
        """Whether a value is stored; nothing may be one."""
        with self._lock:
            return key in self._values

    def peek(self, key: Hashable) -> Any | None:
        """Return the stored value, or None."""
        with self._lock:
            return self._values.get(key)

    def put(self, key: Hashable, value: Any) -> None:
        """Store a value."""
        with self._lock:
            self._put(key, value)

    def _put(self, key: Hashable, value: Any) -> None:
        with contextlib.suppress(ValueError):  # it is too large
            self._values[key] = value

    def get(self, key: Hashable, compute: Callable[[], Any]) -> Any:
        """Return the stored value, computing it first if need be.

        Whoever asks while it is computed waits for it. An error is raised to all of them and nothing is stored; a
        thread that is called off in the middle, as Streamlit does with exceptions that are none, leaves it to the next.
        """
        while True:
            with self._lock:
                if key in self._values:
                    return self._values[key]
                now = self._computing.get(key)
                mine = now is None
                if now is None:
                    now = self._computing[key] = _Computing()
            if mine:
                return self._compute(key, compute, now)
            if now.thread == threading.get_ident():
                return compute()  # asked for by its own computation, which must not wait for itself
            now.over.wait()
            if now.error:
                raise now.error
            if now.found:
                return now.found[0]

    def _compute(self, key: Hashable, compute: Callable[[], Any], now: _Computing) -> Any:
        try:
            now.found = (compute(),)
        except Exception as error:
            now.error = error
            raise
        finally:
            with self._lock:
                if now.found:
                    self._put(key, now.found[0])
                del self._computing[key]
            now.over.set()
        return now.found[0]
