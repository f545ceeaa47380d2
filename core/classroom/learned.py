"""What a class learned between its two quizzes: the mean gain with its range, of those who answered both."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.classroom.answers import QuizAnswers
from core.lessons import Review
from core.statistics import change_of_means, mean_of_units


@dataclass(frozen=True)
class Gain:
    """Hold how many more questions a class answers rightly after than before, on average, with its 95 % range.

    before, after: right answers of those who answered both; learners: how many they are; of: questions.
    low, high are infinite for one learner.
    """

    value: float
    low: float
    high: float
    before: float
    after: float
    learners: int
    of: int


def count_right(questions: Sequence[Review], answers: Sequence[int]) -> int:
    """Return how many answers are right."""
    return sum(each.right == said for each, said in zip(questions, answers, strict=False))


def quiz_pairs(quizzes: Sequence[QuizAnswers]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Return the answers before and after of each learner who gave both, in an order that says nothing about whose."""
    before = {each.member: each.answers for each in quizzes if each.moment == "before"}
    after = {each.member: each.answers for each in quizzes if each.moment == "after"}
    return sorted((before[member], after[member]) for member in before.keys() & after.keys())


def mean_gain(questions: Sequence[Review], quizzes: Sequence[QuizAnswers]) -> Gain | None:
    """Return what the class gained; None while nobody has answered both quizzes."""
    pairs = quiz_pairs(quizzes)
    if not pairs:
        return None
    counted = [(count_right(questions, before), count_right(questions, after)) for before, after in pairs]
    before, after = np.asarray(counted, float).T
    low, high = change_of_means(before, after, bounds=(0.0, float(len(questions))))
    value = float((after - before).mean())
    ends = (min(low, value), max(high, value))
    return Gain(value, *ends, float(before.mean()), float(after.mean()), len(pairs), len(questions))


def mean_right(questions: Sequence[Review], quizzes: Sequence[QuizAnswers], moment: str) -> Gain | None:
    """Return how many questions are answered rightly in one quiz, on average, with its range; None without answers."""
    right = [count_right(questions, each.answers) for each in quizzes if each.moment == moment]
    if not right:
        return None
    found, value = np.asarray(right, float), float(np.mean(right))
    low, high = mean_of_units(found, bounds=(0.0, float(len(questions))))
    return Gain(value, min(low, value), max(high, value), value, value, len(right), len(questions))
