"""Answers that all visitors share: each is computed once, and the oldest are forgotten."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any


class Memo:
    """A bounded store of values by key, safe to use from many threads."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()

    def peek(self, key: Hashable) -> Any | None:
        """Return what is stored, or None."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, key: Hashable, value: Any) -> None:
        """Store a value."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            if len(self._values) > self._size:
                self._values.popitem(last=False)

    def get(self, key: Hashable, compute: Callable[[], Any]) -> Any:
        """Return what is stored, computing it first if need be."""
        found = self.peek(key)
        if found is None:
            found = compute()
            self.put(key, found)
        return found
