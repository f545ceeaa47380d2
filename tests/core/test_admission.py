"""Nobody is sent out, nobody overtakes, and whoever leaves makes room."""

from hypothesis import given, settings
from hypothesis import strategies as st

from core.admission import Line, Place


def a_line(limit, **how):
    """A line, those whose browser is open, and its clock."""
    open_, now = set(), [0.0]
    return Line(limit, open_.__contains__, clock=lambda: now[0], **how), open_, now


def test_without_a_limit_everybody_comes_in():
    line, _, _ = a_line(0)
    assert [line.ask(str(number)).number for number in range(100)] == [0] * 100


def test_who_comes_later_waits_and_sees_where():
    line, open_, _ = a_line(2)
    open_ |= set("abcd")
    assert [line.ask(each) for each in "abcd"] == [Place(0, 0), Place(0, 0), Place(1, 1), Place(2, 2)]
    assert line.ask("d") == Place(2, 2) and line.ask("c") == Place(1, 2)
    assert line.ask("a") == Place(0, 2)
    assert line.waiting == 2


def test_whoever_leaves_makes_room_for_the_first_in_line_and_not_for_the_second():
    line, open_, _ = a_line(1)
    open_ |= set("abc")
    for each in "abc":
        line.ask(each)
    open_.remove("a")
    assert line.ask("c") == Place(1, 1)
    assert line.ask("b") == Place(0, 1)


def test_a_visitor_with_twenty_tabs_is_one():
    line, open_, _ = a_line(2)
    open_ |= set("ab")
    assert [line.ask("a").number for _ in range(20)] == [0] * 20
    assert line.ask("b").number == 0


def test_who_waits_and_does_not_ask_again_has_left():
    line, open_, now = a_line(1)
    open_ |= set("abc")
    for each in "abc":
        line.ask(each)
    now[0] = 10.0
    line.ask("c")
    now[0] = 20.0
    assert line.ask("c") == Place(1, 1)


def test_a_clock_that_jumps_back_sends_nobody_away():
    line, open_, now = a_line(1)
    open_ |= set("ab")
    now[0] = 1e6
    line.ask("a"), line.ask("b")
    now[0] = 0.0
    assert line.ask("a").number == 0 and line.ask("b").number == 1


def test_a_server_without_room_lets_nobody_in_and_sends_nobody_out():
    room = [True]
    line, open_, _ = a_line(0, room=lambda: room[0])
    open_ |= set("ab")
    assert line.ask("a").number == 0
    room[0] = False
    assert line.ask("b").number == 1 and line.ask("a").number == 0
    room[0] = True
    assert line.ask("b").number == 0


@settings(max_examples=100)
@given(st.integers(1, 4), st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=60))
def test_whatever_comes_and_goes_the_limit_holds_and_the_order_stays(limit, events):
    """Against a plain list: who is in stays in until they leave, and who waits comes in by order."""
    line, open_, _ = a_line(limit, patience=1e9)
    inside, waiting = [], []
    for who, comes in events:
        if not comes:
            open_.discard(who)
            continue
        open_.add(who)
        if who not in inside and who not in waiting:
            waiting.append(who)
        if who not in inside:
            inside = [each for each in inside if each in open_]
            while waiting and len(inside) < limit:
                inside.append(waiting.pop(0))
        place = line.ask(who)
        assert place.number == (0 if who in inside else waiting.index(who) + 1)
        assert place.of == len(waiting)
        assert len(line._inside) <= limit
