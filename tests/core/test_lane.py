"""One thread computes for all: in a good order, each item once, nothing unwanted, and nobody waits for ever."""

import contextlib
import itertools
import math
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.lane import FAIR, MOST_AHEAD, Lane, Stream, choose
from core.memo import Memo
from tests.core.test_memo import MANY, CalledOff, at_once


def counted(computed, items=6):
    """A stream that notes what was computed."""

    def make():
        for item in range(items):
            computed.append(item)
            yield item

    return make


def noting(order, name, items=3):
    """A stream that notes its name at each of its items."""

    def make():
        for item in range(items):
            order.append(name)
            yield item

    return make


@pytest.fixture
def by_hand():
    """A lane on which only tests take turns, and its clock, which stands still unless a test moves it."""
    now = [0.0]
    return Lane(Memo(100), lambda: now[0], threads=0), now


def begin(lane, now, key, make):
    """Ask for an answer at the next second; return the stream of who asked, which has waited for nothing yet."""
    now[0] += 1
    reading = lane.follow(key, make, look_up=leave)
    with contextlib.suppress(CalledOff):
        next(reading)
    return reading


def each_second(now, first=1.0):
    """A stream of twenty items, each a second of a clock after the one before; first: seconds that the first takes."""

    def make():
        for item in range(1, 21):
            now[0] += first if item == 1 else 1.0
            yield item

    return make


def leave():
    raise CalledOff


def wait_for(lane, key, make, share=None):
    """Wait for an answer without reading it; return its stream."""
    with lane._lock:
        return lane._joined(key, make, share)


class Visitor:
    """Asks for an answer in a thread of its own and takes what comes, until told to go."""

    def __init__(self, lane, key, make):
        self.found, self.gone, self.error = [], threading.Event(), None
        before = lane.waiting
        self.thread = threading.Thread(target=self.read, args=(lane, key, make), daemon=True)
        self.thread.start()
        wait_until(lambda: lane.waiting > before or key in lane._streams or not self.thread.is_alive())

    def read(self, lane, key, make):
        try:
            for item in lane.follow(key, make, look_up=self.look_up):
                self.found.append(item)
        except CalledOff:
            pass
        except Exception as error:
            self.error = error

    def look_up(self):
        if self.gone.is_set():
            raise CalledOff

    def go(self):
        self.gone.set()
        self.thread.join(30)
        assert not self.thread.is_alive()


def wait_until(so):
    deadline = time.monotonic() + 30
    while not so():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_first_figures_come_before_settled_ones_and_the_newest_place_before_older_ones(by_hand):
    lane, now = by_hand
    order, visitors = [], []
    for name in "abc":
        now[0] += 1
        visitors.append(Visitor(lane, name, noting(order, name)))
    lane._turn = FAIR  # turns that are not for who waited longest: FAIR + 1, + 2, + 3
    for _ in range(3):
        assert lane.take_turn()
    assert order == ["c", "b", "a"]
    now[0] += 1
    late = Visitor(lane, "d", noting(order, "d"))
    lane._turn = FAIR
    assert lane.take_turn() and lane.take_turn()
    assert order[3:] == ["d", "d"]  # its first item, and since it is the newest its second one as well
    for each in (*visitors, late):
        each.go()


def test_a_place_that_everybody_has_left_is_dropped(by_hand):
    lane, _ = by_hand
    computed = []
    visitor = Visitor(lane, "a", counted(computed))
    lane.take_turn()
    visitor.go()
    assert lane.waiting == 0
    assert not lane.take_turn()
    assert computed == [0] and not lane._streams


def test_what_may_be_asked_for_is_computed_while_nobody_waits_and_only_then(by_hand):
    lane, _ = by_hand
    order = []
    lane.offer("soon", noting(order, "soon"))
    lane.offer("sooner", noting(order, "sooner"))
    lane.take_turn()
    assert order == ["sooner"]
    visitor = Visitor(lane, "now", noting(order, "now"))
    for _ in range(4):
        lane.take_turn()
    visitor.thread.join(30)
    assert order == ["sooner", "now", "now", "now"]
    while lane.take_turn():
        pass
    assert order[4:] == ["sooner"] * 2 + ["soon"] * 3
    assert list(lane.follow("soon", noting(order, "again"))) == [2]


