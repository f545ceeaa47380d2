"""What a teacher needs beside the lesson: the code with its picture, who is here, own link, tables, the end."""

import streamlit as st

from core.classroom import (
    Member,
    Status,
    delete_class,
    guesses_as_csv,
    list_guesses,
    list_learners,
    list_quizzes,
    list_submissions,
    opens_class,
    quizzes_as_csv,
    read_status,
    remove_learner,
    scores_as_csv,
    teacher_key,
)
from core.lessons import read_quiz
from core.store import StoreUnavailable
from pages.parts.classroom import state
from pages.parts.classroom.state import Inside
from pages.parts.learn.shelf import read_lessons
from pages.shared import visit
from pages.shared.in_class import PLACE
from pages.shared.qr_code import draw_qr_code, is_of_this_machine
from pages.shared.storage import store
from pages.shared.words import language, t, t_of

REMOVING = "class removing"
"""Under this name a session keeps which learner the teacher has been asked about."""

MOST_ROWS, ROOM = 8, 320
"""Learners that are listed as they are; and the pixels within which more of them are scrolled."""


def show_invitation(inside: Inside) -> None:
    """Draw how learners join, who has, and what is the teacher's alone."""
    code, here = inside.code, st.context.url
    st.metric(t("Code of the class"), code, border=True)
    if here:
        draw_qr_code(f"{here}?class={code}", t("Code to join class {code}: {address}", code=code, address=here))
        st.caption(t("Scan it, or open {address} and type the code.", address=f"`{here}`"))
        if is_of_this_machine(here):
            st.warning(
                t("This address works on this computer only. For a class, open the app by the computer's own address.")
            )
    st.fragment(_show_learners, run_every=2.0)(inside.status)
    with st.popover(t("Yours alone"), icon=":material/key:", width="stretch"):
        _show_own_link(code, here)
        _offer_tables(code)
    with st.popover(t("Leave or end"), icon=":material/logout:", width="stretch"):
        st.button(t("Leave"), on_click=state.leave, key="leave", help=t("The class stays; your link leads back."))
        st.markdown(t("All that is in the class goes for good: nicknames, guesses, scores and answers."))
        sure = st.checkbox(t("Yes, all of it"), key="sure to delete")
        st.button(t("Delete this class"), disabled=not sure, on_click=_delete, args=(code,), key="delete class")


def _delete(code: str) -> None:
    with state.noting_problem():
        delete_class(store(), code)
        st.toast(t("The class is deleted, with all that was in it."))
        visit.change_kept(PLACE, lambda _: None)


def _show_learners(drawn: Status) -> None:
    try:
        now = read_status(store(), drawn.code)
    except StoreUnavailable:
        return
    if now is None:
        return  # the other half of the page says so
    learners = state.learners_of(now)
    here = sum(each.here for each in learners)
    st.markdown(f"**{t_of('{count} learner here', '{count} learners here', here)}**")
    with st.container(height=ROOM if len(learners) > MOST_ROWS else "content", border=False, gap="xsmall"):
        for each in sorted(learners, key=lambda each: (not each.here, -each.id)):  # who has just joined is on top
            _show_learner(now.code, each)


def _show_learner(code: str, learner: Member) -> None:
    """Draw a nickname with the way to remove it, which is asked about first."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        # As plain text, whatever people call themselves.
        name = learner.name if learner.here else t("{name} (has left)", name=learner.name)
        st.text(name, width="stretch")
        asked = st.session_state.get(REMOVING) == (code, learner.id)
        if not asked:
            st.button(
                t("Remove"),
                type="tertiary",
                key=f"remove {learner.id}",
                help=t("Takes this learner out of the class."),
                on_click=_ask_about,
                args=((code, learner.id),),
            )
    if asked:
        st.caption(t("All that this learner guessed, submitted and answered goes for good."))
        with st.container(horizontal=True, gap="small"):
            if st.button(t("Yes, remove"), type="primary", key=f"really remove {learner.id}"):
                _ask_about(None)
                with state.noting_problem():
                    remove_learner(store(), code, learner.id)
                st.rerun()
            st.button(t("Keep in the class"), key=f"keep {learner.id}", on_click=_ask_about, args=(None,))


def _ask_about(learner: tuple[str, int] | None) -> None:
    st.session_state[REMOVING] = learner


def _show_own_link(code: str, here: str | None) -> None:
    key = teacher_key(visit.visit_key(), code)
    if here and opens_class(store(), code, key):
        st.markdown(t("**Your own link.** Whoever has it drives this class: keep it, and show it to no learner."))
        st.code(f"{here}?class={code}&teacher={key}", language=None, wrap_lines=True)
    else:
        st.caption(t("The browser that opened the class shows its teacher's link here."))


def _offer_tables(code: str) -> None:
    """Offer what the class did as CSV; it is written when somebody clicks."""
    kept_in, lessons, questions = store(), read_lessons(language())[0], read_quiz(language())
    tables = {
        t("Guesses (CSV)"): (
            "guesses",
            lambda: guesses_as_csv(list_guesses(kept_in, code), list_learners(kept_in, code), lessons),
        ),
        t("Scores (CSV)"): (
            "scores",
            lambda: scores_as_csv(list_submissions(kept_in, code), list_learners(kept_in, code)),
        ),
        t("Quiz, without names (CSV)"): ("quiz", lambda: quizzes_as_csv(list_quizzes(kept_in, code), questions)),
    }
    for label, (name, write) in tables.items():
        st.download_button(label, write, f"class-{code}-{name}.csv", "text/csv", on_click="ignore", width="stretch")
