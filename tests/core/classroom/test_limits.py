"""Limits of tries, by a clock that the test turns."""

import pytest

from core.classroom.limits import RateLimit, TooManyTries


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def tried(limit: RateLimit, visit: str) -> bool:
    try:
        limit.check(visit)
    except TooManyTries:
        return False
    limit.note(visit)
    return True


def test_one_visit_is_let_in_again_when_its_minutes_are_over():
    clock = Clock()
    limit = RateLimit(each=3, all=100, seconds=600, clock=clock)
    assert [tried(limit, "mine") for _ in range(5)] == [True, True, True, False, False]
    assert tried(limit, "yours")
    clock.now += 599
    assert not tried(limit, "mine")
    clock.now += 1
    assert tried(limit, "mine")


def test_many_visits_together_are_stopped_too():
    clock = Clock()
    limit = RateLimit(each=3, all=10, seconds=600, clock=clock)
    assert sum(tried(limit, f"visit {number}") for number in range(50)) == 10
    clock.now += 600
    assert tried(limit, "visit 60")


def test_only_what_is_noted_counts():
    limit = RateLimit(each=1, all=1, seconds=600, clock=Clock())
    for _ in range(10):
        limit.check("mine")


def test_the_sentence_says_how_long_to_wait():
    clock = Clock()
    limit = RateLimit(each=1, all=10, seconds=600, clock=clock)
    limit.note("mine")
    clock.now += 90
    with pytest.raises(TooManyTries, match="Wait 9 minutes"):
        limit.check("mine")
    clock.now += 500
    with pytest.raises(TooManyTries, match="Wait a minute"):
        limit.check("mine")
