"""Scores of all that plans may remove, as all visitors share them."""

import contextlib
from collections.abc import Callable

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.language import text
from core.memo import Memo
from core.memory import bytes_in_memory
from core.pruning import PruningPlan, Ranking, rank
from core.tasks import Task
from pages.shared.words import Later

JUDGING = Later(text("Judging what is important ..."))

RANKINGS = 400_000_000
"""Bytes of scores that are kept; those of a network that ships take one to eighty million."""


@st.cache_resource(show_spinner=False)
def rankings() -> Memo:
    """Return the scores by network and way: a class may look at thirty of them."""
    return Memo(RANKINGS, bytes_in_memory)


def ranking_of(name: str, scoring: PruningPlan, load: Callable[[str], Task]) -> Ranking:
    """Score and sort all that a plan may remove, once for all visitors.

    load: a network's name -> the network.
    """
    key = name, scoring
    found: Ranking | None = rankings().peek(key)
    if found is None:
        with st.spinner(str(JUDGING)) if get_script_run_ctx(suppress_warning=True) else contextlib.nullcontext():
            found = rankings().get(key, lambda: rank(load(name), scoring))
    return found
