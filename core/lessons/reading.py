"""Read lessons from plain files.

A file begins with lines `key: value` (title, question, minutes, paper). Steps follow, each begun by a line
`== KIND`, with lines `key: value` of its own and, after an empty line, Markdown:

    == predict           id, ask, truth (once, or once for each option), slider (LOW to HIGH UNIT) or option (several)
    == live              part
    == explain           figure NAME (any number), then the text
    == review            ask, answer (several), answer* (the right one), why

What is measured is written `NAME key=value key=value`, with the keys of a link.
"""

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.errors import PlaygroundError
from core.lessons.records import Explain, Lesson, Live, Measured, Predict, Review, Step

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "lessons"

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
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BrokenLesson(f"{path.name} cannot be read.", "Restore it, or remove it.") from error
    wrong = _Wrong(path.name)
    head, *parts = _parts(lines, wrong)
    values = {entry.key: entry.value for entry in head.entries}
    for key in ("title", "question", "minutes", "paper"):
        if not values.get(key):
            raise wrong(1, f"says no {key}")
    if not values["minutes"].isdigit():
        raise wrong(1, "gives no whole number of minutes")
    steps = tuple(_step(part, wrong) for part in parts)
    ids = [step.id for step in steps if isinstance(step, Predict)]
    if len(set(ids)) < len(ids):
        raise wrong(1, "gives two predictions one id")
    return Lesson(name, values["title"], values["question"], int(values["minutes"]), values["paper"], steps)


@dataclass(frozen=True)
class _Wrong:
    """Make errors that name file and line."""

    file: str

    def __call__(self, line: int, what: str) -> BrokenLesson:
        return BrokenLesson(f"{self.file}, line {line}: it {what}.", "Mend the file; other lessons work meanwhile.")


def _parts(lines: list[str], wrong: _Wrong) -> Iterator[_Part]:
    """Yield what stands before the first heading, and under each."""
    starts = [0, *(number for number, line in enumerate(lines) if line.startswith("== ")), len(lines)]
    for begin, end in itertools.pairwise(starts):
        kind = lines[begin][3:].strip() if begin < len(lines) and lines[begin].startswith("== ") else "head"
        entries, number = [], begin + (kind != "head")
        while number < end and lines[number].strip():
            found = _KEY.fullmatch(lines[number].strip())
            if found is None:
                raise wrong(number + 1, f"says {lines[number].strip()[:40]!r} where `key: value` belongs")
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
        raise wrong(part.line, f"has a step {part.kind[:40]!r}; there are {', '.join(readers)}")
    return readers[part.kind](part, wrong)


def _predict(part: _Part, wrong: _Wrong) -> Predict:
    truth = tuple(_measured(each, wrong) for each in _all(part, "truth"))
    name, ask = _one(part, "id", wrong).value, _one(part, "ask", wrong).value
    options = tuple(each.value for each in _all(part, "option"))
    smallest = any(each.value == "smallest" for each in _all(part, "right"))
    if options:
        if len(truth) != len(options) or len(options) < 2:
            raise wrong(part.line, "gives not as many truths as options, or fewer than two")
        return Predict(name, ask, truth, options=options, smallest=smallest)
    entry = _one(part, "slider", wrong)
    found = _SLIDER.fullmatch(entry.value)
    if found is None or len(truth) != 1 or float(found[1]) >= float(found[2]):
        raise wrong(entry.line, "needs a slider such as `0 to 100 %`, and one truth")
    return Predict(name, ask, truth, float(found[1]), float(found[2]), found[3])


def _explain(part: _Part, wrong: _Wrong) -> Explain:
    figures = {each.key.split()[1]: _measured(each, wrong) for each in part.entries if each.key.startswith("figure ")}
    if not part.text:
        raise wrong(part.line, "explains nothing: its text is to begin after an empty line")
    unknown = set(re.findall(r"{([a-z0-9-]+)}", part.text)) - set(figures)
    if unknown:
        raise wrong(part.line, f"names a figure {min(unknown)!r} that it does not describe")
    return Explain(part.text, figures)


def _review(part: _Part, wrong: _Wrong) -> Review:
    answers = [each for each in part.entries if each.key in ("answer", "answer*")]
    right = [place for place, each in enumerate(answers) if each.key == "answer*"]
    if len(answers) < 2 or len(right) != 1:
        raise wrong(part.line, "needs at least two answers, exactly one of them as `answer*`")
    ask, why = _one(part, "ask", wrong).value, _one(part, "why", wrong).value
    return Review(ask, tuple(each.value for each in answers), right[0], why)


def _all(part: _Part, key: str) -> list[_Entry]:
    return [each for each in part.entries if each.key == key]


def _one(part: _Part, key: str, wrong: _Wrong) -> _Entry:
    found = _all(part, key)
    if len(found) != 1 or not found[0].value:
        raise wrong(part.line, f"needs one line `{key}: ...`")
    return found[0]


def _measured(entry: _Entry, wrong: _Wrong) -> Measured:
    what, *given = entry.value.split()
    if not all(re.fullmatch(r"[a-z]+=\S+", each) for each in given):
        raise wrong(entry.line, "names what is measured otherwise than `NAME key=value`")
    return Measured(what, dict(each.split("=", 1) for each in given))