def test_who_asks_for_what_is_computed_ahead_reads_along(by_hand):
    lane, _ = by_hand
    computed = []
    lane.offer("a", counted(computed))
    lane.take_turn()
    visitor = Visitor(lane, "a", counted([]))
    while lane.take_turn():
        pass
    visitor.thread.join(30)
    assert visitor.found == computed == list(range(6))


def test_wishes_for_later_are_bounded_and_the_oldest_go(by_hand):
    lane, _ = by_hand
    for number in range(MOST_AHEAD + 5):
        lane.offer(number, lambda: [1])
    while lane.take_turn():
        pass
    assert [number in lane.memo for number in range(7)] == [False] * 5 + [True] * 2


def test_who_moves_on_while_waiting_is_let_go_at_once(by_hand):
    lane, now = by_hand
    reading = begin(lane, now, "a", counted([]))
    assert lane.waiting == 0
    with pytest.raises(StopIteration):
        next(reading)


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=12),
    st.integers(1, 10_000),
)
def test_the_order_is_the_one_that_is_stated(waiting, turn):
    streams = [Stream(None, list, asked, served, None, [1] * begun) for begun, asked, served in waiting]
    chosen = choose(streams, turn)
    if turn % FAIR == 0:
        assert chosen.served == min(served for _, _, served in waiting)
    else:
        new = [asked for begun, asked, _ in waiting if not begun]
        assert bool(chosen.items) == (not new)
        assert chosen.asked == max(new or [asked for _, asked, _ in waiting])
    assert choose([], turn) is None


@settings(max_examples=30)
@given(st.integers(1, 20), st.integers(0, 3), st.lists(st.booleans(), min_size=300, max_size=300))
def test_nobody_starves_however_many_come_after_them(patient, offset, arrivals):
    """Of those who stay, each has a turn within FAIR turns for everybody who is there."""
    streams = [Stream(number, list, 0.0, float(number), None, [1]) for number in range(patient)]
    last = dict.fromkeys(range(patient), 0)
    crowd = patient
    for turn, comes in enumerate(arrivals, 1):
        if comes and crowd < 30:
            streams.append(Stream(crowd, list, float(turn), patient + float(turn), None))
            crowd += 1
        chosen = choose(streams, turn + offset)
        chosen.served = patient + float(turn)
        chosen.items.append(1)
        if chosen.key in last:
            last[chosen.key] = turn
        elif len(chosen.items) > 3:
            streams.remove(chosen)
        assert all(turn - when <= FAIR * (crowd + 1) for when in last.values())


def test_fifty_who_ask_at_once_cost_one_computation():
    lane, computed = Lane(Memo(2)), []
    found = at_once(lambda: list(lane.follow("a", slowly(computed))), 50)
    assert all(each[-1] == 5 for each in found)
    assert computed == list(range(6))
    assert list(lane.follow("a", counted(computed))) == [5]
    assert len(computed) == 6
    lane.close()


def slowly(computed):
    """The same stream, which takes its time, so that all come before it ends."""

    def make():
        for item in counted(computed)():
            time.sleep(0.1)
            yield item

    return make


def test_who_leaves_does_not_disturb_the_others():
    lane, computed, turns = Lane(Memo(2)), [], itertools.count()

    def read():
        reading = lane.follow("a", slowly(computed))
        if next(turns) % 2:
            return list(reading)
        with contextlib.closing(reading):
            return next(reading)

    found = at_once(read)
    assert found.count(0) == MANY // 2
    assert found.count(list(range(6))) == MANY // 2
    assert computed == list(range(6))
    lane.close()


def test_when_all_leave_the_source_is_closed_and_the_next_begins_anew(by_hand):
    lane, _ = by_hand
    computed, closed = [], []

    def make():
        try:
            yield from counted(computed)()
        finally:
            closed.append(True)

    for _ in range(2):
        visitor = Visitor(lane, "a", make)
        lane.take_turn()
        visitor.go()
    assert computed == [0, 0]
    assert closed == [True, True]
    assert "a" not in lane.memo


def test_an_error_reaches_all_who_read_and_is_not_kept_and_the_lane_goes_on():
    lane = Lane(Memo(2))

    def make():
        yield 0
        time.sleep(0.2)
        raise ValueError("it cannot be")

    found = at_once(lambda: list(lane.follow("a", make)))
    assert [str(each) for each in found] == ["it cannot be"] * MANY
    assert list(lane.follow("a", lambda: [7])) == [7]
    lane.close()


