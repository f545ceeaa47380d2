"""Work on other machines: it ends as it does here, whoever dies, and goes on here when the scheduler is gone."""

import contextlib
import hashlib
import os
import signal
import sys

import pytest
from distributed import Client

from core.data_folder import FILES
from core.jobs.cluster.far_worker import FarProcess
from core.jobs.cluster.relay import OTHER_CODE
from core.jobs.job import CRASHED, EVERYBODY
from core.jobs.parts import Splitting, submit_parts
from core.jobs.pool import Jobs
from tests.cluster.processes import free_port, running, scheduler, worker_command
from tests.core.jobs.small import from_tomorrow, small_process, until


@contextlib.contextmanager
def small_cluster(workers, port=None):
    """Run a scheduler, and workers that do small work; yield a client of it."""
    options = ("--nworkers", str(workers), "--preload", "tests.core.jobs.preloaded")
    with (
        scheduler(port) as address,
        running(worker_command(address, *options), gently=False),
        Client(address, set_as_default=False) as client,
    ):
        until(lambda: len(client.nthreads()) == workers)
        yield client


@pytest.fixture(scope="module")
def cluster():
    with small_cluster(2) as client:
        yield client


@pytest.fixture
def pool(cluster, monkeypatch):
    until(lambda: len(cluster.nthreads()) == 2)
    monkeypatch.setattr("core.jobs.starters.subprocess.Popen", small_process)
    monkeypatch.setenv("PLAYGROUND_SCHEDULER", cluster.scheduler.address)
    jobs = Jobs(workers=1, threads=1)
    until(lambda: jobs.places == 2)
    yield jobs
    jobs.close()


def wait(job, seconds=60):
    return job.ended.wait(seconds)


def test_work_elsewhere_tells_the_same_in_the_same_order(pool):
    job = pool.submit("me", "count", 0, 50)
    assert wait(job)
    assert (job.state, job.error, job.results) == ("done", None, tuple(range(50)))


def left_of(*count):
    return lambda results: ((results[-1] + 1 if results else 0), *count)


def stop_in_the_middle(pool, job):
    until(lambda: len(job.results) > 3)
    pool.stop(job)
    assert wait(job)
    assert (job.state, job.error) == ("stopped", None)


def test_a_stop_ends_work_elsewhere_and_keeps_what_it_found(pool):
    job = pool.submit("me", "count", 0, 10**6, 0.01)
    stop_in_the_middle(pool, job)
    assert job.results == tuple(range(len(job.results)))
    after = pool.submit("me", "count", 0, 3)
    assert wait(after)
    assert (after.state, after.results) == ("done", (0, 1, 2))


def test_work_elsewhere_that_does_not_answer_a_stop_is_ended(pool, cluster):
    job = pool.submit("me", "count", 0, 2, 10**6)
    until(lambda: job.results)
    pool.stop(job)
    assert wait(job)
    assert (job.state, job.results) == ("stopped", (0,))
    until(lambda: not any(cluster.processing().values()))  # nothing of it is left that would hold a worker


def kill_a_machine(cluster):
    """End one of the workers that have something to do."""
    busy = next(address for address, keys in cluster.processing().items() if keys)
    os.kill(cluster.run(os.getpid, workers=[busy])[busy], signal.SIGKILL)


@pytest.mark.parametrize(("owner", "how"), [("me", {}), (EVERYBODY, {}), (EVERYBODY, {"resume": left_of(300, 0.01)})])
def test_work_whose_machine_dies_finds_the_same_on_another_one(pool, cluster, owner, how):
    job = pool.submit(owner, "count", 0, 300, 0.01, **how)
    until(lambda: len(job.results) > 5)
    kill_a_machine(cluster)
    seen = []
    until(lambda: seen.append(len(job.results)) or job.ended.is_set())
    assert (job.state, job.error, job.results) == ("done", None, tuple(range(300)))
    assert seen == sorted(seen)  # what was there stayed on the page meanwhile


JOINED = Splitting(
    step=lambda told: told[0], join=lambda told: (told[0][0], [part for each in told for part in each[1]])
)


@pytest.mark.parametrize("dies", [False, True])
def test_work_in_parts_is_one_job_with_all_of_each_step(pool, cluster, dies):
    steps = 300 if dies else 20
    job = submit_parts(pool, JOINED, EVERYBODY, "shares", steps, 0.01)
    until(lambda: job.results)
    assert job.state == "running" and job.active
    if dies:
        kill_a_machine(cluster)
    until(lambda: not job.active)
    assert (job.state, job.error, job.results) == ("done", None, ((steps - 1, [(0, 2), (1, 2)]),))


