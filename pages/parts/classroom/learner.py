"""A learner's screen: it shows what the teacher's says, and follows by itself."""

from typing import Any

import streamlit as st

from core.lessons import Predict
from pages.parts.classroom import state
from pages.parts.classroom.challenge import show_challenge
from pages.parts.classroom.follow import follow
from pages.parts.classroom.quiz import show_quiz
from pages.parts.classroom.state import Inside
from pages.parts.classroom.step import lesson_of, say_guess, show_class_step
from pages.parts.learn.lesson import show_lesson
from pages.shared.words import t


def show_learner(inside: Inside) -> None:
    """Draw the screen of a learner."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="class-head"):
        # As plain text: a nickname may hold anything, and nothing of it is a format or a link.
        st.text(t("{name}, in class {code}", name=inside.me.name, code=inside.code), width="stretch")
        st.button(t("Leave"), on_click=state.leave, icon=":material/logout:", key="leave")
    status = inside.status
    if not status.subject:
        st.title(t("A class that guesses together"), anchor=False)
        st.info(t("You are in. Your teacher will begin; this page goes on by itself."), icon=":material/hourglass_top:")
        follow(inside)
    elif status.activity == "challenge":
        show_challenge(inside)
    elif status.activity == "quiz":
        show_quiz(inside)
    elif status.free:
        _show_own_pace(inside)
    else:
        show_class_step(inside, lesson_of(status))


def _show_own_pace(inside: Inside) -> None:
    """Draw the whole lesson, as on the page Learn; guesses go to the class as well."""
    lesson = lesson_of(inside.status)

    def send(step: Predict, guess: Any) -> None:
        with state.noting_problem():
            say_guess(inside, lesson, step, guess)

    follow(inside)
    st.caption(t("At your own pace."))
    show_lesson(lesson, send)
