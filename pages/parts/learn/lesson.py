"""One lesson on the page: step after step, each guess before what it is about."""

import re
from typing import Any

import pandas as pd
import streamlit as st

from core.errors import PlaygroundError
from core.lessons import Explain, Lesson, Live, Predict, Review
from pages.parts.learn import progress
from pages.parts.learn.live import show_live
from pages.parts.learn.truths import Truth, measure
from pages.shared.errors import show_error


def show_lesson(lesson: Lesson) -> None:
    """Draw a lesson as far as its guesses have been made; what follows a guess waits for it."""
    st.subheader(lesson.title, anchor=False)
    st.markdown(f"**{lesson.question}**")
    for number, step in enumerate(lesson.steps):
        try:
            if isinstance(step, Predict):
                if not _show_prediction(lesson, step):
                    return
            elif isinstance(step, Live):
                show_live(step.part, f"{lesson.name} {number}")
            elif isinstance(step, Explain):
                _show_text(step)
            else:
                _show_review(lesson, step, number)
        except PlaygroundError as error:
            show_error(error.what, error.advice)
    _show_summary(lesson)


def _show_prediction(lesson: Lesson, step: Predict) -> bool:
    """Ask for a guess, or lay the truth beside it; return whether it was made."""
    said = progress.said(lesson.name).get(step.id)
    with st.container(border=True):
        st.markdown(f"**Guess first.** {step.ask}")
        if said is None:
            _ask(lesson, step)
            return False
        _compare(step, said)
    return True


def _ask(lesson: Lesson, step: Predict) -> None:
    key = f"{lesson.name} {step.id}"
    guess: Any
    if step.options:
        guess = st.radio("Your guess", step.options, index=None, key=key, label_visibility="collapsed")
    else:
        middle = (step.low + step.high) / 2
        guess = st.slider(
            "Your guess", step.low, step.high, middle, format=f"%g {step.unit.replace('%', '%%')}", key=key
        )
    if st.button("That is my guess", type="primary", key=f"{key} done", disabled=guess is None):
        progress.say(lesson.name, step.id, guess)
        st.rerun()


def _compare(step: Predict, said: Any) -> None:
    """Draw what was guessed beside what was measured."""
    known = truths_of(step)
    if known is None:
        st.fragment(_wait, run_every=1.0)(step)
        return
    if step.options:
        right = right_option(step, known)
        listed = "; ".join(f"{option}: {truth.said}" for option, truth in zip(step.options, known, strict=True))
        verdict = "You were right." if said == right else f"You guessed {said}; it is {right}."
        st.markdown(f"{verdict} Measured just now: {listed}.")
        return
    guess, truth = st.columns(2, gap="small")
    guess.metric("Your guess", guess_in_words(step, said), border=True)
    truth.metric(
        "Measured just now", known[0].said, f"{known[0].value - float(said):+.1f} from your guess", "off", border=True
    )


def truths_of(step: Predict) -> list[Truth] | None:
    """Measure what a guess is laid beside; None while some of it is still being computed."""
    truths = [measure(each) for each in step.truth]
    known = [each for each in truths if each is not None]
    return known if len(known) == len(truths) else None


def guess_in_words(step: Predict, said: Any) -> str:
    """Write a guess as people read it."""
    return str(said) if step.options else f"{float(said):g} {step.unit}"


def right_option(step: Predict, truths: list[Truth]) -> str:
    """Return the option that is right: the one with the largest measure, or the smallest if the lesson says so."""
    choose = min if step.smallest else max
    return choose(zip(step.options, truths, strict=True), key=lambda pair: pair[1].value)[0]


def _wait(step: Predict) -> None:
    if truths_of(step) is not None:
        st.rerun()
    st.caption("It is being measured on the real network; this takes a moment ...")


def _show_text(step: Explain) -> None:
    """Draw an explanation, its figures measured now."""

    def figure(found: re.Match[str]) -> str:
        truth = measure(step.figures[found[1]])
        return truth.said if truth else "..."

    st.markdown(re.sub(r"{([a-z0-9-]+)}", figure, step.text))


def _show_review(lesson: Lesson, step: Review, number: int) -> None:
    """Ask a question; what was chosen first stays, with the reason."""
    name = f"review {number}"
    said = progress.said(lesson.name).get(name)
    with st.container(border=True):
        st.markdown(f"**An interview might ask:** {step.ask}")
        chosen = st.radio(
            step.ask,
            step.answers,
            index=step.answers.index(said) if said in step.answers else None,
            key=f"{lesson.name} {name}",
            label_visibility="collapsed",
            disabled=said in step.answers,
        )
        if chosen is None:
            return
        if said is None:
            progress.say(lesson.name, name, chosen)
            st.rerun()
        right = step.answers[step.right]
        st.markdown(f"{'Right.' if chosen == right else f'Not quite: {right}.'} {step.why}")


def _show_summary(lesson: Lesson) -> None:
    """Say what was guessed and what was true, once everything was answered."""
    said = progress.said(lesson.name)
    rows = []
    for step in lesson.predictions:
        known = truths_of(step)
        if known is not None and step.id in said:
            truth = right_option(step, known) if step.options else known[0].said
            rows.append({"Question": step.ask, "Your guess": guess_in_words(step, said[step.id]), "Measured": truth})
    if rows:
        st.markdown("##### What you guessed, and what was true")
        st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")
    st.caption(f"Read on: {lesson.paper}")
    if st.button("Begin this lesson anew", key=f"{lesson.name} anew"):
        progress.forget(lesson.name)
        st.rerun()
