"""The glossary: what the words of the app mean, in one plain file for each language.

In `assets/glossary/LANGUAGE.md` each term begins with a heading `## ID: NAME`; its text follows, one or two sentences,
then, if wanted, a line `see: ID, ID` and a line `source: ...`. Lines before the first heading are notes. An id is the
same in every language; names are written as they stand within a sentence.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import PlaygroundError
from core.language import SOURCE, Text, text

FOLDER = Path(__file__).resolve().parents[1] / "assets" / "glossary"

_HEADING = re.compile(r"##\s+([a-z0-9-]+):\s*(\S.*)")
_MENTION = re.compile(r"\[\[([a-z0-9-]+)(?:\|([^\[\]|]+))?\]\]")


class BrokenTerm(PlaygroundError):
    """Refuse one entry of a glossary, or all of its file; the sentence names file and line."""


@dataclass(frozen=True)
class Term:
    """Hold one term.

    id: the same in every language; name: as it stands within a sentence; meaning: one or two sentences.
    see: ids of terms that belong to it; source: authors, year and title of where it comes from, or "".
    """

    id: str
    name: str
    meaning: str
    see: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True)
class Glossary:
    """Hold the terms of a language by their ids, in the order of the file, and what is wrong with others."""

    terms: Mapping[str, Term]
    broken: tuple[BrokenTerm, ...] = ()

    def search(self, wanted: str) -> list[Term]:
        """List the terms with all of the words that somebody looks for: by name first, then by meaning."""
        words = wanted.casefold().split()
        found = [
            each
            for each in self.terms.values()
            if all(word in f"{each.id} {each.name} {each.meaning}".casefold() for word in words)
        ]
        return sorted(found, key=lambda each: not all(word in each.name.casefold() for word in words))


def read_glossary(language: str = SOURCE, folder: Path = FOLDER) -> Glossary:
    """Read the glossary of a language; entries that cannot be read are listed in `broken`, and the others work."""
    path = folder / f"{language}.md"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        said = text("{file} cannot be read.", file=path.name)
        return Glossary({}, (BrokenTerm(said, text("Restore it; all else works meanwhile.")),))
    terms: dict[str, Term] = {}
    broken: list[BrokenTerm] = []
    at: dict[str, int] = {}
    for number, entry in _entries(lines):
        try:
            term = _read_term(entry, number, path.name)
            if term.id in terms:
                raise _broken(text("{file}, line {line}: {id} is there twice.", **_at(path.name, number), id=term.id))
        except BrokenTerm as error:
            broken.append(error)
        else:
            terms[term.id], at[term.id] = term, number
    for term in terms.values():
        for other in sorted(set(term.see) - set(terms)):
            said = text(
                "{file}, line {line}: it refers to {id}, which is no term.", **_at(path.name, at[term.id]), id=other
            )
            broken.append(_broken(said))
    return Glossary(terms, tuple(broken))


def mentions(words: str) -> Iterator[str]:
    """Yield the ids of the terms that a text mentions as `[[ID]]` or `[[ID|words]]`."""
    return (found[1] for found in _MENTION.finditer(words))


def link_terms(words: str, glossary: Glossary, address: str = "#{id}") -> str:
    """Turn each `[[ID]]` or `[[ID|words]]` of a text into a Markdown link that explains the term under the pointer.

    address: of the link, with `{id}` in it. A term that the glossary does not have stays as plain words.
    """

    def link(found: re.Match[str]) -> str:
        term = glossary.terms.get(found[1])
        shown = found[2] or (term.name if term else found[1])
        if term is None:
            return shown
        return f'[{shown}]({address.format(id=term.id)} "{_in_title(term.meaning)}")'

    return _MENTION.sub(link, words)


def _in_title(words: str) -> str:
    """Write words so that they can stand in the title of a Markdown link."""
    return words.replace("\\", "").replace('"', "'")


def _entries(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield each heading's line number, from 1, with its line and those below it."""
    starts = [number for number, line in enumerate(lines) if line.startswith("##")]
    for begin, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield begin + 1, lines[begin:end]


def _read_term(entry: list[str], line: int, file: str) -> Term:
    """Read one term from its lines. Raises BrokenTerm."""
    heading = _HEADING.fullmatch(entry[0].strip())
    if heading is None:
        said = text("{file}, line {line}: a heading is to read `## id: name`.", **_at(file, line))
        raise _broken(said)
    meaning, more = [], {"see": "", "source": ""}
    for number, each in enumerate(entry[1:], line + 1):
        key, _, value = each.partition(":")
        if key in more:
            if more[key] or not value.strip():
                raise _broken(text("{file}, line {line}: {key} is empty or there twice.", **_at(file, number), key=key))
            more[key] = value.strip()
        elif each.strip():
            meaning.append(each.strip())
    if not meaning:
        raise _broken(text("{file}, line {line}: this term is not explained.", **_at(file, line)))
    see = tuple(each.strip() for each in more["see"].split(",") if each.strip())
    return Term(heading[1], heading[2].strip(), " ".join(meaning), see, more["source"])


def _at(file: str, line: int) -> dict[str, str | int]:
    return {"file": file, "line": line}


def _broken(said: Text) -> BrokenTerm:
    return BrokenTerm(said, text("Mend the file; other terms work meanwhile."))
