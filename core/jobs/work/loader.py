"""Loading tasks in a worker process, which keeps the last few of them."""

import functools
from collections.abc import Callable

from core.stages import load_network
from core.store import data_folder
from core.store.database import FILES
from core.tasks import Task, load

Loader = Callable[[str], Task]
"""Name of a network -> its task."""


def loader() -> Loader:
    """Return a way to load networks that keeps the last four tasks, for one process.

    Those with weights from the store are read from the folder that the server names in PLAYGROUND_DATA.
    """
    shipped = functools.lru_cache(maxsize=4)(load)
    return functools.lru_cache(maxsize=4)(lambda network: load_network(network, shipped, data_folder() / FILES))
