"""Everybody's guesses as they come in, and the truth among them once it is shown."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import streamlit as st
from plotly.graph_objects import Figure

from core.charts import guess_line, option_bars
from core.classroom import Guess, Status
from core.lessons import Lesson, Predict
from pages.parts.classroom import state
from pages.parts.learn.guess import right_options, truths_of
from pages.parts.learn.on_curve import OnCurve, chart_of, curve_of, place_on_curve, words_of
from pages.parts.learn.truths import Truth
from pages.shared.charts import for_visitor
from pages.shared.presenting import presenting
from pages.shared.words import language, t, t_of


def guess_of(status: Status, lesson: str, step: Predict, member: int) -> float | None:
    """Return what one learner guessed at a step, None for nothing yet."""
    found = state.guesses_of(status, lesson, step.id)
    return next((each.value for each in found if each.member == member), None)


def draw_guesses(status: Status, lesson: Lesson, step: Predict, member: int, shown: bool, wait: bool = False) -> None:
    """Draw how many have guessed, and what, beside this one's own guess.

    shown: whether the truth is to be seen; wait: whether only the number is, since this one has still to guess.
    """
    found = state.guesses_of(status, lesson.name, step.id)
    here = sum(each.here for each in state.learners_of(status))
    guessed = t_of("{count} guess", "{count} guesses", len(found))
    learners = t_of("{count} learner here", "{count} learners here", here)
    st.markdown(f"**{guessed}** · {learners}")
    if wait:
        st.caption(t("You see the guesses of the others once yours is in."))
        return
    mine = next((each.value for each in found if each.member == member), None)
    known = truths_of(step) if shown else None
    theme = st.context.theme.type or "light"
    place = place_on_curve(lesson, step)
    make: Callable[..., dict[str, Any]] = _line
    say: Callable[..., str] = _line_in_words
    if step.options:
        make, say = _options, _options_in_words
    elif place is not None:
        make, say = partial(_curve, place), partial(_curve_in_words, place)
    curve = len(curve_of(place)[0]) if place is not None and known is not None else 0
    # Plotly takes longer to check a figure than everything else here together, so one that nothing changed is kept.
    look = (lesson.name, step.id, mine, known is not None, curve, theme, language(), presenting())
    chart = state.once(status, ("chart", *look), lambda: Figure(for_visitor(make(step, found, mine, known, theme))))
    quiet = {"displayModeBar": False}
    st.plotly_chart(chart, key=f"guesses {step.id}", theme=None, config=quiet, alt=say(step, found, mine, known))


def _curve(
    place: OnCurve,
    step: Predict,
    found: Sequence[Guess],
    mine: float | None,
    known: Sequence[Truth] | None,
    theme: str,
) -> dict[str, Any]:
    return chart_of(place, [each.value for each in found], mine, known, theme)


def _curve_in_words(
    place: OnCurve, step: Predict, found: Sequence[Guess], mine: float | None, known: Sequence[Truth] | None
) -> str:
    return " ".join(t(each) for each in words_of(place, [each.value for each in found], mine, known))


def _line(
    step: Predict, found: Sequence[Guess], mine: float | None, known: Sequence[Truth] | None, theme: str
) -> dict[str, Any]:
    labels = (t("one guess"), t("your guess"), t("measured"))
    truth = known[0].value if known else None
    return guess_line([each.value for each in found], step.low, step.high, step.unit, labels, mine, truth, theme)


def _line_in_words(step: Predict, found: Sequence[Guess], mine: float | None, known: Sequence[Truth] | None) -> str:
    """Say what the dots show to those who do not see them."""
    ordered = sorted(each.value for each in found)
    if not ordered:
        ends = {"low": step.low, "high": step.high, "unit": step.unit}
        return t("A line from {low:g} to {high:g} {unit}, without guesses so far.", **ends)
    said = {"low": ordered[0], "high": ordered[-1], "middle": ordered[len(ordered) // 2], "unit": step.unit}
    if known is None:
        return t_of(
            "{count} guess from {low:g} to {high:g} {unit}, the middle one {middle:g}.",
            "{count} guesses from {low:g} to {high:g} {unit}, the middle one {middle:g}.",
            len(ordered),
            **said,
        )
    return t_of(
        "{count} guess from {low:g} to {high:g} {unit}, the middle one {middle:g}; measured: {truth:.1f}.",
        "{count} guesses from {low:g} to {high:g} {unit}, the middle one {middle:g}; measured: {truth:.1f}.",
        len(ordered),
        truth=known[0].value,
        **said,
    )


def _counts(step: Predict, found: Sequence[Guess]) -> list[int]:
    return [sum(int(each.value) == place for each in found) for place in range(len(step.options))]


def _options(
    step: Predict, found: Sequence[Guess], mine: float | None, known: Sequence[Truth] | None, theme: str
) -> dict[str, Any]:
    right = [step.options.index(each) for each in right_options(step, known)] if known else []
    own = None if mine is None else int(mine)
    labels = (t("your guess"), t("measured as right"))
    return option_bars(step.options, _counts(step, found), labels, own, right, theme)


def _options_in_words(step: Predict, found: Sequence[Guess], mine: float | None, known: Sequence[Truth] | None) -> str:
    """Say what the bars show to those who do not see them."""
    return "; ".join(f"{each}: {count}" for each, count in zip(step.options, _counts(step, found), strict=True))
