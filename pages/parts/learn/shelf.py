"""All lessons of a language, and what is wrong with those that cannot be read."""

from core.errors import PlaygroundError
from core.lessons import Lesson, list_lessons, read_lesson


def read_lessons(language: str) -> tuple[dict[str, Lesson], list[PlaygroundError]]:
    """Return the lessons of a language by name, in their order, and the errors of the others."""
    lessons, broken = {}, []
    for name in list_lessons(language):
        try:
            lessons[name] = read_lesson(name, language)
        except PlaygroundError as error:
            broken.append(error)
    return lessons, broken
