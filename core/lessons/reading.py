"""Read lessons from plain files.

A file begins with lines `key: value` (title, question, minutes, paper). Steps follow, each begun by a line
`== KIND`, with lines `key: value` of its own and, after an empty line, Markdown:

    == predict           id, ask, truth (once, or once for each option), slider (LOW to HIGH UNIT) or option (several)
    == live              part
    == explain           figure NAME (any number), then the text
    == review            ask, answer (several), answer* (the right one), why

What is measured is written `NAME key=value key=value`, with the keys of a link. A slider whose truth is `quality`,
`repaired` or `tuned` at a `threshold` asks for a point of a curve, on the axes of which its guesses are shown as dots.
A text may name terms of the glossary, as `[[sparsity]]` or, in other words, `[[over-fitting|over-fits]]`: once, where a
lesson first uses them.
"""

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.errors import PlaygroundError
from core.glossary import mentions, read_glossary
from core.language import text
from core.lessons.records import Explain, Lesson, Live, Measured, Predict, Review, Step

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "lessons"

QUIZ = FOLDER.parent / "quiz"
"""One file a language, with the questions that a class answers before and after."""

_SLIDER = re.compile(r"(-?[\d.]+) to (-?[\d.]+) ?(.*)")
_KEY = re.compile(r"([a-z]+\*?(?: [a-z0-9-]+)?):\s*(.*)")


class BrokenLesson(PlaygroundError):
    """Refuse a lesson's file; the sentence names file and line."""


@dataclass(frozen=True)
class _Entry:
    """Hold one `key: value` with its line."""

    key: str
    value: str
    line: int


@dataclass(frozen=True)
class _Part:
    """Hold what stands under one heading: its kind, entries and text, and the line it begins in."""

    kind: str
    entries: tuple[_Entry, ...]
    text: str
    line: int


def list_lessons(language: str = "en", folder: Path = FOLDER) -> list[str]:
    """List the names of the lessons of a language, in their order."""
    return sorted(path.stem for path in (folder / language).glob("*.md"))


def read_lesson(name: str, language: str = "en", folder: Path = FOLDER) -> Lesson:
    """Read one lesson. Raises BrokenLesson with file and line for a file that cannot be one."""
    path = folder / language / f"{name}.md"
    wrong = _Wrong(path.name)
    head, *parts = _parts(_lines(path), wrong)
    values = {entry.key: entry.value for entry in head.entries}
    for key in ("title", "question", "minutes", "paper"):
        if not values.get(key):
            raise wrong(1, text("says no {key}", key=key))
    if not values["minutes"].isdigit():
        raise wrong(1, text("gives no whole number of minutes"))
    steps = tuple(_step(part, wrong) for part in parts)
    _check_terms(_lines(path), language, wrong)
    ids = [step.id for step in steps if isinstance(step, Predict)]
    if len(set(ids)) < len(ids):
        raise wrong(1, text("gives two predictions one id"))
    return Lesson(name, values["title"], values["question"], int(values["minutes"]), values["paper"], steps)


def _check_terms(lines: list[str], language: str, wrong: "_Wrong") -> None:
    """Refuse a term that the glossary does not have, unless the glossary itself is to be mended."""
    glossary = read_glossary(language)
    for number, line in enumerate(lines, 1):
        unknown = set(mentions(line)) - set(glossary.terms)
        if unknown and not glossary.broken:
            raise wrong(number, text("names a term {term!r} that the glossary does not have", term=min(unknown)))


def read_quiz(language: str = "en", folder: Path = QUIZ) -> tuple[Review, ...]:
    """Read the questions of the quiz, in the format of lessons' reviews; in English where a language has none.

    Raises BrokenLesson with file and line for a file that cannot be one.
    """
    path = folder / f"{language}.md"
    path = path if path.exists() else folder / "en.md"
    wrong = _Wrong(path.name)
    _, *parts = _parts(_lines(path), wrong)
    for part in parts:
        if part.kind != "review":
            raise wrong(part.line, f"has a step {part.kind[:40]!r}; a quiz has reviews alone")
    return tuple(_review(part, wrong) for part in parts)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BrokenLesson(text("{name} cannot be read.", name=path.name), text("Restore it, or remove it.")) from error


