"""Where a pool's work is done: in processes of this server, or by the workers of a Dask scheduler that it names."""

import os

from core.jobs.starters import Starter, starter
from core.language import text

SCHEDULER = "PLAYGROUND_SCHEDULER"
"""Variable of the environment with the address of a Dask scheduler, as tcp://host:8786."""


def starter_for_pool(threads: int) -> Starter:
    """Return the way to start a pool's workers: by the scheduler of PLAYGROUND_SCHEDULER if that names one."""
    address, local = os.environ.get(SCHEDULER, ""), starter(threads)
    if not address:
        return local
    try:
        from core.jobs.cluster.starter import Cluster
    except ImportError:
        local.note = text("Work for other machines needs Dask, which is not installed; this server does it on its own.")
        return local
    return Cluster(address, local)
