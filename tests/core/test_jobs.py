"""Long work beside the page: order, limits, stopping, crashes."""

import os
import signal
import time

import pytest
from safetensors.torch import load as load_weights

from core.errors import PlaygroundError
from core.jobs import EVERYBODY, Jobs, wait
from core.pruning import PruningPlan, prune
from core.tasks.quality import proportion
from core.tuning import Recipe, fine_tune
from core.work import Healing, best, healed, lighten

PLAN = PruningPlan(sparsity=0.9)
LONG = Recipe(epochs=200)


def carries(payload):
    return payload.weights is not None


@pytest.fixture
def pool():
    jobs = Jobs(workers=1, threads=1)
    yield jobs
    jobs.close()


def until(condition, seconds=30.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.02)


def test_a_fine_tune_in_a_worker_equals_one_made_here(pool, mlp):
    job = pool.submit("me", "tune", "fashion-mlp", PLAN, Recipe(), keep=carries)
    assert wait(job, 60)
    assert (job.state, job.error) == ("done", None)
    assert len(job.results) == 10
    pruned = prune(mlp, PLAN)
    tuned = healed(pruned, job.results[-1])
    assert mlp.evaluate(tuned.model).value == pytest.approx(job.results[-1].quality.value, abs=0.001)
    assert mlp.evaluate(tuned.model).value > mlp.evaluate(pruned.model).value + 0.05
    *_, here = fine_tune(mlp, pruned, Recipe())
    assert here.quality.value == pytest.approx(job.results[-1].quality.value, abs=0.01)


def test_stop_answers_within_a_second_and_keeps_what_was_reached(pool):
    job = pool.submit("me", "tune", "fashion-mlp", PLAN, Recipe(epochs=20), keep=carries)
    until(lambda: job.results)
    asked = time.monotonic()
    pool.stop(job)
    assert wait(job, 5)
    assert time.monotonic() - asked < 1
    assert job.state == "stopped"
    assert 0 < job.progress.step < job.progress.of
    assert "fc1.weight" in load_weights(job.results[-1].weights)
    assert best(job.results, 0.9).weights is not None


def test_a_worker_that_does_not_answer_is_ended_and_replaced(pool):
    job = pool.submit("me", "tune", "fashion-mlp", PLAN, LONG, keep=carries)
    until(lambda: job.progress is not None)
    process = pool._processes[0]
    os.kill(process.pid, signal.SIGSTOP)
    asked = time.monotonic()
    pool.stop(job)
    assert wait(job, 5)
    assert time.monotonic() - asked < 1
    assert job.state == "stopped"
    after = pool.submit("me", "sweep", "fashion-mlp", (PLAN,))
    assert wait(after, 60)
    assert after.state == "done"


def test_a_worker_that_dies_is_a_sentence_for_its_own_job_only(pool):
    job = pool.submit("me", "tune", "fashion-mlp", PLAN, LONG)
    waiting = pool.submit("you", "sweep", "fashion-mlp", (PLAN,), keep=lambda step: step.settled)
    until(lambda: job.progress is not None)
    pool._processes[0].kill()
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
    plans = tuple(PruningPlan(sparsity=i / 100) for i in range(100))

    def remaining(job):
        done = {step.plan for step in job.results}
        return "fashion-mlp", tuple(plan for plan in plans if plan not in done)

    shared = pool.submit(EVERYBODY, "sweep", "fashion-mlp", plans, keep=lambda step: step.settled, resume=remaining)
    until(lambda: len(shared.results) > 3)
    mine = pool.submit("me", "tune", "fashion-mlp", PLAN, Recipe(), keep=carries)
    assert wait(mine, 60)
    assert mine.state == "done"
    assert len(shared.results) < 100
    assert wait(shared, 60)
    assert shared.state == "done"
    assert [step.plan for step in shared.results] == list(plans)  # each once, none twice


def test_a_job_nobody_wants_any_more_is_stopped(pool, monkeypatch):
    monkeypatch.setattr("core.jobs.ABSENCE", 0.5)
    here = {"is": True}
    job = pool.submit("me", "tune", "fashion-mlp", PLAN, LONG, keep=carries, alive=lambda: here["is"])
    until(lambda: job.progress is not None)
    time.sleep(1.5)
    assert job.active
    here["is"] = False
    assert wait(job, 15)
    assert job.state == "stopped"


def test_old_results_drop_their_weights_but_the_best_keeps_them():
    quality = [proportion(hits, 100) for hits in (10, 60, 50, 40)]
    sparsity = [0.5, 0.9, 0.9, 0.9]
    results = []
    for step in range(4):
        results.append(Healing(step + 1, 10, 1.0, quality[step], None, sparsity[step], 0.0, 0.0, b"w", b"m"))
        lighten(results)
    assert [each.weights for each in results] == [None, b"w", None, b"w"]
    assert best(results, 0.9) is results[1]
    assert best([], 0.9) is None
    whole = [*results, Healing(10, 10, 1.0, quality[0], None, 0.9, 0.0, 0.0, b"w", b"m")]
    assert best(whole, 0.9) is whole[-1]  # a run that came to its end is judged by its end