@pytest.mark.parametrize("items", [(), (None,)])
def test_a_stream_may_hold_nothing(items):
    lane = Lane(Memo(2))
    for _ in range(2):
        assert tuple(lane.follow("a", lambda: items)) == items
    assert not lane._streams
    lane.close()


def test_what_is_too_large_to_be_stored_is_answered_all_the_same():
    lane = Lane(Memo(100, len))
    assert len(list(lane.follow("e", lambda: [b"", b"x" * 101]))) == 2
    assert "e" not in lane.memo
    lane.close()


def test_a_closed_lane_has_no_thread_left():
    lane = Lane(Memo(2))
    list(lane.follow("a", lambda: [1]))
    (thread,) = lane._threads
    assert thread.is_alive()
    lane.close()
    assert not thread.is_alive()


def test_a_clock_that_jumps_back_changes_the_order_and_nothing_else(by_hand):
    lane, now = by_hand
    order = []
    now[0] = 1_000_000.0
    early = Visitor(lane, "a", noting(order, "a"))
    now[0] = -5.0
    late = Visitor(lane, "b", noting(order, "b"))
    while lane.take_turn():
        pass
    for each in (early, late):
        each.thread.join(30)
        assert each.found == [0, 1, 2]
    assert sorted(order) == ["a"] * 3 + ["b"] * 3


def test_two_threads_compute_two_answers_at_once_and_no_answer_twice():
    together, lane = threading.Barrier(2, timeout=30), Lane(Memo(100), threads=2)

    def meeting():
        together.wait()  # neither goes on before the other one is there
        yield "met"

    both = [Visitor(lane, name, meeting) for name in "ab"]
    for each in both:
        each.thread.join(30)
        assert each.found == ["met"]

    computing, computed = [], []

    def careful(name):
        def make():
            for item in range(20):
                assert name not in computing
                computing.append(name)
                time.sleep(0.0005)
                computing.remove(name)
                computed.append((name, item))
                yield item

        return make

    many = [Visitor(lane, f"{number % 5}", careful(f"{number % 5}")) for number in range(20)]
    for each in many:
        each.thread.join(60)
        assert each.error is None and each.found[-1] == 19
    assert all(computed.count((name, item)) >= 1 for name in "01234" for item in range(20))
    lane.close()
    assert not lane._threads


def test_a_turn_goes_on_with_small_items_but_lets_first_ones_come_first():
    now = [0.0]
    lane = Lane(Memo(100), lambda: now[0], threads=0, at_once=1.0)
    took = []

    def make():
        for item in range(6):
            now[0] += 0.4
            took.append(item)
            yield item

    visitor = Visitor(lane, "a", make)
    assert lane.take_turn() and took == [0]  # whoever waits for a first figure may be next
    assert lane.take_turn() and took == [0, 1, 2, 3]  # a second's worth
    visitor.go()


def test_what_computes_is_told_how_many_wait():
    told = []
    lane = Lane(Memo(100), threads=0, prepare=told.append)
    visitors = [Visitor(lane, name, lambda: [1, 2]) for name in "ab"]
    lane.take_turn()
    for each in visitors:
        each.go()
    assert told == [2]


def test_what_is_done_soonest_is_done_first_and_of_the_rest_the_newest(by_hand):
    lane, now = by_hand
    order = []

    def lasting(name, seconds, items):
        def make():
            for item in range(1, items + 1):
                now[0] += seconds
                order.append(name)
                yield item / items

        return make

    for name, seconds, share in (
        ("long", 4.0, lambda item: item),
        ("short", 1.0, lambda item: item),
        ("new", 9.0, None),
    ):
        wait_for(lane, name, lasting(name, seconds, 3), share)
        now[0] += 1
    for _ in range(7):  # one of them finds that "new" is over
        lane.take_turn()
    assert order == ["new", "short", "long", "new", "new", "short"]  # nobody knows how long "new" takes


@given(st.floats(0.01, 100.0), st.floats(0.01, 1.0))
def test_what_is_left_follows_from_what_was_taken(seconds, share):
    now = [0.0]
    lane = Lane(Memo(100), lambda: now[0], threads=0)

    def make():
        now[0] += seconds
        yield share
        yield 1.0

    stream = wait_for(lane, "a", make, lambda item: item)
    lane.take_turn()
    assert stream.left == pytest.approx(seconds / share - seconds)


