"""Learn: short lessons in which people guess first, and then see on the real networks."""

import streamlit as st

from core.errors import PlaygroundError
from core.lessons import list_lessons, read_lesson
from pages.parts.learn import progress
from pages.parts.learn.lesson import show_lesson
from pages.shared import link, words
from pages.shared.app_frame import require_app_frame
from pages.shared.errors import show_error

require_app_frame()
language = words.language()
lessons, broken = {}, []
for name in list_lessons(language):
    try:
        lessons[name] = read_lesson(name, language)
    except PlaygroundError as error:
        broken.append(error)
link.read_choice("lesson", lessons)
chosen = st.selectbox(
    "Lesson",
    list(lessons),
    format_func=lambda name: (
        f"{lessons[name].title} ({lessons[name].minutes} min)"
        + (" ✓" if len(progress.said(name)) >= len(lessons[name].predictions) + len(lessons[name].reviews) else "")
    ),
    key="lesson",
    help="Each begins with a guess. About ten minutes each; what you said is kept in this visit.",
    persist_state="session",
)
link.write_choice("lesson", chosen or "", next(iter(lessons), ""))
link.publish()
for problem in broken:
    show_error(problem.what, problem.advice)
if chosen:
    show_lesson(lessons[chosen])
