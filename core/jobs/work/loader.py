"""Loading tasks in a worker process, which keeps the last few of them."""

import functools
from collections.abc import Callable

from core.tasks import Task, load

Loader = Callable[[str], Task]
"""Name of a task -> the task."""


def loader() -> Loader:
    """Return a `load` that keeps the last four tasks, for one process."""
    return functools.lru_cache(maxsize=4)(load)
