"""One lesson on the page: step after step, each guess before what it is about."""

import re
from collections.abc import Callable
from typing import Any

import streamlit as st

from core.lessons import Explain, Lesson, Live, Predict, Review
from pages.parts.learn import progress
from pages.parts.learn.guess import ask_guess, compare, guess_in_words, right_in_words, truths_of
from pages.parts.learn.live import show_live
from pages.parts.learn.on_curve import show_own
from pages.parts.learn.truths import measure
from pages.parts.learn.typeset import unbroken
from pages.shared.errors import show_errors
from pages.shared.presenting import BACK, NEXT, presenting
from pages.shared.terms import with_terms
from pages.shared.words import t


def show_lesson(lesson: Lesson, on_guess: Callable[[Predict, Any], None] | None = None) -> bool:
    """Draw a lesson as far as its guesses have been made; return whether its end is seen.

    What follows a guess waits for it, and for what is measured, which it may tell.

    on_guess: called with each guess as it is made.
    """
    st.title(lesson.title, anchor=False)
    st.markdown(f"**{lesson.question}**")
    if presenting():
        return _show_one_step(lesson, on_guess)
    for number in range(len(lesson.steps)):
        if not _may_go_on(lesson, number, on_guess):
            return False
    _show_summary(lesson)
    return True


def show_step(lesson: Lesson, number: int) -> None:
    """Draw one step that asks for no guess. Raises BadInput for a part that is not there."""
    step = lesson.steps[number]
    if isinstance(step, Live):
        show_live(step.part, f"{lesson.name} {number}")
    elif isinstance(step, Explain):
        _show_text(step)
    elif isinstance(step, Review):
        _show_review(lesson, step, number)


def _may_go_on(lesson: Lesson, number: int, on_guess: Callable[[Predict, Any], None] | None) -> bool:
    """Draw one step; return whether what follows may be shown."""
    step = lesson.steps[number]
    with show_errors():
        if isinstance(step, Predict):
            return _show_prediction(lesson, step, on_guess)
        show_step(lesson, number)
    return True


def _show_one_step(lesson: Lesson, on_guess: Callable[[Predict, Any], None] | None) -> bool:
    """Draw one step alone, for a room, between buttons that the arrow keys press; return whether it is the end.

    A guess bars the way until it is made and measured.
    """
    place, last = f"{lesson.name} place", len(lesson.steps)
    number = min(st.session_state.get(place, 0), last)
    step, buttons = st.container(), st.container(horizontal=True, vertical_alignment="center", key="present-at")

    def turn(to: int) -> None:
        st.session_state[place] = to

    with buttons:  # the way back before a step that may take long, or it would be that of the step before
        st.button(
            t("Back"), key=BACK, icon=":material/arrow_back:", disabled=not number, on_click=turn, args=(number - 1,)
        )
        st.markdown(t("Step {number} of {last}", number=number + 1, last=last + 1), width="content")
    with step:
        go_on = number < last and _may_go_on(lesson, number, on_guess)
        if number == last:
            _show_summary(lesson)
    buttons.button(
        t("Next"), key=NEXT, icon=":material/arrow_forward:", disabled=not go_on, on_click=turn, args=(number + 1,)
    )
    return number == last


def _show_prediction(lesson: Lesson, step: Predict, on_guess: Callable[[Predict, Any], None] | None) -> bool:
    """Ask for a guess, or lay the truth beside it; return whether both are there."""
    said = progress.said(lesson.name).get(step.id)
    with st.container(border=True):
        st.markdown(unbroken(t("**Guess first.** {question}", question=step.ask) if said is None else step.ask))
        if said is None:
            guess = ask_guess(step, f"{lesson.name} {step.id}")
            if guess is not None:
                progress.say(lesson.name, step.id, guess)
                if on_guess:
                    on_guess(step, guess)
                st.rerun()
            return False
        compare(step, said)
        if not step.options:
            show_own(lesson, step, float(said))
    return truths_of(step) is not None


def _show_text(step: Explain) -> None:
    """Draw an explanation, its figures measured now."""

    def figure(found: re.Match[str]) -> str:
        truth = measure(step.figures[found[1]])
        return truth.said if truth else "..."

    st.markdown(unbroken(re.sub(r"{([a-z0-9-]+)}", figure, with_terms(step.text))))


def _show_review(lesson: Lesson, step: Review, number: int) -> None:
    """Ask a question; what was chosen first stays, with the reason."""
    name = f"review {number}"
    key = f"{lesson.name} {name}"
    said = progress.said(lesson.name).get(name)
    if said in step.answers:
        st.session_state[key] = said  # a run that was cut short may have lost what the widget held
    with st.container(border=True):
        st.markdown(unbroken(t("**An interview might ask:** {question}", question=step.ask)))
        chosen = st.radio(
            step.ask,
            step.answers,
            index=None,
            key=key,
            label_visibility="collapsed",
            disabled=said in step.answers,
        )
        if chosen is None:
            return
        if said is None:
            progress.say(lesson.name, name, chosen)
            st.rerun()
        right = step.answers[step.right]
        ended = right.rstrip(".。")  # the sentence around it ends it
        st.markdown(
            unbroken(
                t("Right. {why}", why=step.why)
                if chosen == right
                else t("Not quite: {right}. {why}", right=ended, why=step.why)
            )
        )


def _show_summary(lesson: Lesson) -> None:
    """Say what was guessed and what was true, once everything was answered."""
    said, lines = progress.said(lesson.name), []
    for step in lesson.predictions:
        known = truths_of(step)
        if known is not None and step.id in said:
            truth = right_in_words(step, known) if step.options else known[0].said
            guess = guess_in_words(step, said[step.id])
            guess = t("“{option}”", option=guess) if step.options else guess
            line = t(
                "{question} You guessed **{guess}**; measured: **{truth}**.",
                question=step.ask,
                guess=guess,
                truth=truth,
            )
            lines.append(f"1. {line}")
    if lines:  # a list and no table, of which a phone would show the questions alone
        st.markdown(f"## {t('What you guessed, and what was true')}")
        st.markdown(unbroken("\n".join(lines)))
    st.caption(t("Read on: {paper}", paper=lesson.paper))
    if st.button(t("Begin this lesson anew"), key=f"{lesson.name} anew"):
        progress.forget(lesson.name)
        st.rerun()