def test_who_has_patience_is_told_what_there_is_and_then_more_and_more_rarely(monkeypatch):
    """Items come each second of a clock of its own; they are passed on at 4, 6, 9 and 13.5 seconds, and at the end."""
    monkeypatch.setattr("core.lane.LOOK_UP", 0.001)
    now = [0.0]
    lane = Lane(Memo(100), lambda: now[0], threads=0)

    make = each_second(now)
    assert list(lane.follow("a", make, lane.take_turn, patience=4.0)) == [4, 6, 9, 14, 20]
    assert list(lane.follow("b", make, lane.take_turn, patience=math.inf)) == [20]
    assert list(lane.follow("b", make, lane.take_turn, patience=4.0)) == [20]


def test_a_thread_that_is_held_up_leaves_first_items_to_another_and_rests_wait_for_neither():
    held, lane = threading.Event(), Lane(Memo(100), threads=2)

    def long():
        held.wait(30)
        yield "late"

    def quick():
        yield "first"
        yield "last"

    late = Visitor(lane, "long", long)
    early = Visitor(lane, "quick", quick)
    early.thread.join(30)
    assert early.found == ["first", "last"] and not late.found
    held.set()
    late.thread.join(30)
    assert late.found == ["late"]
    lane.close()


def test_while_pages_wait_rests_are_computed_patiently_alone():
    """The prompt thread takes first items only, and nothing ahead; the patient one goes on with the rest."""
    pressed = [True]
    lane = Lane(Memo(100), threads=2, pressed=lambda: pressed[0])
    lane._begin = lambda: None  # this test takes the turns
    streams = [wait_for(lane, name, lambda: [1, 2, 3]) for name in "ab"]
    assert lane.take_turn() and lane.take_turn() and not lane.take_turn()
    assert [each.items for each in streams] == [[1], [1]]
    assert lane.take_turn(patient=True)
    assert sorted(len(each.items) for each in streams) == [1, 2]
    pressed[0] = False
    assert lane.take_turn()


def test_what_one_alone_waits_for_is_not_computed_by_two_threads_in_turn():
    lane = Lane(Memo(100), threads=2)
    lane._begin = lambda: None
    wait_for(lane, "a", lambda: [1, 2, 3])
    assert lane.take_turn() and not lane.take_turn(patient=True) and lane.take_turn()


def test_whoever_comes_after_a_pair_is_served_as_well():
    """The thread that leaves first figures to another never stays behind alone."""
    lane = Lane(Memo(1_000), threads=2)

    def make():
        for item in range(3):
            time.sleep(0.001)
            yield item

    for pair in range(20):
        for names in (("a", "b"), ("alone",)):
            visitors = [Visitor(lane, f"{name} {pair}", make) for name in names]
            for each in visitors:
                each.thread.join(30)
                assert each.found[-1:] == [2]
    lane.close()


def test_whoever_is_alone_has_the_rest_even_while_pages_wait():
    lane = Lane(Memo(100), threads=2, pressed=lambda: True)
    visitor = Visitor(lane, "a", lambda: [1, 2, 3])
    visitor.thread.join(30)
    assert visitor.found == [1, 2, 3]
    lane.close()


def test_what_is_computed_ahead_holds_up_nobody_for_long():
    held, begun, lane = threading.Event(), threading.Event(), Lane(Memo(100), threads=2)

    def long():
        begun.set()
        held.wait(30)
        yield "ahead"

    lane.offer("long", long)
    assert begun.wait(30)
    visitor = Visitor(lane, "a", lambda: [1, 2])
    visitor.thread.join(30)
    assert visitor.found == [1, 2] and not held.is_set()
    held.set()
    lane.close()


def test_whoever_waited_long_for_the_first_item_is_not_told_of_each_further_one(monkeypatch):
    monkeypatch.setattr("core.lane.LOOK_UP", 0.001)
    now = [0.0]
    lane = Lane(Memo(100), lambda: now[0], threads=0)
    assert list(lane.follow("a", each_second(now, first=10.0), lane.take_turn, patience=1.0)) == [1, 6, 14, 20]
