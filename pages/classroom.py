"""A class: learners join by a code, the teacher's screen drives, everybody guesses, sees and competes together."""

import streamlit as st

from core.errors import PlaygroundError
from core.store import StoreUnavailable
from pages.parts.classroom import state
from pages.parts.classroom.entrance import show_entrance
from pages.parts.classroom.follow import follow
from pages.parts.classroom.learner import show_learner
from pages.parts.classroom.teacher import show_teacher
from pages.shared import link
from pages.shared.app_frame import require_app_frame
from pages.shared.errors import show_error
from pages.shared.words import t

require_app_frame()
inside = None
try:
    inside = state.find_inside()
except StoreUnavailable as error:
    show_error(error.what, error.advice)
# A teacher's key never stays in the address, which a projector shows and every link of the menu would carry on.
link.say("class", inside.code if inside else (link.requested("class") or "")[:20])
if problem := state.take_problem():
    show_error(problem.what, problem.advice)
if inside is None:
    st.title(t("A class that guesses together"), anchor=False)
    show_entrance()
else:
    try:
        (show_teacher if inside.teaches else show_learner)(inside)
    except PlaygroundError as error:
        show_error(error.what, error.advice)
        follow(inside)  # the class may go on to what can be shown
link.publish()
