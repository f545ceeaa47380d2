"""Limits of tries in the store, by a clock that the test turns, on SQLite and on PostgreSQL."""

import threading

import pytest
from sqlalchemy import create_engine, func, select

from core.classroom import open_class
from core.classroom.limits import KEPT, RateLimit, TooManyTries
from core.store import new_key, open_store
from core.store.tables import tries


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_020.0  # a minute begins

    def __call__(self) -> float:
        return self.now


def tried(store, limit: RateLimit, visit: str) -> bool:
    try:
        limit.check(store, visit)
    except TooManyTries:
        return False
    limit.note(store, visit)
    return True


def counted(store) -> list[tuple[str, int]]:
    with store.engine.connect() as connection:
        return connection.execute(select(tries.c.what, func.sum(tries.c.number)).group_by(tries.c.what)).all()


def test_one_visit_is_let_in_again_when_its_minutes_are_over(store):
    clock = Clock()
    limit = RateLimit("codes", each=3, all=100, seconds=600, clock=clock)
    assert [tried(store, limit, "mine") for _ in range(5)] == [True, True, True, False, False]
    assert tried(store, limit, "yours")
    clock.now += 659  # the last second of that minute is not yet ten minutes ago
    assert not tried(store, limit, "mine")
    clock.now += 1
    assert tried(store, limit, "mine")


def test_never_more_than_so_many_within_the_time_wherever_a_minute_begins(store):
    clock = Clock()
    limit = RateLimit("codes", each=3, all=100, seconds=120, clock=clock)
    passed = []
    for _ in range(60):
        clock.now += 7
        if tried(store, limit, "mine"):
            passed.append(clock.now)
    assert len(passed) > 6
    assert all(later - earlier >= 120 for earlier, later in zip(passed, passed[3:], strict=False))


def test_many_visits_together_are_stopped_too(store):
    clock = Clock()
    limit = RateLimit("codes", each=3, all=10, seconds=600, clock=clock)
    assert sum(tried(store, limit, f"visit {number}") for number in range(15)) == 10
    clock.now += 660
    assert tried(store, limit, "visit 60")


def test_only_what_is_noted_counts(store):
    limit = RateLimit("codes", each=1, all=1, seconds=600, clock=Clock())
    for _ in range(10):
        limit.check(store, "mine")


def test_limits_of_other_things_do_not_count(store):
    codes, openings = (RateLimit(name, each=1, all=1, seconds=600, clock=Clock()) for name in ("codes", "openings"))
    assert tried(store, codes, "mine")
    assert tried(store, openings, "mine")
    assert not tried(store, codes, "mine")


def test_the_sentence_says_how_long_to_wait(store):
    clock = Clock()
    limit = RateLimit("codes", each=1, all=10, seconds=600, clock=clock)
    limit.note(store, "mine")
    clock.now += 150
    with pytest.raises(TooManyTries, match="Wait 9 minutes"):
        limit.check(store, "mine")
    clock.now += 500
    with pytest.raises(TooManyTries, match="Wait a minute"):
        limit.check(store, "mine")


def test_who_has_tried_more_than_allowed_waits_until_enough_of_it_is_over(store):
    clock = Clock()
    limit = RateLimit("codes", each=2, all=10, seconds=600, clock=clock)
    for _ in range(3):  # three at once, say, each of which was let pass before the others were noted
        limit.note(store, "mine")
        clock.now += 60
    with pytest.raises(TooManyTries, match="Wait 9 minutes"):
        limit.check(store, "mine")  # the first two have to be over, not only the first one


def test_two_servers_share_a_limit(tmp_path, postgres):
    one, other = (open_store(create_engine(postgres), tmp_path / name) for name in ("one", "other"))
    limit = RateLimit("codes", each=3, all=100, seconds=600, clock=Clock())
    assert [tried(store, limit, "mine") for store in (one, other, one, other, one)] == [True] * 3 + [False] * 2
    for store in (one, other):
        store.engine.dispose()


def test_tries_at_once_are_all_counted(store):
    limit = RateLimit("codes", each=100, all=1000, seconds=600, clock=Clock())
    threads = [threading.Thread(target=limit.note, args=(store, f"visit {number % 3}")) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counted(store) == [("codes", 60)]  # each for its visit, and for all


def test_a_visits_key_is_kept_nowhere_and_old_tries_go_when_a_class_is_opened(store):
    clock, visit = Clock(), new_key()
    RateLimit("codes", each=3, all=100, seconds=600, clock=clock).note(store, visit)
    recent = RateLimit("recent", each=3, all=100, seconds=600)
    recent.note(store, visit)
    with store.engine.connect() as connection:
        assert visit not in repr(connection.execute(select(tries)).all())
    open_class(store, new_key())
    assert counted(store) == [("recent", 2)]
    assert KEPT > 3600 + 60
