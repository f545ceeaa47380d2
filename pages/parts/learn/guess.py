"""A guess of a lesson: asked for, written as people read it, and laid beside what is measured."""

from typing import Any

import streamlit as st

from core.lessons import Predict
from pages.parts.learn.truths import Truth, measure
from pages.shared.words import t


def ask_guess(step: Predict, key: str) -> Any:
    """Ask for a guess; return it in the run in which it is made, else None."""
    guess: Any
    if step.options:
        guess = st.radio(t("Your guess"), step.options, index=None, key=key, label_visibility="collapsed")
    else:
        middle = (step.low + step.high) / 2
        unit, hundredth = step.unit.replace("%", "%%"), (step.high - step.low) / 100  # one press of an arrow key
        guess = st.slider(t("Your guess"), step.low, step.high, middle, hundredth, format=f"%g {unit}", key=key)
    made = st.button(t("That is my guess"), type="primary", key=f"{key} done", disabled=guess is None)
    return guess if made else None


def compare(step: Predict, said: Any) -> None:
    """Draw what was guessed, None for nothing, beside what was measured."""
    known = truths_of(step)
    if known is None:
        st.fragment(_wait, run_every=1.0)(step)
        return
    if step.options:
        right = right_option(step, known)
        pairs = zip(step.options, known, strict=True)
        measured = t("; ").join(
            t("{option}: {measured}", option=option, measured=truth.said) for option, truth in pairs
        )
        if said is None:
            verdict = t("It is {right}. Measured just now: {measured}.", right=right, measured=measured)
        elif said == right:
            verdict = t("You were right. Measured just now: {measured}.", measured=measured)
        else:
            verdict = t(
                "You guessed {guess}; it is {right}. Measured just now: {measured}.",
                guess=said,
                right=right,
                measured=measured,
            )
        st.markdown(verdict)
        return
    if said is None:
        st.metric(t("Measured just now"), known[0].said, border=True)
        return
    guess, truth = st.columns(2, gap="small")
    guess.metric(t("Your guess"), guess_in_words(step, said), border=True)
    apart = t("{difference:+.1f} from your guess", difference=known[0].value - float(said))
    truth.metric(t("Measured just now"), known[0].said, apart, "off", border=True)


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
    say_that_it_is_measured()


def say_that_it_is_measured() -> None:
    """Say why there is no truth yet."""
    st.caption(t("It is being measured on the real network; this takes a moment ..."))
