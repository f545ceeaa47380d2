"""So many at once, in the order in which they came; who takes long holds up nobody, who leaves is forgotten."""

import itertools
import threading
import time

import pytest

from core.turns import Turns
from tests.core.test_memo import CalledOff, at_once


def test_no_more_than_so_many_work_at_once_and_all_come_to_their_turn():
    turns, working, most, names = Turns(2, longest=60.0), [], [], itertools.count()

    def work():
        with turns.turn(str(next(names))):
            working.append(1)
            most.append(len(working))
            time.sleep(0.005)
            working.pop()
        return "done"

    assert at_once(work) == ["done"] * 40
    assert max(most) == 2
    assert not turns._waiting and not turns._working


def test_first_come_first_served():
    turns, order, threads = Turns(1, longest=60.0), [], []

    def work(name):
        with turns.turn(str(name)):
            order.append(name)

    with turns.turn("before"):
        for name in range(5):
            threads.append(threading.Thread(target=work, args=(name,), daemon=True))
            threads[-1].start()
            while len(turns._waiting) <= name:
                time.sleep(0.001)
    for each in threads:
        each.join(30)
    assert order == list(range(5))


def test_who_takes_long_holds_up_nobody():
    now = [0.0]
    turns = Turns(1, longest=0.5, clock=lambda: now[0])

    def wait_on():
        now[0] += 0.2

    with turns.turn("a"), turns.turn("b", wait_on):
        assert now[0] >= 0.5
    assert not turns._working


def test_who_moves_on_while_waiting_is_forgotten():
    turns = Turns(1, longest=60.0)

    def leave():
        raise CalledOff

    with turns.turn("a"):
        with pytest.raises(CalledOff), turns.turn("b", leave):
            pass
        assert not turns._waiting
    with turns.turn("b", leave):
        pass


def test_who_moves_on_keeps_the_place_in_the_line():
    now = [0.0]
    turns, order, threads = Turns(1, longest=60.0, clock=lambda: now[0]), [], []

    def leave():
        raise CalledOff

    def work(name):
        with turns.turn(name):
            order.append(name)

    with turns.turn("now"):
        with pytest.raises(CalledOff), turns.turn("first", leave):
            pass
        for name in ("second", "first"):
            now[0] += 1.0
            threads.append(threading.Thread(target=work, args=(name,), daemon=True))
            threads[-1].start()
            while len(turns._waiting) < len(threads):
                time.sleep(0.001)
    for each in threads:
        each.join(30)
    assert order == ["first", "second"]


def test_first_parts_come_before_rests():
    turns, order = Turns(1, longest=60.0), []

    def work(name):
        with turns.turn(name):
            order.append(f"{name} first")
            while not order[3:] and len(turns._waiting) < 2 and name == "a":
                time.sleep(0.001)
            turns.step_back()
            order.append(f"{name} rest")

    threads = [threading.Thread(target=work, args=(name,), daemon=True) for name in "abc"]
    threads[0].start()
    while not order:
        time.sleep(0.001)
    for each in threads[1:]:
        each.start()
    for each in threads:
        each.join(30)
    assert sorted(order[:3]) == ["a first", "b first", "c first"]
    assert sorted(order[3:]) == ["a rest", "b rest", "c rest"]
    assert not turns._working and not turns._waiting and not turns._came


def test_who_has_no_turn_does_not_wait_for_one():
    turns = Turns(1, longest=60.0)
    with turns.turn("a"):
        assert at_once(lambda: turns.step_back(lambda: pytest.fail("nothing to wait for")), 1) == [None]


def test_one_name_in_two_threads_has_two_turns():
    """As where the run before is not quite over when a visitor's next one begins."""
    turns = Turns(1, longest=60.0)

    def work():
        with turns.turn("a"):
            time.sleep(0.01)
        return "done"

    assert at_once(work, 10) == ["done"] * 10


def test_an_error_ends_a_turn():
    turns = Turns(1, longest=60.0)
    with pytest.raises(ValueError), turns.turn("a"):
        raise ValueError
    with turns.turn("b", lambda: pytest.fail("it is free")):
        pass


def test_a_clock_that_jumps_back_holds_up_nobody():
    now = [1000.0]
    turns = Turns(1, clock=lambda: now[0])
    with turns.turn("a"):
        now[0] = 0.0
        with turns.turn("b", lambda: pytest.fail("it is free")):
            pass


def test_who_waits_for_somebody_else_lets_others_work_meanwhile_and_goes_on_before_who_came_later():
    turns, order = Turns(1, longest=60.0), []
    threads = []

    def work(name):
        with turns.turn(name):
            order.append(name)

    def later(name):
        threads.append(threading.Thread(target=work, args=(name,), daemon=True))
        threads[-1].start()

    with turns.turn("a"):
        with turns.elsewhere():
            later("b")
            threads[0].join(30)
            assert order == ["b"]
        order.append("a")
        later("c")
        while not turns._waiting:
            time.sleep(0.001)
        assert order == ["b", "a"]
    threads[1].join(30)
    assert order == ["b", "a", "c"] and not turns._working


def test_elsewhere_without_a_turn_takes_none_and_an_exception_there_leaves_none():
    turns = Turns(1, longest=60.0)
    with turns.elsewhere():
        assert not turns._working
    assert not turns._working
    with pytest.raises(CalledOff), turns.turn("a"), turns.elsewhere():
        raise CalledOff
    assert not turns._working and not turns._waiting


def test_who_is_called_off_before_the_first_part_keeps_the_place_and_not_afterwards():
    now = [0.0]
    turns = Turns(1, longest=60.0, clock=lambda: now[0])
    with pytest.raises(CalledOff), turns.turn("a"):
        raise CalledOff
    assert turns._came == {"a": 0.0}
    now[0] = 1.0
    with pytest.raises(CalledOff), turns.turn("a"):
        turns.step_back()
        raise CalledOff
    assert not turns._came
