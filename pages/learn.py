"""Learn: short lessons in which people guess first, and then see on the real networks."""

import streamlit as st

from pages.parts.learn import progress
from pages.parts.learn.lesson import show_lesson
from pages.parts.learn.shelf import read_lessons
from pages.shared import link
from pages.shared.app_frame import require_app_frame
from pages.shared.errors import show_error
from pages.shared.words import language, option_labels, t

require_app_frame()
lessons, broken = read_lessons(language())
link.read_choice("lesson", lessons)


def title_of(name: str) -> str:
    """Return what a lesson is called in the list, with a mark where all of it was answered."""
    lesson = lessons[name]
    title = t("{title} ({minutes} min)", title=lesson.title, minutes=lesson.minutes)
    complete = len(progress.said(name)) >= len(lesson.predictions) + len(lesson.reviews)
    return f"{title} ✓" if complete else title


def go_to(name: str) -> None:
    """Choose another lesson, as in the list."""
    st.session_state["lesson"] = name


chosen = st.selectbox(
    t("Lesson"),
    list(lessons),
    format_func=option_labels({name: title_of(name) for name in lessons}),
    key="lesson",
    help=t("Each begins with a guess. About ten minutes each; what you said is kept in this visit."),
    persist_state="session",
)
link.write_choice("lesson", chosen or "", next(iter(lessons), ""))
link.publish()
places = list(lessons)
place = places.index(chosen) if chosen else 0
for problem in broken:
    show_error(problem.what, problem.advice)
if chosen:
    st.caption(t("Lesson {number} of {count}", number=place + 1, count=len(places)))
    if show_lesson(lessons[chosen]) and place + 1 < len(places):
        then = places[place + 1]
        st.button(
            t("Next lesson: {title}", title=lessons[then].title),
            key=f"after {chosen}",
            icon=":material/arrow_forward:",
            on_click=go_to,
            args=(then,),
        )
