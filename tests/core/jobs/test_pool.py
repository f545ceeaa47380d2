"""Long work beside the page: order, limits, stopping, crashes, and what happens when a server runs short or ends."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from safetensors.torch import load as load_weights

from core.errors import PlaygroundError
from core.jobs.job import CRASHED, EVERYBODY, NO_ROOM
from core.jobs.pool import Jobs
from core.jobs.starters import ForkServer, Spawner, starter
from core.jobs.work import best_progress, tuned_network
from core.pruning import PruningPlan, prune
from core.tuning import Recipe, fine_tune
from tests.conftest import ROOT
from tests.core.jobs.small import real, small_pool, until

PLAN = PruningPlan(sparsity=0.9)
LONG = Recipe(epochs=200)


@pytest.fixture(params=[ForkServer, Spawner], ids=["forked", "spawned"])
def small(monkeypatch, request):
    """A pool of one worker that does small work, which is made in each of the two ways that there are."""
    if request.param is ForkServer and not isinstance(starter(1), ForkServer):
        pytest.skip("this system cannot fork")
    with small_pool(monkeypatch, request.param) as jobs:
        yield jobs


def hit(process, how=signal.SIGKILL):
    """End or hold a worker from outside, as the system does it."""
    os.kill(process.pid, how)


def wait(job, seconds):
    """Wait until a job has ended, at most so long; return whether it has."""
    return job.ended.wait(seconds)


def carries(payload):
    return payload.weights is not None


@pytest.fixture(scope="module")
def workers():
    jobs = Jobs(workers=1, threads=1)
    yield jobs
    jobs.close()


@pytest.fixture
def pool(workers):
    """The same pool for all tests, since its start takes seconds; each leaves it empty."""
    yield workers
    left = [run.job for run in [*workers._waiting, *workers._running]]
    for job in left:
        workers.stop(job)
    assert all(wait(job, 10) for job in left)


def test_a_fine_tune_in_a_worker_equals_one_made_here(pool, mlp):
    job = pool.submit("me", "tune", "fashion-mlp", PLAN, Recipe(), keep=carries)
    assert wait(job, 60)
    assert (job.state, job.error) == ("done", None)
    assert len(job.results) == 10
    pruned = prune(mlp, PLAN)
    tuned = tuned_network(pruned, job.results[-1])
    assert mlp.evaluate(tuned.model).value == pytest.approx(job.results[-1].quality.value, abs=0.001)
    assert mlp.evaluate(tuned.model).value > mlp.evaluate(pruned.model).value + 0.05
    *_, here = fine_tune(mlp, pruned, Recipe())
    assert here.quality.value == pytest.approx(job.results[-1].quality.value, abs=0.01)


def test_a_stop_is_answered_and_keeps_what_was_reached(pool):
    job = pool.submit("me", "tune", "fashion-mlp", PLAN, Recipe(epochs=20), keep=carries)
    until(lambda: job.results)
    pool.stop(job)
    assert wait(job, 60)
    assert job.state == "stopped"
    assert 0 < job.progress.step < job.progress.of
    assert "fc1.weight" in load_weights(job.results[-1].weights)
    assert best_progress(job.results, 0.9).weights is not None


def test_a_worker_that_does_not_answer_is_ended_and_replaced(pool):
    job = pool.submit("me", "tune", "fashion-mlp", PLAN, LONG, keep=carries)
    until(lambda: job.progress is not None)
    hit(pool._processes[0], signal.SIGSTOP)
    pool.stop(job)
    assert wait(job, 60)
    assert job.state == "stopped"
    after = pool.submit("me", "sweep", "fashion-mlp", (PLAN,))
    assert wait(after, 60)
    assert after.state == "done"


def test_a_worker_that_dies_is_a_sentence_for_its_own_job_only(pool):
    job = pool.submit("me", "tune", "fashion-mlp", PLAN, LONG)
    waiting = pool.submit("you", "sweep", "fashion-mlp", (PLAN,), keep=lambda step: step.settled)
    until(lambda: job.progress is not None)
    hit(pool._processes[0])
    assert wait(job, 5)
    assert job.state == "failed"
    assert "ended unexpectedly" in job.error[0]
    assert wait(waiting, 60)
    assert (waiting.state, len(waiting.results)) == ("done", 1)


def test_an_error_people_can_act_on_arrives_as_its_sentences(pool):
    job = pool.submit("me", "tune", "no-such-model", PLAN, Recipe())
    assert wait(job, 60)
    assert job.state == "failed"
    assert job.error[0] == "There is no model named 'no-such-model'."


def test_places_in_line_and_what_everybody_shares_waits_last(pool):
    running = pool.submit("a", "tune", "fashion-mlp", PLAN, LONG)
    until(lambda: running.state == "running")
    shared = pool.submit(EVERYBODY, "sweep", "fashion-mlp", (PLAN,))
    mine = pool.submit("b", "sweep", "fashion-mlp", (PLAN,))
    theirs = pool.submit("c", "sweep", "fashion-mlp", (PLAN,))
    assert [pool.place(job) for job in (running, mine, theirs, shared)] == [0, 1, 2, 3]
    pool.stop(mine)
    assert mine.state == "stopped"
    assert [pool.place(job) for job in (theirs, shared)] == [1, 2]


def test_one_owner_holds_one_running_and_one_waiting_job(pool):
    for _ in range(2):
        pool.submit("me", "tune", "fashion-mlp", PLAN, LONG)
    with pytest.raises(PlaygroundError, match="one job running and one waiting"):
        pool.submit("me", "tune", "fashion-mlp", PLAN, LONG)
    assert pool.submit("you", "tune", "fashion-mlp", PLAN, LONG).active


def test_work_for_everybody_gives_way_to_a_person_and_goes_on_later(pool):
    plans = tuple(PruningPlan(sparsity=i / 100) for i in range(0, 100, 2))

    def remaining(results):
        done = {step.plan for step in results}
        return "fashion-mlp", tuple(plan for plan in plans if plan not in done)

    shared = pool.submit(EVERYBODY, "sweep", "fashion-mlp", plans, keep=lambda step: step.settled, resume=remaining)
    until(lambda: len(shared.results) > 3)
    mine = pool.submit("me", "tune", "fashion-mlp", PLAN, Recipe(epochs=1), keep=carries)
    assert wait(mine, 60)
    assert mine.state == "done"
    assert len(shared.results) < len(plans)
    assert wait(shared, 60)
    assert shared.state == "done"
    assert [step.plan for step in shared.results] == list(plans)  # each once, none twice


def test_a_job_nobody_wants_any_more_is_stopped(pool, monkeypatch):
    monkeypatch.setattr("core.jobs.pool.ABSENCE", 0.2)
    here = {"is": True}
    job = pool.submit("me", "tune", "fashion-mlp", PLAN, LONG, keep=carries, alive=lambda: here["is"])
    until(lambda: job.progress is not None)
    time.sleep(0.6)  # three times as long
    assert job.active
    here["is"] = False
    assert wait(job, 15)
    assert job.state == "stopped"


def left_of(*count):
    """A function that says what is left of a count: everything behind the last number that came."""
    return lambda results: ((results[-1] + 1 if results else 0), *count)


def still_works(pool):
    after = pool.submit("somebody", "count", 0, 3)
    assert wait(after, 30)
    return (after.state, after.error, after.results) == ("done", None, (0, 1, 2))


@pytest.mark.parametrize("kills", [1, 2])
def test_shared_work_whose_worker_is_killed_goes_on_by_itself(small, kills):
    job = small.submit(EVERYBODY, "count", 0, 60, 0.01, resume=left_of(60, 0.01))
    for kill in range(kills):
        until(lambda kill=kill: len(job.results) > 5 * (kill + 1))
        hit(small._processes[0])
    assert wait(job, 30)
    assert (job.state, job.error) == ("done", None)
    assert job.results == tuple(range(60))  # each once, none twice


def test_shared_work_that_cannot_go_on_begins_again(small):
    seen = []
    job = small.submit(EVERYBODY, "count", 0, 60, 0.01, keep=seen.append)
    until(lambda: len(seen) > 5)
    hit(small._processes[0])
    assert wait(job, 30)
    assert job.state == "done"
    assert seen[seen.index(0, 1) :] == list(range(60))


def test_a_worker_killed_while_it_starts_is_replaced(small):
    job = small.submit("me", "count", 0, 3)
    until(lambda: small._processes)
    hit(small._starter if isinstance(small._starter, ForkServer) else small._processes[0])
    assert wait(job, 30)
    assert (job.state, job.results) == ("done", (0, 1, 2))


@pytest.mark.parametrize(("owner", "tries"), [(EVERYBODY, 3), ("me", 2)])
def test_work_that_kills_each_worker_is_given_up(small, tmp_path, owner, tries):
    job = small.submit(owner, "dies", str(tmp_path / "tries"))
    assert wait(job, 30)
    assert (job.state, job.error) == ("failed", CRASHED)
    assert (tmp_path / "tries").read_text() == "x" * tries
    assert still_works(small)


def test_what_died_before_anything_came_of_it_is_tried_once_more(small, tmp_path):
    job = small.submit("me", "dies", str(tmp_path / "tries"), 1)
    assert wait(job, 30)
    assert (job.state, job.error, job.results) == ("done", None, ("done",))


def test_a_worker_that_died_idle_is_replaced_before_the_next_job(small, tmp_path):
    assert still_works(small)
    hit(small._processes[0])
    small._processes[0].wait(10)
    job = small.submit("me", "dies", str(tmp_path / "tries"), 1)  # this one's single second try is still unused
    assert wait(job, 30)
    assert job.state == "done"


@pytest.mark.skipif(not hasattr(os, "getsid"), reason="there are no sessions of processes here")
def test_a_worker_is_in_the_background_of_the_same_session_and_out_of_reach_of_the_keyboard(small):
    """Linux shares the processor among sessions first: in one of its own, a worker would take half of it."""
    assert still_works(small)
    pid = small._processes[0].pid
    assert os.getsid(pid) == os.getsid(0) and os.getpgid(pid) != os.getpgid(0)
    assert os.getpriority(os.PRIO_PROCESS, pid) > os.getpriority(os.PRIO_PROCESS, 0)


def test_a_job_that_is_stopped_while_its_worker_dies_stays_stopped(small, tmp_path):
    job = small.submit(EVERYBODY, "count", 0, 1000, 0.02, resume=left_of(1000, 0.02))
    until(lambda: job.results)
    hit(small._processes[0], signal.SIGSTOP)
    small.stop(job)
    hit(small._processes[0])
    assert wait(job, 10)
    assert job.state == "stopped"
    assert still_works(small)


def test_a_stop_counts_for_work_that_gives_way_too(small):
    shared = small.submit(EVERYBODY, "count", 0, 1000, 0.02, resume=left_of(1000, 0.02))
    until(lambda: shared.results)
    hit(small._processes[0], signal.SIGSTOP)  # so that it takes a while to give way
    mine = small.submit("me", "count", 0, 3)
    small.stop(shared)
    assert wait(mine, 30) and wait(shared, 10)
    assert (mine.state, shared.state) == ("done", "stopped")


@pytest.mark.parametrize("error", [OSError(errno.EAGAIN, "no"), OSError(errno.ENOMEM, "no"), MemoryError()], ids=repr)
@pytest.mark.parametrize("owner", ["me", EVERYBODY])
def test_a_worker_that_cannot_be_started_is_a_sentence_and_a_later_job_works(small, monkeypatch, error, owner):
    def never(*_, **__):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr("core.jobs.starters.subprocess.Popen", never)
        jobs = [small.submit(owner, "count", 0, 3) for _ in range(2)]
        assert all(wait(job, 10) for job in jobs)
    assert [(job.state, job.error) for job in jobs] == [("failed", NO_ROOM)] * 2
    assert still_works(small)


def test_a_thread_that_cannot_be_started_is_the_same_sentence(small, monkeypatch):
    class Full(threading.Thread):
        def start(self):
            raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr("core.jobs.run.threading.Thread", Full)
        job = small.submit("me", "count", 0, 3)
        assert wait(job, 30)
    assert (job.state, job.error) == ("failed", NO_ROOM)
    assert still_works(small)


def test_a_worker_that_ends_at_once_is_a_sentence_and_a_later_job_works(small, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(
            "core.jobs.starters.subprocess.Popen", lambda command, **how: real([sys.executable, "-c", ""], **how)
        )
        job = small.submit("me", "count", 0, 3)
        assert wait(job, 30)
    assert (job.state, job.error) == ("failed", NO_ROOM)
    assert still_works(small)


@pytest.mark.parametrize("error", [ValueError("a slip"), OSError("a slip"), SystemExit(1)], ids=repr)
@pytest.mark.parametrize("callback", ["keep", "compact"])
def test_a_callback_that_raises_ends_its_job_only(small, callback, error):
    def slips(_):
        raise error

    job = small.submit(EVERYBODY, "count", 0, 3, **{callback: slips})
    assert wait(job, 30)
    assert (job.state, job.error) == ("failed", CRASHED)
    assert still_works(small)


def test_work_that_cannot_say_what_remains_of_it_ends(small):
    def slips(_):
        raise PlaygroundError("It cannot go on.", "Start anew.")

    job = small.submit(EVERYBODY, "count", 0, 1000, 0.02, resume=slips)
    until(lambda: job.results)
    mine = small.submit("me", "count", 0, 3)
    assert wait(mine, 30) and wait(job, 30)
    assert (job.state, job.error) == ("failed", ("It cannot go on.", "Start anew."))
    assert still_works(small)


def test_a_stop_reaches_a_job_whose_worker_is_still_starting(small, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setenv("IMPORTS_TAKE", "100")
        job = small.submit("me", "count", 0, 3)
        until(lambda: job.state == "running")
        small.stop(job)
        assert wait(job, 50)
    assert (job.state, job.error) == ("stopped", None)


def test_whatever_prints_does_not_disturb_the_messages(small, capfd):
    job = small.submit("me", "talks")
    assert wait(job, 30)
    assert (job.state, job.results) == ("done", ("done",))
    assert capfd.readouterr().out == ""


def test_a_worker_with_nothing_to_do_for_long_is_ended_and_a_later_job_works(small):
    small._starter.idle = 0.2
    assert still_works(small)
    first = small._processes[0]
    until(lambda: gone(first.pid))
    assert still_works(small)
    assert small._processes[0].pid != first.pid


@pytest.fixture
def forked(monkeypatch):
    """The same, where a fork server makes the worker."""
    if not isinstance(starter(1), ForkServer):
        pytest.skip("this system cannot fork")
    with small_pool(monkeypatch, ForkServer) as jobs:
        yield jobs


def test_a_worker_that_is_gone_once_it_is_heard_of_is_replaced(forked, monkeypatch):
    refused = iter([ProcessLookupError(errno.ESRCH, "no such process")])
    opened = os.pidfd_open

    def open_late(pid):
        for error in refused:
            raise error
        return opened(pid)

    monkeypatch.setattr("core.jobs.process.os.pidfd_open", open_late)
    assert still_works(forked)


def test_a_fork_that_the_system_refuses_is_a_sentence_and_a_later_job_works(forked, monkeypatch):
    monkeypatch.setenv("REFUSED_FORKS", "2")
    job = forked.submit("me", "count", 0, 3)
    assert wait(job, 30)
    assert (job.state, job.error) == ("failed", NO_ROOM)
    assert still_works(forked)


def test_a_fork_that_the_system_refuses_once_is_tried_again(forked, monkeypatch):
    monkeypatch.setenv("REFUSED_FORKS", "1")
    assert still_works(forked)


def test_when_the_fork_server_dies_its_worker_goes_on_and_the_next_one_finds_another(forked):
    job = forked.submit("me", "count", 0, 30, 0.01)
    until(lambda: job.results)
    before = forked._starter.pid
    hit(forked._starter)
    assert wait(job, 30)
    assert (job.state, job.results) == ("done", tuple(range(30)))
    hit(forked._processes[0])
    assert still_works(forked)
    assert forked._starter.pid != before


def test_workers_share_the_memory_of_what_they_import(pool):
    if not isinstance(pool._starter, ForkServer):
        pytest.skip("each worker is a process of its own here")
    job = pool.submit("me", "sweep", "fashion-mlp", (PLAN,))
    assert wait(job, 60) and job.state == "done"
    assert memory(pool._processes[0].pid, "Private_") < memory(pool._starter.pid, "Rss") / 2
    threads = list(Path(f"/proc/{pool._starter.pid}/task").iterdir())
    assert len(threads) == 1  # or a lock that another one held would be held for ever in a worker


def memory(pid, kind):
    """Return the kilobytes of memory of a kind that a process has."""
    lines = [line.split() for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()]
    return sum(int(count) for name, count, *_ in lines if name.startswith(kind))


def test_what_is_known_of_a_job_at_one_moment_does_not_change(small):
    job = small.submit("me", "count", 0, 10, 0.02)
    until(lambda: job.results)
    before = job.snapshot()
    assert before.state == "running" and before.active
    found = before.results
    assert wait(job, 30)
    assert before.active and before.results == found != job.results
    after = job.snapshot()
    assert (after.state, after.results, after.progress) == ("done", tuple(range(10)), 9)
    small.stop(job)
    assert job.snapshot() is after


class Unreadable:
    def __reduce__(self):
        return int, ("no number",)


@pytest.mark.parametrize("argument", [lambda: 0, Unreadable()], ids=["cannot be sent", "cannot be read there"])
def test_arguments_that_do_not_arrive_end_their_job_only(small, argument):
    job = small.submit("me", "count", argument)
    assert wait(job, 30)
    assert (job.state, job.error) == ("failed", CRASHED)
    assert still_works(small)


def test_answers_that_cannot_be_understood_end_their_job_only(small):
    job = small.submit("me", "odd")
    assert wait(job, 30)
    assert (job.state, job.error) == ("failed", CRASHED)
    assert still_works(small)


def test_a_worker_that_dies_while_it_is_told_what_to_do_is_replaced(small):
    assert still_works(small)
    process = small._processes[0]
    hit(process, signal.SIGSTOP)
    job = small.submit("me", "swallows", b"x" * 10_000_000)  # far more than a pipe holds
    until(lambda: job.state == "running")
    hit(process)
    assert wait(job, 30)
    assert (job.state, job.results) == ("done", (10_000_000,))


def test_a_stop_reaches_a_job_that_its_worker_does_not_take(small):
    assert still_works(small)
    hit(small._processes[0], signal.SIGSTOP)
    job = small.submit("me", "swallows", b"x" * 10_000_000)
    until(lambda: job.state == "running")
    small.stop(job)
    assert wait(job, 10)
    assert job.state == "stopped"
    assert still_works(small)


def test_whether_somebody_is_there_may_fail_without_harm_to_the_others(small, monkeypatch):
    monkeypatch.setattr("core.jobs.pool.ABSENCE", 0.1)

    def slips():
        raise SystemExit

    odd = small.submit("me", "count", 0, 1000, 0.02, alive=slips)
    left = small.submit("you", "count", 0, 3, alive=lambda: False)
    assert wait(left, 15)
    assert left.state == "stopped"
    assert odd.active  # nobody knows, so it goes on
    small.stop(odd)


def test_the_end_of_a_pool_is_the_end_of_its_jobs(small):
    running = small.submit(EVERYBODY, "count", 0, 1000, 0.02, resume=left_of(1000, 0.02))
    until(lambda: running.results)
    waiting = small.submit(EVERYBODY, "count", 0, 3)
    pid = small._processes[0].pid
    small.close()
    late = small.submit("me", "count", 0, 3)
    assert all(wait(job, 10) for job in (running, waiting, late))
    assert [job.state for job in (running, waiting, late)] == ["failed", "stopped", "stopped"]
    assert small._processes[0].poll() is not None
    assert gone(pid)


SERVER = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell lets what it runs in the background ignore it
from core.jobs.pool import EVERYBODY, Jobs
{patch}
try:
    pool = Jobs(workers=1, threads=1)
    job = pool.submit(EVERYBODY, {work})
    while not (pool._processes and (job.progress or not {working})):
        time.sleep(0.05)
    time.sleep(0.3)
    print(*[each.pid for each in (pool._starter, pool._processes[0]) if getattr(each, "pid", 0)], flush=True)
    time.sleep(600)
except KeyboardInterrupt:
    sys.exit(130)
"""

