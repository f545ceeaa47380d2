"""Loading tasks in a worker process, which keeps the last few of them."""

import functools
import os
from collections.abc import Callable

from core.data_folder import FILES, data_folder
from core.downloads import fetch
from core.stages import load_network
from core.tasks import Task, load, missing

Loader = Callable[[str], Task]
"""Name of a network -> its task."""


def loader() -> Loader:
    """Return a way to load networks that keeps the last four tasks, for one process.

    Those with weights from the store are read from the folder that the server names in PLAYGROUND_DATA. On a machine
    that only works for it, PLAYGROUND_FETCHES says that what was fetched for the server is to be fetched there, too.
    """
    shipped = functools.lru_cache(maxsize=4)(_fetched if "PLAYGROUND_FETCHES" in os.environ else load)
    return functools.lru_cache(maxsize=4)(lambda network: load_network(network, shipped, data_folder() / FILES))


def _fetched(name: str) -> Task:
    """Load a task once the files that it needs are here. Raises what `load` and `fetch` raise."""
    for remote in missing(name):
        for _ in fetch(remote):
            pass
    return load(name)
