"""Lessons: guess first, then see. Their texts lie in `assets/lessons/LANGUAGE`, one file each; no text is code."""

from core.lessons.reading import BrokenLesson, list_lessons, read_lesson, read_quiz
from core.lessons.records import Explain, Lesson, Live, Predict, Review, Step

__all__ = [
    "BrokenLesson",
    "Explain",
    "Lesson",
    "Live",
    "Predict",
    "Review",
    "Step",
    "list_lessons",
    "read_lesson",
    "read_quiz",
]
