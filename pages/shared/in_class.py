"""Whether this visit is in a class, for pages that are not about classes."""

import streamlit as st

from core.classroom import LEARNER, find_member, read_status
from core.store import StoreUnavailable
from pages.shared import visit
from pages.shared.storage import store
from pages.shared.words import t

PLACE = "class"
"""Under this name the visit keeps the code of the class that it is in."""


def competes() -> bool:
    """Whether this visit is a learner in a class that has a challenge just now, which hides test data."""
    try:
        code = visit.kept(PLACE)
        status = read_status(store(), code) if isinstance(code, str) else None
        if status is None or status.activity != "challenge":
            return False
        me = find_member(store(), status.code, visit.visit_key())
    except StoreUnavailable:
        return False
    return me is not None and me.role == LEARNER


def say_why_hidden() -> None:
    """Say in the place of what would tell figures of test data that these are hidden."""
    st.caption(t("Not during a challenge: it would tell figures of the test pictures, by which your class is scored."))
