"""So many at once, in the order in which they came; who takes long holds up nobody, who leaves is forgotten."""

import threading
import time

import pytest

from core.turns import Turns
from tests.core.test_memo import CalledOff, at_once


def test_no_more_than_so_many_work_at_once_and_all_come_to_their_turn():
    turns, working, most = Turns(2, longest=60.0), [], []

    def work():
        with turns.turn():
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
        with turns.turn():
            order.append(name)

    with turns.turn():
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

    with turns.turn(), turns.turn(wait_on):
        assert now[0] >= 0.5
    assert not turns._working


def test_who_moves_on_while_waiting_is_forgotten():
    turns = Turns(1, longest=60.0)

    def leave():
        raise CalledOff

    with turns.turn():
        with pytest.raises(CalledOff), turns.turn(leave):
            pass
        assert not turns._waiting
    with turns.turn(leave):
        pass


def test_an_error_ends_a_turn():
    turns = Turns(1, longest=60.0)
    with pytest.raises(ValueError), turns.turn():
        raise ValueError
    with turns.turn(lambda: pytest.fail("it is free")):
        pass


def test_a_clock_that_jumps_back_holds_up_nobody():
    now = [1000.0]
    turns = Turns(1, clock=lambda: now[0])
    with turns.turn():
        now[0] = 0.0
        with turns.turn(lambda: pytest.fail("it is free")):
            pass