def test_a_part_that_fails_is_a_sentence_for_the_whole(pool):
    job = submit_parts(pool, JOINED, "me", "count", 0, 10**6, 0.01)  # which does not take a part for its last argument
    until(lambda: not job.active)
    assert (job.state, job.error) == ("failed", CRASHED)


def test_work_that_kills_its_process_is_a_sentence_and_costs_no_machine(pool, cluster, tmp_path):
    before = cluster.run(os.getpid)
    job = pool.submit("me", "dies", str(tmp_path / "tries"))
    assert wait(job)
    assert (job.state, job.error) == ("failed", CRASHED)
    assert (tmp_path / "tries").read_text() == "xx"
    assert cluster.run(os.getpid) == before


def test_a_file_of_the_store_goes_with_the_work_that_names_it(pool, tmp_path, monkeypatch):
    content = f"the weights of {tmp_path}".encode()
    name = hashlib.sha256(content).hexdigest()
    (tmp_path / FILES).mkdir()
    (tmp_path / FILES / name).write_bytes(content)
    monkeypatch.setenv("PLAYGROUND_DATA", str(tmp_path))  # of the pool alone: the workers began with another folder
    job = pool.submit("me", "reads", name)
    assert wait(job)
    assert (job.error, job.results) == (None, (content.decode(),))


def test_what_is_fetched_for_this_server_is_fetched_here(pool):
    for work, here in (("count", False), ("fetch", True), ("count", False)):
        job = pool.submit("me", work, 0, 3)
        assert wait(job)
        assert (job.state, job.results) == ("done", (0, 1, 2))
        assert any(not isinstance(each, FarProcess) for each in pool._processes.values()) or not here


@pytest.mark.parametrize(("name", "other"), [("code_hash", lambda: "of yesterday"), ("relay", from_tomorrow)])
def test_a_worker_with_other_code_is_a_sentence(pool, monkeypatch, name, other):
    monkeypatch.setattr(f"core.jobs.cluster.far_worker.{name}", other)
    job = pool.submit("me", "count", 0, 3)
    assert wait(job)
    assert job.error == OTHER_CODE


def test_the_work_of_a_pool_that_is_gone_ends(pool, cluster):
    job = pool.submit("me", "count", 0, 10**6, 0.01)
    until(lambda: job.results)
    pool.close()
    until(lambda: not any(cluster.processing().values()))


def test_a_scheduler_that_goes_is_a_sentence_and_work_goes_on_here_until_it_is_back(monkeypatch):
    monkeypatch.setattr("core.jobs.starters.subprocess.Popen", small_process)
    port = free_port()
    monkeypatch.setenv("PLAYGROUND_SCHEDULER", f"tcp://127.0.0.1:{port}")
    jobs = Jobs(workers=1, threads=1)
    until(lambda: jobs.note)
    assert (
        jobs.note == f"The scheduler at tcp://127.0.0.1:{port} does not answer; this server does the work on its own."
    )
    here = jobs.submit("me", "count", 0, 3)
    assert wait(here)
    assert here.results == (0, 1, 2)
    with small_cluster(1, port):
        until(lambda: not jobs.note)
        job = jobs.submit("me", "count", 0, 300, 0.02)
        until(lambda: len(job.results) > 5)
        assert isinstance(jobs._processes[0], FarProcess)
    assert wait(job)
    assert (job.state, job.error, job.results) == ("done", None, tuple(range(300)))
    assert "does not answer" in jobs.note
    jobs.close()


def test_an_address_that_means_nothing_and_dask_that_is_missing_are_sentences(monkeypatch):
    monkeypatch.setattr("core.jobs.starters.subprocess.Popen", small_process)
    monkeypatch.setenv("PLAYGROUND_SCHEDULER", "somewhere")
    jobs = Jobs(workers=1, threads=1)
    until(lambda: "The scheduler at somewhere does not answer" in jobs.note)
    jobs.close()
    monkeypatch.setitem(sys.modules, "core.jobs.cluster.starter", None)
    jobs = Jobs(workers=1, threads=1)
    assert "Dask, which is not installed" in jobs.note
    job = jobs.submit("me", "count", 0, 3)
    assert wait(job)
    assert job.results == (0, 1, 2)
    jobs.close()