TUNE = "'tune_points', 'fashion-mlp', (0.5,) * 50, 500"
COUNT = "'count', 1, 10_000, 0.02"
PATCH = "import subprocess; from tests.core.jobs import small; subprocess.Popen = small.small_process"


def gone(pid):
    """Whether a process has ended, though perhaps nobody has asked for its end yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="there are no groups of processes here")
@pytest.mark.parametrize(
    ("work", "working", "with_what"),
    [(TUNE, False, signal.SIGINT), (COUNT, True, signal.SIGINT), (TUNE, True, signal.SIGKILL)],
    ids=["interrupted while it starts", "interrupted while it works", "killed while it works"],
)
def test_when_the_server_ends_its_worker_goes_quietly(work, working, with_what):
    text = SERVER.format(work=work, working=working, patch=PATCH if work == COUNT else "")
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    server = subprocess.Popen([sys.executable, "-c", text], cwd=ROOT, start_new_session=True, **pipes)
    workers = [int(each) for each in server.stdout.readline().split()]
    assert workers
    os.killpg(server.pid, with_what)  # as a terminal does it: to all that belong to it
    _, said = server.communicate(timeout=240)  # until all have let go of stderr
    assert "Traceback" not in said and "Error" not in said, said
    until(lambda: all(gone(each) for each in workers))
