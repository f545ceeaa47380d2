"""Answers that all visitors share: each is computed once, however many ask at once, and the oldest are forgotten.

The store is `cachetools.LRUCache`. Computing once is our own rather than `cachetools.cached(condition=...)` or
`st.cache_data`, since those have no streams: ever better answers, which all who ask read from the beginning while one
of them computes the next. And with them, those who wait for an error compute it again, one after the other.
"""

import contextlib
import itertools
import threading
from collections.abc import Callable, Hashable, Iterable, Iterator
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


@dataclass(eq=False)
class _Stream:
    """Hold one stream that several threads read: its items so far, and how many read it.

    lock: held by the reader that computes the next item; error: what the stream ended with, if it did not come to
    its end.
    """

    lock: threading.Lock = field(default_factory=threading.Lock)
    source: Iterator[Any] | None = None
    items: list[Any] = field(default_factory=list)
    readers: int = 0
    over: bool = False
    error: Exception | None = None


class Memo:
    """Store a bounded number of values by key, for many threads at once.

    maximum: how large all values may be together; size_of: how large one is, each 1 if not given. The value that
    nobody has asked for the longest is forgotten first; one that is larger than all may be is not stored at all.
    """

    def __init__(self, maximum: int, size_of: Callable[[Any], int] | None = None) -> None:
        self._values: LRUCache[Hashable, Any] = LRUCache(maximum, size_of)
        self._computing: dict[Hashable, _Computing] = {}
        self._streams: dict[Hashable, _Stream] = {}
        self._lock = threading.Lock()

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

    def stream(self, key: Hashable, make: Callable[[], Iterable[Any]]) -> Iterator[Any]:
        """Yield what `make` yields and store the last of it; just that one if it is stored already.

        All who read it at the same time share one stream, each from its beginning: whoever is the first to need the
        next item computes it. Any of them may leave; what nobody reads any more is given up. An error is raised to
        all; where a reader is called off while it computes, the next one makes the stream anew and skips what is known.
        """
        with self._lock:
            known = key in self._values
            stored = self._values[key] if known else None
            if not known:
                stream = self._streams.setdefault(key, _Stream())
                stream.readers += 1
        if known:
            yield stored
            return
        try:
            for place in itertools.count():
                if place == len(stream.items):
                    with stream.lock:
                        if place == len(stream.items) and not self._go_on(key, stream, make):
                            return
                yield stream.items[place]
        finally:
            self._leave(key, stream)

    def _go_on(self, key: Hashable, stream: _Stream, make: Callable[[], Iterable[Any]]) -> bool:
        """Add one more item to a stream; return whether there was one."""
        if stream.error:
            raise stream.error
        if stream.over:
            return False
        try:
            if stream.source is None:
                stream.source = itertools.islice(make(), len(stream.items), None)
            stream.items.append(next(stream.source))
        except StopIteration:
            stream.over, stream.source = True, None
            with self._lock:
                if stream.items:
                    self._put(key, stream.items[-1])
                self._forget(key, stream)
            return False
        except Exception as error:
            stream.error, stream.source = error, None
            with self._lock:
                self._forget(key, stream)
            raise
        except BaseException:
            stream.source = None
            raise
        return True

    def _leave(self, key: Hashable, stream: _Stream) -> None:
        with self._lock:
            stream.readers -= 1
            if stream.readers:
                return
            self._forget(key, stream)
        stream.source = None

    def _forget(self, key: Hashable, stream: _Stream) -> None:
        if self._streams.get(key) is stream:
            del self._streams[key]