@dataclass(frozen=True)
class _Wrong:
    """Make errors that name file and line."""

    file: str

    def __call__(self, line: int, what: str) -> BrokenLesson:
        return BrokenLesson(
            text("{file}, line {line}: it {what}.", file=self.file, line=line, what=what),
            text("Mend the file; other lessons work meanwhile."),
        )


def _parts(lines: list[str], wrong: _Wrong) -> Iterator[_Part]:
    """Yield what stands before the first heading, and under each."""
    starts = [0, *(number for number, line in enumerate(lines) if line.startswith("== ")), len(lines)]
    for begin, end in itertools.pairwise(starts):
        kind = lines[begin][3:].strip() if begin < len(lines) and lines[begin].startswith("== ") else "head"
        entries, number = [], begin + (kind != "head")
        while number < end and lines[number].strip():
            found = _KEY.fullmatch(lines[number].strip())
            if found is None:
                raise wrong(
                    number + 1, text("says {lines!r} where `key: value` belongs", lines=lines[number].strip()[:40])
                )
            entries.append(_Entry(found[1], found[2].strip(), number + 1))
            number += 1
        yield _Part(kind, tuple(entries), "\n".join(lines[number:end]).strip(), begin + 1)


def _step(part: _Part, wrong: _Wrong) -> Step:
    readers: dict[str, Callable[[_Part, _Wrong], Step]] = {
        "predict": _predict,
        "live": lambda each, error: Live(_measured(_one(each, "part", error), error)),
        "explain": _explain,
        "review": _review,
    }
    if part.kind not in readers:
        raise wrong(
            part.line, text("has a step {kind!r}; there are {readers}", kind=part.kind[:40], readers=", ".join(readers))
        )
    return readers[part.kind](part, wrong)


def _predict(part: _Part, wrong: _Wrong) -> Predict:
    truth = tuple(_measured(each, wrong) for each in _all(part, "truth"))
    name, ask = _one(part, "id", wrong).value, _one(part, "ask", wrong).value
    options = tuple(each.value for each in _all(part, "option"))
    smallest = any(each.value == "smallest" for each in _all(part, "right"))
    if options:
        if len(truth) != len(options) or len(options) < 2:
            raise wrong(part.line, text("gives not as many truths as options, or fewer than two"))
        return Predict(name, ask, truth, options=options, smallest=smallest)
    entry = _one(part, "slider", wrong)
    found = _SLIDER.fullmatch(entry.value)
    if found is None or len(truth) != 1 or float(found[1]) >= float(found[2]):
        raise wrong(entry.line, text("needs a slider such as `0 to 100 %`, and one truth"))
    return Predict(name, ask, truth, float(found[1]), float(found[2]), found[3])


def _explain(part: _Part, wrong: _Wrong) -> Explain:
    figures = {each.key.split()[1]: _measured(each, wrong) for each in part.entries if each.key.startswith("figure ")}
    if not part.text:
        raise wrong(part.line, text("explains nothing: its text is to begin after an empty line"))
    unknown = set(re.findall(r"{([a-z0-9-]+)}", part.text)) - set(figures)
    if unknown:
        raise wrong(part.line, text("names a figure {unknown!r} that it does not describe", unknown=min(unknown)))
    return Explain(part.text, figures)


def _review(part: _Part, wrong: _Wrong) -> Review:
    answers = [each for each in part.entries if each.key in ("answer", "answer*")]
    right = [place for place, each in enumerate(answers) if each.key == "answer*"]
    if len(answers) < 2 or len(right) != 1:
        raise wrong(part.line, text("needs at least two answers, exactly one of them as `answer*`"))
    ask, why = _one(part, "ask", wrong).value, _one(part, "why", wrong).value
    return Review(ask, tuple(each.value for each in answers), right[0], why)


def _all(part: _Part, key: str) -> list[_Entry]:
    return [each for each in part.entries if each.key == key]


def _one(part: _Part, key: str, wrong: _Wrong) -> _Entry:
    found = _all(part, key)
    if len(found) != 1 or not found[0].value:
        raise wrong(part.line, text("needs one line `{key}: ...`", key=key))
    return found[0]


def _measured(entry: _Entry, wrong: _Wrong) -> Measured:
    what, *given = entry.value.split()
    if not all(re.fullmatch(r"[a-z]+=\S+", each) for each in given):
        raise wrong(entry.line, text("names what is measured otherwise than `NAME key=value`"))
    return Measured(what, dict(each.split("=", 1) for each in given))
