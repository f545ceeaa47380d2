"""What visitors share is done once and goes on by itself; what belongs to one visit ends with it."""

import itertools
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from core.keys import about
from core.lane import Lane
from core.memo import Memo
from core.pruning import PruningPlan
from core.stages import Subject
from pages.parts.compare import tuned_points
from pages.shared import answers, cache, curves, large_models, shared_work, visit, visitor_work, workers
from pages.shared.shared_work import SharedWork
from tests.core.jobs.small import small_pool, until
from tests.core.test_memo import MANY, CalledOff, at_once
from tests.pages.test_explore import open_app


@pytest.fixture
def small(monkeypatch):
    """Workers that do small work, in the place of those of the app."""
    with small_pool(monkeypatch) as pool:
        monkeypatch.setattr(workers, "jobs", lambda: pool)
        yield pool


def counting(to=1000, pause=0.02, **how):
    """Shared work that counts, and goes on behind the last number that came."""
    return SharedWork("count", lambda known: (known[-1] + 1 if known else 0, to, pause), **how)


def test_many_who_begin_the_same_work_begin_it_once(small):
    work = counting()
    jobs = at_once(work.follow, MANY // 2) + at_once(work.begin, MANY // 2)
    assert len(set(map(id, jobs))) == 1
    assert shared_work.find("count", "test", lambda known: ()) is shared_work.find("count", "test", list)


def test_work_that_nobody_looks_at_ends_and_goes_on_where_it_was(small, monkeypatch):
    monkeypatch.setattr("core.jobs.pool.ABSENCE", 0.3)
    work = counting(patience=1.5)
    first = work.follow()
    until(lambda: work.follow().results)
    assert work.job is first  # somebody looked
    assert first.ended.wait(15)
    assert first.state == "stopped"
    known = list(first.results)
    until(lambda: len(work.follow().results) > len(known) + 3)
    assert work.job is not first
    assert work.job.results == tuple(range(len(work.job.results)))  # each once, none twice


def test_work_that_takes_its_time_whoever_looks_is_not_watched_and_gives_way_to_nobody(small):
    job = counting(patience=None).begin()
    assert (job.alive, job.resume) == (None, None)


def test_work_that_failed_is_begun_anew_a_while_later_when_somebody_looks(small, tmp_path):
    tries = tmp_path / "tries"
    work = SharedWork("dies", lambda known: (str(tries), 3))
    failed = work.follow()
    assert failed.ended.wait(30)
    assert (failed.state, tries.read_text()) == ("failed", "xxx")
    assert work.follow() is failed  # so that people can read what happened
    failed._now = replace(failed.snapshot(), ended_at=failed.ended_at - shared_work.RETRY_AFTER)
    again = work.follow()
    assert again is not failed
    assert again.ended.wait(30)
    assert (again.state, again.results) == ("done", ("done",))
    assert work.follow() is again


def test_work_is_looked_at_only_once_somebody_has_begun_it(small):
    work = counting()
    assert work.follow_if_begun() is None
    job = work.begin()
    assert work.follow_if_begun() is job
    small.stop(job)
    assert job.ended.wait(10)
    assert work.follow_if_begun() is not job  # it goes on


class Pool:
    """A pool in which nothing happens by itself."""

    def __init__(self):
        self.submitted, self.note, self.workers_elsewhere = [], "", 0

    def submit(self, owner, work, *arguments, known=(), **how):
        job = SimpleNamespace(state="waiting", active=True, results=tuple(known), error=None, progress=None)
        job.work, job.owner, job.arguments, job.how, job.ended_at = work, owner, arguments, how, None
        self.submitted.append(job)
        return job

    def place(self, job):
        return 1

    def stop(self, job):
        self.end(job, "stopped")

    def end(self, job, state, seconds_ago=0.0):
        job.state, job.active, job.ended_at = state, False, time.monotonic() - seconds_ago


@pytest.fixture
def idle(monkeypatch):
    found = Pool()
    monkeypatch.setattr(workers, "jobs", lambda: found)
    kinds = ("sweep", "tune_points", "cost", "sensitivity")
    for kind in kinds:
        shared_work.remembered.clear(kind)
    yield found
    for kind in kinds:
        shared_work.remembered.clear(kind)


SHARED = {
    "sweep": lambda: curves.curve_job("fashion-mlp", PruningPlan(scope="layer")),
    "tune_points": lambda: tuned_points.begin_tuning(["fashion-mlp"], 50) or tuned_points.tuning_job("fashion-mlp", 50),
    "cost": lambda: large_models._cost_job(Subject("fashion-mlp")),
}


@pytest.mark.parametrize("kind", SHARED)
def test_all_that_is_shared_is_watched_gives_way_and_is_begun_anew(idle, kind):
    job = SHARED[kind]()
    assert [each.work for each in idle.submitted] == [kind]
    assert SHARED[kind]() is job
    assert job.how["alive"]()
    assert job.how["resume"](job.results) == job.arguments  # nothing of it is there yet
    idle.end(job, "failed", seconds_ago=10)
    if kind != "tune_points":  # which a button begins anew at any time
        assert SHARED[kind]() is job
    idle.end(job, "failed", seconds_ago=31)
    again = SHARED[kind]()
    assert again is not job
    idle.end(again, "stopped")
    assert SHARED[kind]() is not again


def test_fine_tunes_to_compare_go_on_with_the_sparsities_that_are_left_and_are_not_done_twice(idle):
    job = SHARED["tune_points"]()
    job.results += SimpleNamespace(sparsity=0.8), SimpleNamespace(sparsity=0.4999)
    assert job.how["resume"](job.results) == ("fashion-mlp", (0.9, 0.95), 50)
    idle.end(job, "failed")
    tuned_points.begin_tuning(["fashion-mlp"], 50)
    again = tuned_points.tuning_job("fashion-mlp", 50)
    assert again.arguments == ("fashion-mlp", (0.9, 0.95), 50)
    assert again.results == job.results
    idle.end(again, "done")
    tuned_points.begin_tuning(["fashion-mlp"], 50)
    assert tuned_points.tuning_job("fashion-mlp", 50) is again


@pytest.fixture
def place(monkeypatch):
    """A place of the slider whose figures come once all look at it; what is computed for it is noted."""
    computed, memo, staying = [], Memo(10), [MANY]
    lane = Lane(memo)

    def steps(task, plan, ranking):
        def readers():
            return lane._streams[about(Subject("fashion-mlp", plan), "result")].readers

        until(lambda: computed or readers() == MANY)
        for seen in range(4):
            until(lambda seen=seen: not seen or readers() == staying[0])
            computed.append(seen)
            quality = SimpleNamespace(n=seen + 1)
            yield SimpleNamespace(plan=plan, seen=seen, settled=seen == 3, quality=quality)

    monkeypatch.setattr(cache, "judge_plan", steps)
    nothing = SimpleNamespace(find=lambda key: None, keep=lambda key, answer: None)
    for part, found in (("memo", lambda: memo), ("lane", lambda: lane), ("lasting", lambda: nothing)):
        monkeypatch.setattr(answers, part, found)
    task = SimpleNamespace(count=lambda split: 4)
    for part, found in (("task", lambda name: task), ("ranking", lambda name, plan: "an order")):
        monkeypatch.setattr(cache, part, found)
    yield computed, staying
    lane.close()


def test_a_class_at_the_same_place_of_the_slider_costs_one_computation(place):
    plan, (computed, _) = PruningPlan(sparsity=0.5), place
    found = at_once(lambda: list(cache.results(Subject("fashion-mlp", plan))))
    assert {steps[-1].seen for steps in found} == {3}
    assert computed == [0, 1, 2, 3]
    assert [step.seen for step in cache.results(Subject("fashion-mlp", plan))] == [3]


def test_who_slides_on_in_the_middle_leaves_the_others_their_figures(place):
    plan, turns, (computed, staying) = PruningPlan(sparsity=0.5), itertools.count(), place
    staying[0] = sum(number % 3 != 0 for number in range(MANY))

    def look():
        leaves = next(turns) % 3 == 0
        for step in cache.results(Subject("fashion-mlp", plan), patience=0.0):
            if leaves and not step.settled:
                raise CalledOff
        return step.seen

    found = at_once(look)
    assert found.count(3) == MANY - sum(isinstance(each, CalledOff) for each in found) == staying[0]
    assert computed == [0, 1, 2, 3]


@pytest.fixture
def browser(monkeypatch):
    """A browser that can be closed."""
    sessions = {"here": True}
    runtime = SimpleNamespace(is_active_session=lambda session: sessions["here"])
    monkeypatch.setattr(visit, "exists", lambda: True)
    monkeypatch.setattr(visit, "get_instance", lambda: runtime)
    monkeypatch.setattr(visit, "get_script_run_ctx", lambda: SimpleNamespace(session_id="mine"))
    monkeypatch.setattr(visit, "ABSENCE", 0.2)
    return sessions


def test_what_a_visit_asked_for_ends_with_its_browser(small, monkeypatch, browser):
    monkeypatch.setattr("core.jobs.pool.ABSENCE", 0.3)
    job = visitor_work.submit_job("count", 0, 1000, 0.02)
    waiting = visitor_work.submit_job("count", 0, 3)
    until(lambda: job.results)
    time.sleep(1)
    assert job.active
    browser["here"] = False
    assert job.ended.wait(15) and waiting.ended.wait(15)
    assert job.state == "stopped"


def test_all_that_a_visit_can_ask_for_is_watched(idle, browser):
    app = open_app(model="acrobot-policy", judge="random")  # of no curve that ships
    app.button(key="fine-tune").click().run()
    app.switch_page("pages/measure.py").run()
    for kind in ("weigh", "shift", "search", "report"):
        app.button(key=kind).click().run()
    app.switch_page("pages/bring.py").run()
    app.segmented_control(key="source").set_value("A classifier of the Hub").run()
    app.button(key="hub").click().run()
    assert not app.exception
    mine = {job.work: job.how["alive"] for job in idle.submitted if job.owner}
    assert set(mine) == {"tune", "shipping", "shifts", "search", "report", "hub"}
    assert all(alive() for alive in mine.values())
    browser["here"] = False
    assert all(alive() for alive in mine.values())  # it may have been a tunnel
    time.sleep(0.3)
    assert not any(alive() for alive in mine.values())
    assert {job.work for job in idle.submitted if not job.owner} == {"sweep", "sensitivity"}
    assert all(job.how["alive"] for job in idle.submitted if not job.owner)
