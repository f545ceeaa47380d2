"""Where this visit is in a class, and what all pages of a class read: once for each version, whoever asks."""

import contextlib
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.classroom import (
    TEACHER,
    Challenge,
    ClassOver,
    Guess,
    Member,
    QuizAnswers,
    RateLimit,
    RemovedFromClass,
    Standing,
    Status,
    Submission,
    admit_teacher,
    drive_class,
    find_member,
    leave_class,
    list_guesses,
    list_learners,
    list_quizzes,
    list_submissions,
    rank,
    read_code,
    read_status,
)
from core.errors import BadInput, PlaygroundError
from core.language import text
from core.memo import Memo
from pages.shared import link, visit
from pages.shared.in_class import PLACE
from pages.shared.storage import store

PROBLEM = "class problem"
"""Under this name a session keeps what is to be said once the page is drawn anew."""

MOST_READ = 1_000
"""Answers about classes that this server keeps: each is about one version of one class."""

WRONG_CODES = RateLimit("wrong codes", each=10, all=200, seconds=600)
"""The limit of wrong codes and keys: of one visit, and of all, within ten minutes."""

OPENINGS = RateLimit("openings", each=10, all=500, seconds=3600)
"""The limit of classes that are opened within an hour."""


@dataclass(frozen=True)
class Inside:
    """Hold that this visit is in a class: where that is, and who this is in it."""

    status: Status
    me: Member

    @property
    def code(self) -> str:
        """The code of the class."""
        return self.status.code

    @property
    def teaches(self) -> bool:
        """Whether this visit drives the class."""
        return self.me.role == TEACHER


@st.cache_resource(show_spinner=False)
def _answers() -> Memo:
    return Memo(MOST_READ)


def once(status: Status, what: tuple[Hashable, ...], read: Callable[[], Any]) -> Any:
    """Return what is read or made of one version of a class, once for all who look at it."""
    return _answers().get((status.code, status.created, status.version, *what), read)


def learners_of(status: Status) -> list[Member]:
    """Return who has entered the class, those who have left as well."""
    return once(status, ("learners",), lambda: list_learners(store(), status.code))


def guesses_of(status: Status, lesson: str, step: str) -> list[Guess]:
    """Return the guesses at one step."""
    return once(status, ("guesses", lesson, step), lambda: list_guesses(store(), status.code, lesson, step))


def submissions_of(status: Status, challenge: str) -> list[Submission]:
    """Return what was submitted to a challenge."""
    return once(status, ("submissions", challenge), lambda: list_submissions(store(), status.code, challenge))


def standings_of(status: Status, challenge: Challenge) -> list[Standing]:
    """Return who stands where in a challenge."""

    def stand() -> list[Standing]:
        return rank(
            challenge, [(each.member, each.score) for each in submissions_of(status, challenge.name) if each.score]
        )

    return once(status, ("standings", challenge.name), stand)


def quizzes_of(status: Status) -> list[QuizAnswers]:
    """Return what was answered in the quizzes."""
    return once(status, ("quizzes",), lambda: list_quizzes(store(), status.code))


def find_inside() -> Inside | None:
    """Return the class that this visit is in; None for none. What is to be said about that is kept for the page.

    A link with a teacher's key lets this visit drive; one to another class than this visit's leads out of that.
    """
    wanted, key = link.requested("class"), link.take("teacher")
    if key is not None:
        with noting_problem():
            _enter_as_teacher(wanted or "", key)
    code = visit.kept(PLACE)
    if not isinstance(code, str) or (wanted and _other_class(wanted, code)):
        return None
    status = read_status(store(), code)
    me = find_member(store(), code, visit.visit_key()) if status else None
    if status is None or me is None:
        visit.change_kept(PLACE, lambda _: None)
        # One who leaves forgets the class first, so that the class has forgotten who still knows of it.
        st.session_state[PROBLEM] = RemovedFromClass() if status else ClassOver()
        if status:
            st.session_state["class code"] = code
        return None
    return Inside(status, me)


def _other_class(wanted: str, code: str) -> bool:
    try:
        return read_code(wanted) != code
    except PlaygroundError:
        return False


def _enter_as_teacher(typed: str, key: str) -> None:
    """Enter with a teacher's link. Raises BadInput for a wrong one, TooManyTries, StoreUnavailable."""
    WRONG_CODES.check(store(), visit.visit_key())
    code = read_code(typed)
    if not admit_teacher(store(), code, key, visit.visit_key()):
        WRONG_CODES.note(store(), visit.visit_key())
        raise BadInput(
            text("This teacher's link opens no class."),
            text("Copy all of it, from the browser that opened the class; or perhaps the class was deleted."),
        )
    enter(code)


def enter(code: str) -> None:
    """Note in the visit that it is in this class now, and leave the one of before."""
    before = visit.kept(PLACE)
    visit.change_kept(PLACE, lambda _: code)
    if isinstance(before, str) and before != code:
        leave_class(store(), before, visit.visit_key())
    link.take("class")


def leave() -> None:
    """Leave the class; call it from a button."""
    with noting_problem():
        code = visit.kept(PLACE)
        visit.change_kept(PLACE, lambda _: None)
        if isinstance(code, str):
            leave_class(store(), code, visit.visit_key())
        link.take("class")


def drive(code: str, **changes: Any) -> None:
    """Take the class to another place; call it from a widget."""
    with noting_problem():
        drive_class(store(), code, **changes)


@contextlib.contextmanager
def noting_problem() -> Iterator[None]:
    """Keep an error that people can do something about until the page is drawn."""
    try:
        yield
    except PlaygroundError as error:
        st.session_state[PROBLEM] = error


def take_problem() -> PlaygroundError | None:
    """Return what is to be said, once."""
    return st.session_state.pop(PROBLEM, None)
