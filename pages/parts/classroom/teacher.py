"""The teacher's screen: the code on the left, and what everybody sees on the right, with the buttons that drive it."""

import time
from collections.abc import Mapping

import streamlit as st

from core.classroom import CHALLENGES, GUESS, MOMENTS, PHASES, SHOWN, WAIT, Status
from core.language import Text, text
from core.lessons import Lesson, Predict
from pages.parts.classroom import state
from pages.parts.classroom.challenge import show_challenge
from pages.parts.classroom.dots import draw_guesses
from pages.parts.classroom.follow import follow
from pages.parts.classroom.invitation import show_invitation
from pages.parts.classroom.quiz import QUIZZES, show_quiz
from pages.parts.classroom.state import Inside
from pages.parts.classroom.step import show_class_step
from pages.parts.learn.guess import compare
from pages.parts.learn.shelf import read_lessons
from pages.shared.errors import show_error
from pages.shared.words import language, t

TOO_SOON = 0.3
"""Seconds after a class has come to a place in which nobody has seen that yet, and a press is one more of the last."""

ACTIVITIES = {"lesson": text("Lesson"), "challenge": text("Challenge"), "quiz": text("Quiz")}


def show_teacher(inside: Inside) -> None:
    """Draw the screen of a teacher."""
    left, right = st.columns([1, 3], gap="medium")
    with left:
        show_invitation(inside)
    with right:
        status = inside.status
        if not status.subject:
            st.title(t("A class that guesses together"), anchor=False)
        _choose("activity", t("What the class does"), list(ACTIVITIES), status.activity, status, ACTIVITIES)
        if status.activity == "challenge":
            titles = {name: each.title for name, each in CHALLENGES.items()}
            _choose("challenge", t("Challenge"), list(CHALLENGES), status.subject, status, titles)
            if not status.subject:  # once a challenge is chosen, a room may read along
                st.info(
                    t(
                        "Figures on test data are hidden from learners during a challenge; one who leaves the class "
                        "can look at those of these networks."
                    ),
                    icon=":material/visibility:",
                )
            show_challenge(inside)
        elif status.activity == "quiz":
            _choose("quiz", t("Which quiz"), list(MOMENTS), status.subject, status, QUIZZES)
            show_quiz(inside)
        else:
            _show_lesson(inside)


def _choose(what: str, label: str, options: list[str], now: str, status: Status, titles: Mapping[str, Text]) -> None:
    """Draw a choice that shows where the class is, and takes it elsewhere; a second teacher may have done so."""
    key = f"class {what}"
    st.session_state[key] = now if now in options else None

    def change() -> None:
        chosen = st.session_state.get(key)
        if chosen is None or chosen == now:
            return
        to = {"activity": chosen, "subject": ""} if what == "activity" else {"subject": chosen}
        state.drive(status.code, **to, step=0, phase=WAIT)

    st.segmented_control(
        label,
        options,
        format_func=lambda name: t(titles[name]),
        key=key,
        on_change=change,
        label_visibility="collapsed",
        width="stretch",
    )


def _show_lesson(inside: Inside) -> None:
    status = inside.status
    lessons, broken = read_lessons(language())
    for problem in broken:
        show_error(problem.what, problem.advice)
    chosen, pace = st.columns([3, 2], vertical_alignment="bottom", gap="small")
    with chosen:
        _choose_lesson(status, lessons)
    with pace:
        _choose_pace(status)
    lesson = lessons.get(status.subject)
    if lesson is None:
        st.info(t("Choose a lesson. Learners may join meanwhile, and later too."), icon=":material/school:")
        follow(inside)
    elif status.free:
        _watch_free(inside, lesson)
    else:
        _show_controls(status, lesson)
        show_class_step(inside, lesson)


def _choose_lesson(status: Status, lessons: dict[str, Lesson]) -> None:
    key = "class lesson"
    st.session_state[key] = status.subject if status.subject in lessons else None

    def change() -> None:
        chosen = st.session_state.get(key)
        if chosen and chosen != status.subject:
            state.drive(status.code, subject=chosen, step=0, phase=WAIT)

    st.selectbox(
        t("Lesson"),
        list(lessons),
        index=None,
        format_func=lambda name: t("{title} ({minutes} min)", title=lessons[name].title, minutes=lessons[name].minutes),
        key=key,
        on_change=change,
        placeholder=t("Choose a lesson"),
    )


def _choose_pace(status: Status) -> None:
    key = "class pace"
    st.session_state[key] = status.free
    st.toggle(
        t("Everybody at their own pace"),
        key=key,
        on_change=lambda: state.drive(status.code, free=bool(st.session_state.get(key)), phase=WAIT),
        help=t("Off: all screens show the step that you are at. On: all go through the lesson by themselves."),
    )


def _show_controls(status: Status, lesson: Lesson) -> None:
    """Draw the buttons that drive; each goes to a place, not a way, so that two who press at once do it once."""
    last = len(lesson.steps) - 1
    number = min(status.step, last)
    asks = isinstance(lesson.steps[number], Predict)
    waits, asked, shown = (asks and status.phase == each for each in PHASES)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="class-controls"):
        _button(status, "back", t("Back"), ":material/arrow_back:", number > 0, step=number - 1, phase=WAIT)
        if asks:
            _button(status, "predict", t("Now predict"), ":material/front_hand:", waits, waits, phase=GUESS)
            _button(status, "show", t("Show"), ":material/visibility:", asked, asked, phase=SHOWN)
        forward = shown or not asks
        to: dict[str, int | str] = {"step": number + 1, "phase": WAIT}
        _button(status, "next", t("Next"), ":material/arrow_forward:", number < last, forward, **to)


def _button(
    status: Status, name: str, label: str, icon: str, enabled: bool, primary: bool = False, **to: int | str
) -> None:
    st.button(
        label,
        icon=icon,
        disabled=not enabled,
        type="primary" if primary and enabled else "secondary",
        key=f"class {name}",
        on_click=_drive,
        args=(status, _seen_since(status)),
        kwargs=to,
    )


def _drive(status: Status, since: float, **to: int | str) -> None:
    """Take the class elsewhere, unless the press was meant for the place before: it would go two steps."""
    if time.monotonic() - since >= TOO_SOON:
        state.drive(status.code, **to)


def _seen_since(status: Status) -> float:
    """Return when this visit was first shown the place where the class is; 0.0 for the one that it met there."""
    place = (status.subject, status.step, status.phase)
    before = st.session_state.get("class place")
    if before is None or before[0] != place:
        st.session_state["class place"] = before = (place, 0.0 if before is None else time.monotonic())
    since: float = before[1]
    return since


def _watch_free(inside: Inside, lesson: Lesson) -> None:
    """Show the guesses at one step after the other, whoever is how far."""
    st.markdown(f"# {lesson.title}")
    asked = {each.id: each for each in lesson.predictions}
    if not asked:
        follow(inside)
        return
    chosen = st.selectbox(
        t("Guesses at"), list(asked), format_func=lambda name: asked[name].ask, key=f"watch {lesson.name}"
    )
    shown = st.toggle(
        t("Show what is measured"), key=f"watch {lesson.name} {chosen}", help=t("Learners may look here.")
    )
    if shown:
        compare(asked[chosen], None)
    follow(inside, lambda now: draw_guesses(now, lesson, asked[chosen], 0, shown))
