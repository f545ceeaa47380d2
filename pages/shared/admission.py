"""The door of a server with a limit: who does not find room waits in a line that they see, and comes in by themselves.

PLAYGROUND_VISITORS says how many may be in at once, PLAYGROUND_MEMORY the megabytes from which on nobody new comes in;
without them everybody comes in.
"""

import os
from pathlib import Path

import streamlit as st

from core.admission import Line
from pages.shared import visit
from pages.shared.words import t

AGAIN = 3.0
"""Seconds between two looks at the line."""


@st.cache_resource(show_spinner=False)
def line() -> Line:
    """Return the line of this server."""
    return Line(_number("PLAYGROUND_VISITORS"), _is_here, _has_room)


def enter() -> None:
    """Go on if there is room for this visit; else show where it stands in the line, and end the run."""
    if not os.environ.get("PLAYGROUND_VISITORS") and not os.environ.get("PLAYGROUND_MEMORY"):
        return
    if line().ask(visit.visit_key()).number:
        st.fragment(_wait, run_every=AGAIN)()
        st.stop()


def _wait() -> None:
    place = line().ask(visit.visit_key())
    if not place.number:
        st.rerun()
    st.title(t("This server is full just now"), anchor=False)
    st.metric(
        t("Your place in the line"),
        place.number,
        t("of {count} who wait", count=place.of),
        delta_color="off",
        delta_arrow="off",
    )
    st.write(
        t("You come in by yourself as soon as somebody leaves; keep this page open. Nothing that you had is lost.")
    )


def _is_here(key: str) -> bool:
    return key in visit.connected()


def _has_room() -> bool:
    limit = _number("PLAYGROUND_MEMORY")
    return not limit or memory_in_use() < limit * 1_000_000


def memory_in_use() -> int:
    """Return the bytes that this process holds in memory; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _number(name: str) -> int:
    """Read a limit; what is no number is no limit, since a slip in a setting must not close the door."""
    given = os.environ.get(name, "")
    return int(given) if given.isdecimal() else 0
