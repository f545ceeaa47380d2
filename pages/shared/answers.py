"""Answers that all visitors share: in memory, kept from earlier servers, or computed now, one after the other."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import streamlit as st

from core.answers import Lasting
from core.cores import share_cores
from core.keys import Key
from core.lane import Lane
from core.memo import Memo
from core.memory import bytes_in_memory
from core.tasks.assets import Assets
from pages.shared.storage import store
from pages.shared.workers import look_up, turns, while_others_compute

THREADS = 2
"""Threads of the lane while several wait: one for first figures, one that settles them with what others leave."""

AT_ONCE = 0.02
"""Seconds for which the lane goes on with one answer before it looks who else waits."""

END = object()
"""What comes after the last answer."""

ANSWERS = 200_000_000
"""Bytes of answers that are kept for whoever asks next; one step of the slider takes some thousands."""


@st.cache_resource(show_spinner=False)
def memo() -> Memo:
    """Return the answers that somebody already asked for."""
    return Memo(ANSWERS, bytes_in_memory)


@st.cache_resource(show_spinner=False)
def lasting() -> Lasting:
    """Return the answers that ship or that an earlier server has found."""
    return Lasting(store(), Assets.open())


@st.cache_resource(show_spinner=False, validate=lambda lane: lane.memo is memo())
def lane() -> Lane:
    """Return the one lane in which networks are judged, whoever looks at them."""
    return Lane(memo(), threads=THREADS, at_once=AT_ONCE, prepare=share_cores, pressed=lambda: turns().crowded)


def known(key: Key) -> Any:
    """Return an answer that somebody had found before, on this server or an earlier one; None if nobody had."""
    found = memo().peek(key)
    if found is None and (found := lasting().find(key)) is not None:
        memo().put(key, found)
    return found


def keep(key: Key, answer: Any) -> None:
    """Keep an answer for whoever asks next, and for later servers."""
    memo().put(key, answer)
    lasting().keep(key, answer)


def follow(
    key: Key, make: Callable[[], Iterable[Any]], patience: float, share: Callable[[Any], float]
) -> Iterator[Any]:
    """Yield ever better answers as the lane finds them; who moves on waits no longer, and holds up nobody.

    patience: seconds after which what there is comes before the last answer; the longer it takes, the rarer.
    share: (answer) -> the share of the work that is done with it, 0 to 1.
    """
    with contextlib.closing(lane().follow(key, make, look_up, patience, share)) as steps:
        while True:
            with while_others_compute():
                found = next(steps, END)
            if found is END:
                return
            yield found
