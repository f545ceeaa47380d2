"""What all visitors share is computed once, however many ask for it at once, and whoever of them leaves."""

import contextlib
import itertools
import threading
import time

import pytest

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
    assert len(list(memo.stream("e", lambda: [b"", b"x" * 101]))) == 2
    assert [memo.peek(key) is None for key in "bde"] == [False, True, True]


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
    at_once(lambda: list(memo.stream("b", lambda: range(3))))
    next(memo.stream("c", lambda: range(3)))
    with contextlib.suppress(ZeroDivisionError):
        list(memo.stream("d", lambda: (1 / each for each in (1, 0))))
    assert not memo._computing and not memo._streams


def counted(computed, items=6):
    """A stream that notes what was computed."""

    def make():
        for item in range(items):
            computed.append(item)
            yield item

    return make


def joined(memo, make, count=MANY):
    """The same stream, which begins once so many read it."""

    def patient():
        deadline = time.monotonic() + 30
        while memo._streams["a"].readers < count and not memo._streams["a"].items:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        yield from make()

    return patient


def test_many_who_read_a_stream_get_all_of_it_and_each_item_is_computed_once():
    memo, computed = Memo(2), []
    make = joined(memo, counted(computed))
    found = at_once(lambda: list(memo.stream("a", make)))
    assert found == [list(range(6))] * MANY
    assert computed == list(range(6))
    assert list(memo.stream("a", counted(computed))) == [5] == computed[-1:]
    assert memo.peek("a") == 5


def test_who_joins_later_gets_what_came_before_without_waiting():
    memo, computed = Memo(2), []
    first = memo.stream("a", counted(computed))
    assert [next(first), next(first)] == [0, 1]
    second = memo.stream("a", counted(computed))
    assert [next(second), next(second)] == [0, 1]
    assert computed == [0, 1]
    assert list(second) == [2, 3, 4, 5]
    assert list(first) == [2, 3, 4, 5]  # it was computed meanwhile
    assert computed == list(range(6))


def test_who_waits_for_a_slow_item_does_not_hold_up_who_needs_an_earlier_one():
    memo, go_on, begun = Memo(2), threading.Event(), threading.Event()

    def make():
        yield 0
        begun.set()
        go_on.wait(30)
        yield 1

    late = memo.stream("a", make)
    with contextlib.closing(memo.stream("a", make)) as early:
        next(early)
        waiting = threading.Thread(target=lambda: list(memo.stream("a", make)), daemon=True)
        waiting.start()
        assert begun.wait(30)
        assert at_once(lambda: next(late), 1) == [0]
    go_on.set()
    waiting.join(30)
    assert memo.peek("a") == 1


def test_who_leaves_in_the_middle_does_not_disturb_the_others():
    memo, computed, turns = Memo(2), [], itertools.count()
    make = joined(memo, counted(computed))

    def read():
        stream = memo.stream("a", make)
        if next(turns) % 2:
            return list(stream)
        with contextlib.closing(stream):
            return next(stream)

    found = at_once(read)
    assert found.count(0) == MANY // 2
    assert found.count(list(range(6))) == MANY // 2
    assert computed == list(range(6))


def test_when_all_leave_the_stream_is_closed_and_the_next_begins_anew():
    memo, computed, closed = Memo(2), [], []

    def make():
        try:
            yield from counted(computed)()
        finally:
            closed.append(True)

    for _ in range(2):
        with contextlib.closing(memo.stream("a", make)) as stream:
            next(stream)
    assert computed == [0, 0]
    assert closed == [True, True]
    assert memo.peek("a") is None


def test_when_a_reader_is_called_off_while_it_computes_the_others_go_on():
    memo, computed, calls = Memo(2), [], itertools.count()

    def make():
        call = next(calls)
        for item in range(6):
            if item == 3 and call < 2:
                raise CalledOff
            computed.append(item)
            yield item

    found = at_once(lambda: list(memo.stream("a", joined(memo, make))))
    assert sum(isinstance(each, CalledOff) for each in found) == 2
    assert found.count(list(range(6))) == MANY - 2  # each item once, in order
    assert memo.peek("a") == 5
    assert not memo._streams


def test_an_error_in_a_stream_reaches_all_who_read_it_and_is_not_kept():
    memo, made = Memo(2), []

    def make():
        made.append(1)
        yield 0
        time.sleep(0.2)
        raise ValueError("it cannot be")

    found = at_once(lambda: list(memo.stream("a", make)))
    assert [str(each) for each in found] == ["it cannot be"] * MANY
    assert len(made) < MANY
    assert list(memo.stream("a", lambda: [7])) == [7]


@pytest.mark.parametrize("items", [(), (None,)])
def test_a_stream_may_hold_nothing(items):
    memo = Memo(2)
    for _ in range(2):
        assert tuple(memo.stream("a", lambda: items)) == items
    assert not memo._streams
