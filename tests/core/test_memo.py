"""What all visitors share is computed once, however many ask for it at once, and whoever of them leaves."""

import itertools
import threading
import time

from core.memo import Memo

MANY = 40


class CalledOff(BaseException):
    """As Streamlit ends a run: no ordinary exception."""


def at_once(work, count=MANY):
    """Let many threads begin the same work together; return what each got, or the exception that it met."""
    barrier, found = threading.Barrier(count), [None] * count

    def run(place):
        barrier.wait(30)
        try:
            found[place] = work()
        except BaseException as error:
            found[place] = error

    threads = [threading.Thread(target=run, args=(place,), daemon=True) for place in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive(), "a thread waits for ever"
    return found


def test_many_who_ask_for_the_same_cost_one_computation_and_the_oldest_is_forgotten():
    memo, computed = Memo(2), []

    def slowly(key):
        computed.append(key)
        time.sleep(0.05)
        return key

    for key in ("a", "a", "b", "a", "c"):
        assert at_once(lambda key=key: memo.get(key, lambda: slowly(key))) == [key] * MANY
    assert computed == ["a", "b", "c"]
    assert memo.peek("b") is None
    assert memo.peek("a") == "a"


def test_what_is_stored_stays_within_its_bytes_and_what_is_larger_is_answered_all_the_same():
    memo = Memo(100, len)
    for key in "abc":
        memo.get(key, lambda: b"x" * 40)
    assert [memo.peek(key) is None for key in "abc"] == [True, False, False]
    memo.put("b", b"x" * 90)
    assert [memo.peek(key) is None for key in "abc"] == [True, False, True]
    assert len(memo.get("d", lambda: b"x" * 101)) == 101
    assert [memo.peek(key) is None for key in "bd"] == [False, True]


def test_nothing_is_an_answer_too():
    memo, computed = Memo(2), []
    for _ in range(3):
        assert memo.get("a", lambda: computed.append(1)) is None
    assert computed == [1]


def test_different_keys_do_not_wait_for_each_other():
    memo, both = Memo(4), threading.Barrier(2)
    keys = iter("ab")
    lock = threading.Lock()

    def ask():
        with lock:
            key = next(keys)
        return memo.get(key, lambda: both.wait(30) >= 0)

    assert at_once(ask, 2) == [True, True]


def test_an_error_reaches_all_who_wait_and_is_not_kept():
    memo, computed = Memo(2), []

    def fails():
        computed.append(1)
        time.sleep(0.2)
        raise ValueError("it cannot be")

    found = at_once(lambda: memo.get("a", fails))
    assert [str(each) for each in found] == ["it cannot be"] * MANY
    assert len(computed) < MANY  # those who came while it was computed did not begin again
    assert memo.get("a", lambda: 1) == 1


def test_when_the_one_who_computes_is_called_off_another_takes_over():
    memo, turns = Memo(2), itertools.count()

    def compute():
        time.sleep(0.05)
        if next(turns) < 3:
            raise CalledOff
        return "found"

    found = at_once(lambda: memo.get("a", compute))
    assert sum(isinstance(each, CalledOff) for each in found) == 3
    assert found.count("found") == MANY - 3
    assert next(turns) == 4


def test_a_computation_that_asks_for_itself_does_not_wait_for_itself():
    memo, depth = Memo(2), itertools.count()

    def compute():
        return "deep" if next(depth) == 2 else memo.get("a", compute)

    assert at_once(lambda: memo.get("a", compute), 1) == ["deep"]


def test_nothing_is_left_of_what_was_computed_but_the_answers():
    memo = Memo(3)
    at_once(lambda: memo.get("a", lambda: 1))
    assert not memo._computing
