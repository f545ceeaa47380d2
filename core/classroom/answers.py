"""What learners guess in a class and answer in its quizzes; the first guess stays, since one after seeing is none."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from core.classroom.records import Guess, Member
from core.classroom.rooms import require_member, touch_class
from core.errors import BadInput
from core.language import text
from core.store.database import Store, insert_new, reading, writing
from core.store.tables import guesses, quiz_answers

MOMENTS = ("before", "after")
"""The quizzes of a class."""


def save_guess(store: Store, code: str, member: Member, lesson: str, step: str, value: float) -> bool:
    """Keep a guess; return whether it is the first one at this step.

    Raises ClassOver, RemovedFromClass, StoreUnavailable.
    """
    values = {"member": member.id, "lesson": lesson, "step": step, "value": value, "created": time.time()}
    with writing(store) as connection:
        touch_class(connection, code)
        require_member(connection, code, member)
        return insert_new(connection, guesses, classroom=code, **values)


def list_guesses(store: Store, code: str, lesson: str = "", step: str = "") -> list[Guess]:
    """Return what was guessed in a class, in that order; lesson, step: only there."""
    wanted = select(guesses).where(guesses.c.classroom == code).order_by(guesses.c.id)
    if lesson:
        wanted = wanted.where(guesses.c.lesson == lesson)
    if step:
        wanted = wanted.where(guesses.c.step == step)
    with reading(store) as connection:
        rows = connection.execute(wanted).mappings().all()
    return [Guess(row["member"], row["lesson"], row["step"], row["value"]) for row in rows]


@dataclass(frozen=True)
class QuizAnswers:
    """Hold what one learner answered in one quiz: the place of each answer, from 0."""

    member: int
    moment: str
    answers: tuple[int, ...]


def save_quiz(store: Store, code: str, member: Member, moment: str, answers: Sequence[int]) -> bool:
    """Keep the answers of a quiz; return whether they are the first ones.

    Raises BadInput, ClassOver, RemovedFromClass, StoreUnavailable.
    """
    if moment not in MOMENTS:
        raise ValueError(f"There is no quiz {moment!r}.")
    if any(each < 0 for each in answers):
        raise BadInput(text("Some questions have no answer yet."), text("Answer all of them; a guess is fine."))
    values = {"member": member.id, "moment": moment, "answers": json.dumps(list(answers))}
    with writing(store) as connection:
        touch_class(connection, code)
        require_member(connection, code, member)
        return insert_new(connection, quiz_answers, classroom=code, **values)


def list_quizzes(store: Store, code: str) -> list[QuizAnswers]:
    """Return what was answered in the quizzes of a class."""
    wanted = select(quiz_answers).where(quiz_answers.c.classroom == code).order_by(quiz_answers.c.id)
    with reading(store) as connection:
        rows: Sequence[Mapping] = connection.execute(wanted).mappings().all()
    return [QuizAnswers(row["member"], row["moment"], tuple(json.loads(row["answers"]))) for row in rows]
