"""A scan of layers on two workers of Dask of one thread each, against one; and with one of two killed midway."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from typing import Any

from distributed import Client

from core.jobs.job import EVERYBODY, Job
from core.jobs.parts import submit_parts
from core.jobs.pool import Jobs
from core.measure import Sensitivity
from pages.parts.measure.fragile_layers import BY_LAYERS
from pages.shared.sparsities import LAYER_SCAN
from tests.cluster.processes import running, scheduler, until, worker_command

NETWORK = "fashion-resnet"
PATIENCE = 1200.0
"""Seconds that a scan may take, where other work holds the machine."""


@contextlib.contextmanager
def pool_of(workers: int) -> Iterator[tuple[Jobs, Client]]:
    """Run a scheduler and workers of one thread each, and a pool that uses them."""
    with (
        scheduler() as address,
        running(worker_command(address, "--nworkers", str(workers)), gently=False),
        Client(address, set_as_default=False) as client,
    ):
        until(lambda: len(client.nthreads()) == workers)
        os.environ["PLAYGROUND_SCHEDULER"] = address
        jobs = Jobs()
        until(lambda: jobs.workers_elsewhere == workers)
        yield jobs, client
        jobs.close()


def begin(jobs: Jobs, sparsities: tuple[float, ...] = LAYER_SCAN) -> Job:
    """Begin a scan as the page does."""
    if jobs.workers_elsewhere > 1:
        return submit_parts(jobs, BY_LAYERS, EVERYBODY, "sensitivity", NETWORK, sparsities)
    return jobs.submit(EVERYBODY, "sensitivity", NETWORK, sparsities, compact=lambda results: results[-1:])


def finish(job: Job) -> Sensitivity:
    """Wait for a scan; return what it says."""
    until(lambda: not job.active, patience=PATIENCE)
    assert job.state == "done", job.error
    return job.results[-1]


def run() -> Iterator[dict[str, Any]]:
    """Yield a line for one worker, for two, and for two of which one dies."""
    alone, expected = 0.0, None
    for workers in (1, 2):
        with pool_of(workers) as (jobs, client):
            finish(begin(jobs, LAYER_SCAN[:1]))  # with the imports, and the network, which each worker keeps
            begun = time.perf_counter()
            found = finish(begin(jobs))
            seconds = time.perf_counter() - begun
            alone, expected = alone or seconds, expected or found
            yield {
                "workers of one thread": str(workers),
                "seconds": round(seconds, 1),
                "times as fast": round(alone / seconds, 2),
                "same figures": _same(found, expected),
            }
            if workers > 1:
                begun = time.perf_counter()
                found = finish(begin_and_kill(jobs, client))
                seconds = time.perf_counter() - begun
                yield {
                    "workers of one thread": "2, one of them killed midway",
                    "seconds": round(seconds, 1),
                    "times as fast": round(alone / seconds, 2),
                    "same figures": _same(found, expected),
                }


def begin_and_kill(jobs: Jobs, client: Client) -> Job:
    """Begin a scan, and kill one of the workers once half of the examples are judged."""
    job = begin(jobs)
    until(lambda: job.results and 2 * job.results[-1].seen > job.results[-1].of, patience=PATIENCE)
    busy = next(address for address, keys in client.processing().items() if keys)
    os.kill(client.run(os.getpid, workers=[busy])[busy], signal.SIGKILL)
    return job


def _same(one: Sensitivity, other: Sensitivity) -> bool:
    """Say whether two scans have the same figures in the same order."""
    return one == other and list(one.qualities) == list(other.qualities)
