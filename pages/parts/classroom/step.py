"""One step of a lesson in a class, as a learner or the teacher sees it."""

from functools import partial

import streamlit as st

from core.classroom import GUESS, SHOWN, WAIT, Status, read_status, save_guess
from core.errors import BadInput
from core.language import text
from core.lessons import Lesson, Predict, read_lesson
from pages.parts.classroom.dots import draw_guesses, guess_of
from pages.parts.classroom.follow import follow
from pages.parts.classroom.state import Inside
from pages.parts.learn import progress
from pages.parts.learn.guess import ask_guess, compare, guess_in_words, say_that_it_is_measured, truths_of
from pages.parts.learn.lesson import show_step
from pages.parts.learn.on_curve import begin_curve, place_on_curve
from pages.parts.learn.typeset import unbroken
from pages.shared.errors import show_errors
from pages.shared.storage import store
from pages.shared.words import language, t


def lesson_of(status: Status) -> Lesson:
    """Return the lesson of a class in this visitor's language. Raises BrokenLesson."""
    return read_lesson(status.subject, language())


def show_class_step(inside: Inside, lesson: Lesson) -> None:
    """Draw the step where the class is, and what comes in meanwhile."""
    number = min(inside.status.step, len(lesson.steps) - 1)
    step = lesson.steps[number]
    st.caption(t("{lesson}, step {number} of {all}", lesson=lesson.title, number=number + 1, all=len(lesson.steps)))
    with show_errors():
        if isinstance(step, Predict):
            st.markdown(unbroken(f"# {step.ask}"))
            follow(inside, partial(_draw_prediction, inside=inside, lesson=lesson, step=step))
        else:
            st.markdown(f"# {lesson.title}")
            show_step(lesson, number)
            follow(inside)


def _draw_prediction(now: Status, inside: Inside, lesson: Lesson, step: Predict) -> None:
    """Draw one guess as far as the class is with it: waiting, being made, or beside the truth."""
    mine = None if inside.teaches else guess_of(now, lesson.name, step, inside.me.id)
    with show_errors():
        if now.phase == GUESS and mine is None and not inside.teaches:
            now, mine = _ask(now, inside, lesson, step)
        known = truths_of(step) if inside.teaches or now.phase == SHOWN else None  # hers is the first, so it is there
        if inside.teaches and (place := place_on_curve(lesson, step)) is not None:
            begin_curve(place)
        if now.phase == SHOWN:
            if known is None:
                say_that_it_is_measured(step)
            else:
                compare(step, _in_words(step, mine))
        elif now.phase == WAIT and not inside.teaches:
            st.info(t("Think about it. Your teacher will say when to guess."), icon=":material/hourglass_top:")
            return
        elif mine is not None:
            said = guess_in_words(step, _in_words(step, mine))
            st.success(t("Your guess is in: {guess}", guess=said), icon=":material/check:")
        waits = now.phase == GUESS and mine is None and not inside.teaches
        draw_guesses(now, lesson, step, inside.me.id, now.phase == SHOWN, waits)


def _in_words(step: Predict, value: float | None) -> float | str | None:
    """Return a guess as a lesson has it: the text of an option, in this visitor's language, or the number."""
    return step.options[int(value)] if value is not None and step.options else value


def _ask(now: Status, inside: Inside, lesson: Lesson, step: Predict) -> tuple[Status, float | None]:
    """Ask for a guess and send it; return where the class is then, and the guess if it was made just now."""
    place = st.empty()
    with place.container():
        guess = ask_guess(step, f"class {now.code} {lesson.name} {step.id}")
    if guess is None:
        return now, None
    value = say_guess(inside, lesson, step, guess)
    progress.say(lesson.name, step.id, guess)
    place.empty()
    return read_status(store(), now.code) or now, value


def say_guess(inside: Inside, lesson: Lesson, step: Predict, guess: float | str) -> float:
    """Send a guess to the class; return it as the class keeps it.

    Raises BadInput for one that comes after the answer, ClassOver, StoreUnavailable.
    """
    now, then = read_status(store(), inside.code), inside.status
    if now is not None and not now.free and (now.place_without_phase != then.place_without_phase or now.phase != GUESS):
        raise BadInput(text("This guess came too late: the class is further."), text("Guess again at the next one."))
    value = float(step.options.index(str(guess))) if step.options else min(max(float(guess), step.low), step.high)
    save_guess(store(), inside.code, inside.me, lesson.name, step.id, value)
    return value
