"""The way into a class: learners type its code and a nickname, a teacher opens one."""

import streamlit as st

from core.classroom import ClassOver, join_class, open_class, read_code, read_status
from pages.parts.classroom import state
from pages.shared import link, visit
from pages.shared.errors import show_errors
from pages.shared.storage import store
from pages.shared.words import t


def show_entrance() -> None:
    """Offer to join a class, and to open one."""
    learn, teach = st.columns([3, 2], gap="large")
    with learn:
        _offer_to_join()
    with teach:
        _offer_to_open()


def _offer_to_join() -> None:
    st.markdown(f"## {t('You learn: join a class')}")
    wanted = link.requested("class") or ""
    if wanted:
        st.session_state.setdefault("class code", wanted[:20])
    with st.form("join", border=True):
        code = st.text_input(
            t("Code of the class"),
            key="class code",
            placeholder=t("such as {code}", code="K7M2QX"),
            autocomplete="off",
            help=t("Six letters and digits; your teacher's screen shows them."),
        )
        nickname = st.text_input(
            t("Nickname"),
            key="nickname",
            autocomplete="off",
            help=t("1 to 30 characters. The class sees it; it goes with the class, after 30 days at the latest."),
        )
        if st.form_submit_button(t("Join"), type="primary"):
            with show_errors():
                _join(code or "", nickname or "")
                st.rerun()


def _join(typed: str, nickname: str) -> None:
    """Join a class. Raises what `join_class` raises, BadInput for what is no code, and TooManyTries."""
    key = visit.visit_key()
    state.WRONG_CODES.check(store(), key)
    code = read_code(typed)
    if read_status(store(), code) is None:
        state.WRONG_CODES.note(store(), key)
        raise ClassOver
    join_class(store(), code, nickname, key)
    state.enter(code)


def _offer_to_open() -> None:
    st.markdown(f"## {t('You teach: open a class')}")
    with st.container(border=True):
        st.markdown(
            t(
                "You get a code for your learners and drive what they see: lessons in which all guess first, "
                "challenges, a quiz before and after. Nicknames are all that is kept of people."
            )
        )
        if st.button(t("Open a class"), icon=":material/groups:"):
            with show_errors():
                key = visit.visit_key()
                state.OPENINGS.check(store(), key)
                state.OPENINGS.note(store(), key)
                state.enter(open_class(store(), key))
                st.rerun()
