"""Guesses of a point of a curve, as dots on the curve's axes; the curve itself once the answer is there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.charts import CurveQuestion, guess_curve
from core.charts.in_words import guesses_in_words
from core.language import Text, text
from core.lessons import Lesson, Predict
from core.measure import PlanResult, Quality
from core.stages import Subject
from pages.parts.learn.guess import truths_of
from pages.parts.learn.truths import Truth, subject_of
from pages.shared import cache, curves
from pages.shared.charts import draw_chart
from pages.shared.words import t

POINTS = ("quality", "repaired", "tuned")
"""What is measured at one sparsity, and so has a place on the axes of quality over sparsity."""

OVER = ("done", "failed")
"""States of the work on a curve after which no more of it is to come; one that was stopped goes on."""

NEAR = 0.005
"""How far a point may lie from the sparsity that was asked for: what a plan removes is met to one weight or unit."""


@dataclass(frozen=True)
class OnCurve:
    """Hold what a guess is about: which point, of which network and plan.

    end: how far the curve may be seen when that point is, 0 to 1; what: which of POINTS it is.
    """

    question: CurveQuestion
    subject: Subject
    end: float
    what: str


def place_on_curve(lesson: Lesson, step: Predict) -> OnCurve | None:
    """Return which point of a curve a step asks for; None if it asks for something else. Raises BadInput.

    If the lesson goes on with a point of the same curve, the curve is seen as far as this one only.
    """
    subject = _subject_asked(step)
    if subject is None or subject.plan.sparsity is None:
        return None
    at, later = subject.plan.sparsity, lesson.predictions[lesson.predictions.index(step) + 1 :]
    asked_later = any(_curve(subject) == _curve(_subject_asked(each, ("quality",))) for each in later)
    metric = cache.info(subject.network).metric
    return OnCurve(
        CurveQuestion(at, metric, step.low, step.high, step.unit),
        subject,
        at if asked_later else 1.0,
        step.truth[0].what,
    )


def _subject_asked(step: Predict, points: Sequence[str] = POINTS) -> Subject | None:
    return None if step.options or step.truth[0].what not in points else subject_of(step.truth[0].given)


def _curve(subject: Subject | None) -> Any:
    return subject and (subject.network, subject.plan.without_amount)


def begin_curve(place: OnCurve) -> bool:
    """Have the curve judged beside the page, if nobody has; return whether all of it is there."""
    return curves.curve_job(place.subject.network, place.subject.plan).state in OVER


def curve_of(place: OnCurve) -> tuple[list[PlanResult], Quality | None]:
    """Return the curve and the whole network's quality; nothing before all of it is there, so that it is drawn once."""
    job = curves.curve_job(place.subject.network, place.subject.plan).snapshot()
    if job.state not in OVER:
        return [], None
    seen = [point for point in job.results if point.sparsity <= place.end + NEAR]
    here = cache.known_result(place.subject)
    if here is not None and all(point.plan != here.plan for point in seen):
        seen.append(here)  # where a lesson asks between the points of curves, the line goes through what is measured
    return seen, cache.known_dense_quality(place.subject.network)


def chart_of(
    place: OnCurve, values: Sequence[float], mine: float | None, known: Sequence[Truth] | None, theme: str
) -> dict[str, Any]:
    """Draw guesses on the curve's axes; with what was measured, once that is known, and the curve."""
    measured = {"repaired": text("measured, repaired"), "tuned": text("measured, fine-tuned")}
    labels = (t("one guess"), t("your guess"), t(measured.get(place.what, text("measured"))))
    return guess_curve(place.question, values, labels, mine, *_revealed(place, known), theme)


def words_of(place: OnCurve, values: Sequence[float], mine: float | None, known: Sequence[Truth] | None) -> list[Text]:
    """Tell in words what `chart_of` draws."""
    return guesses_in_words(place.question, values, mine, *_revealed(place, known))


def _revealed(
    place: OnCurve, known: Sequence[Truth] | None
) -> tuple[tuple[float, float] | None, list[PlanResult], Quality | None]:
    if not known:
        return None, [], None
    at = known[0].at
    return (place.question.at if at is None else at, known[0].value), *curve_of(place)


def show_own(lesson: Lesson, step: Predict, said: float) -> None:
    """Draw somebody's own guess beside the truth on the curve, where a step asks for a point of one."""
    place = place_on_curve(lesson, step)
    if place is not None and truths_of(step) is not None:
        complete = begin_curve(place)
        st.fragment(_draw_own, run_every=None if complete else 1.0)(place, lesson, step, said, complete)


def _draw_own(place: OnCurve, lesson: Lesson, step: Predict, said: float, complete: bool) -> None:
    known = truths_of(step)
    figure = chart_of(place, [said], said, known, st.context.theme.type or "light")
    draw_chart(figure, f"{lesson.name} {step.id} curve", words_of(place, [said], said, known))
    if not complete and begin_curve(place):
        st.rerun()  # which ends the looking
