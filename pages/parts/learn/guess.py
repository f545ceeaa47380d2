"""A guess of a lesson: asked for, written as people read it, and laid beside what is measured."""

import re
from collections.abc import Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.lessons import Predict
from pages.parts.learn.truths import Truth, how_far, measure
from pages.parts.learn.typeset import unbroken
from pages.shared.words import t

_BEHIND = re.compile(r"(.*?)\s*([(\uff08].*[)\uff09])?", re.DOTALL)
"""A figure and what stands behind it in brackets, in either language's."""


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
    if guess is None:
        st.caption(t("Choose an answer first."))
    return guess if made else None


def compare(step: Predict, said: Any) -> None:
    """Draw what was guessed, None for nothing, beside what was measured."""
    known = truths_of(step)
    if known is None:
        st.fragment(_wait, run_every=1.0)(step)
        return
    if step.options:
        st.markdown(unbroken(_verdict(step, said, known)))
        return
    if said is None:
        _draw_truth(st.container(), known[0].said)
        return
    guess, truth = st.columns(2, gap="small")
    guess.metric(t("Your guess"), guess_in_words(step, said), border=True)
    apart = known[0].value - float(said)
    _draw_truth(
        truth,
        known[0].said,
        delta=_apart_in_words(step, apart),
        delta_color="off",
        delta_arrow="up" if apart > 0 else "down" if apart < 0 else "off",  # else a minus in front decides
    )


def _draw_truth(place: DeltaGenerator, said: str, **how: Any) -> None:
    """Draw what was measured large, and what stands behind it in brackets, as its range, below."""
    figure, bracket = _BEHIND.fullmatch(unbroken(said)).groups()  # type: ignore[union-attr]  # it matches anything
    place.metric(t("Measured just now"), figure, border=True, **how)
    if bracket:
        place.caption(bracket)


def _verdict(step: Predict, said: Any, known: list[Truth]) -> str:
    """Say which option is right, and what was measured of each."""
    pairs = zip(step.options, known, strict=True)
    measured = t("; ").join(t("{option}: {measured}", option=option, measured=truth.said) for option, truth in pairs)
    right, words = right_options(step, known), right_in_words(step, known)
    if len(right) > 1:
        words = t("{options}: their ranges overlap, so either counts", options=words)
    if said is None:
        return t("It is {right}. Measured just now: {measured}.", right=words, measured=measured)
    if said in right:
        return (
            t("You were right. Measured just now: {measured}.", measured=measured)
            if len(right) == 1
            else t("You were right; it is {right}. Measured just now: {measured}.", right=words, measured=measured)
        )
    return t(
        "You guessed “{guess}”; it is {right}. Measured just now: {measured}.",
        guess=said,
        right=words,
        measured=measured,
    )


def _apart_in_words(step: Predict, apart: float) -> str:
    """Say how far what was measured lies from a guess, in the unit of the slider; shares differ by points."""
    if step.unit == "%":
        return t("{difference:+.1f} points from your guess", difference=apart)
    return t("{difference:+.1f} {unit} from your guess", difference=apart, unit=step.unit)


def truths_of(step: Predict) -> list[Truth] | None:
    """Measure what a guess is laid beside; None while some of it is still being computed."""
    truths = [measure(each) for each in step.truth]
    known = [each for each in truths if each is not None]
    return known if len(known) == len(truths) else None


def guess_in_words(step: Predict, said: Any) -> str:
    """Write a guess as people read it."""
    return str(said) if step.options else f"{float(said):g} {step.unit}"


def right_options(step: Predict, truths: Sequence[Truth]) -> list[str]:
    """Return the options that are right: the one with the largest measure, or the smallest if the lesson says so.

    Those whose ranges overlap with that one's are right too, since nobody could know better.
    """
    best = (min if step.smallest else max)(each.value for each in truths)
    leading = [each for each in truths if each.value == best]
    return [
        option
        for option, each in zip(step.options, truths, strict=True)
        if each.value == best or any(leader.overlaps(each) for leader in leading)
    ]


def right_in_words(step: Predict, truths: Sequence[Truth]) -> str:
    """Write the options that are right, each in quotation marks."""
    return t(" or ").join(t("“{option}”", option=each) for each in right_options(step, truths))


def _wait(step: Predict) -> None:
    if truths_of(step) is not None:
        st.rerun()
    say_that_it_is_measured(step)


def say_that_it_is_measured(step: Predict) -> None:
    """Say why there is no truth yet, and how far it is where that takes long."""
    why = t("It is being measured on the real network; this takes a moment ...")
    shares = [share for each in step.truth if measure(each) is None and (share := how_far(each)) is not None]
    if shares:
        st.progress(min(shares), why)
    else:
        st.caption(why)
