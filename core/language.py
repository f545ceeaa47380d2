"""Languages: what a visitor reads, in English or as one of the folders of `assets/locale` has it.

English sentences stand in the code and are the keys of the catalogues (gettext). What `core` says is made with `text`:
a string like any other, which remembers its parts so that `translate` can say it in another language later, on a page.
Catalogues are kept as .po files alone and compiled in memory, so that none can be out of date.
"""

import functools
import gettext
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from babel import Locale, negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALE = Path(__file__).resolve().parents[1] / "assets" / "locale"
"""One folder a language, each with a messages.po."""

SOURCE = "en"
"""The language of the code."""


class Text(str):
    """An English sentence that remembers the message it was made of, and the values in it.

    message: with a name in braces for each value, as `str.format` has it. one: the message where `count` is one.
    """

    message: str
    values: Mapping[str, Any]
    one: str

    __slots__ = ("message", "one", "values")

    def __new__(cls, message: str, values: Mapping[str, Any] | None = None, one: str = "") -> Self:
        """Make the sentence in English."""
        values = dict(values or {})
        chosen = one if one and values.get("count") == 1 else message
        made = super().__new__(cls, chosen.format(**values) if values else chosen)
        made.message, made.values, made.one = message, values, one
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.message, dict(self.values), self.one)


def text(message: str, /, **values: Any) -> Text:
    """Say a sentence that can be translated later; its values stand in braces. Raises KeyError if one is missing."""
    return Text(message, values)


def text_of(one: str, many: str, /, count: int, **values: Any) -> Text:
    """Say a sentence of so many things: `one` where `count` is 1, else `many`."""
    return Text(many, {"count": count, **values}, one)


def as_text(said: str) -> Text:
    """Return a plain name, such as a metric's, as something that can be translated where a catalogue knows it."""
    return said if isinstance(said, Text) else Text(said)


def text_to_data(said: str) -> Any:
    """Return a sentence as plain data, for the store; one that cannot be translated stays as it is."""
    if not isinstance(said, Text):
        return said
    values = {name: text_to_data(each) if isinstance(each, str) else each for name, each in said.values.items()}
    return {"message": said.message, "values": values, "one": said.one}


def text_from_data(data: Any) -> str:
    """Return what `text_to_data` wrote. Raises ValueError for anything else."""
    if isinstance(data, str):
        return data
    try:
        values = {
            name: text_from_data(each) if isinstance(each, (str, dict)) else each
            for name, each in data["values"].items()
        }
        return Text(data["message"], values, data["one"])
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        raise ValueError("This is no sentence.") from error


def together(parts: Iterable[str], between: str = " ") -> Text:
    """Put whole sentences, or the entries of a list, one behind the other; each of them can be translated later."""
    values = {f"part{place}": part for place, part in enumerate(parts)}
    return Text(between.join(f"{{{name}}}" for name in values), values)


@functools.cache
def languages() -> dict[str, str]:
    """Return the languages that there are, code -> its own name; English first, which needs no catalogue."""
    found = sorted(folder.parent.name for folder in LOCALE.glob("*/messages.po"))
    return {code: str(Locale.parse(code).get_language_name(code)) for code in (SOURCE, *found)}


@functools.cache
def catalogue(language: str) -> gettext.NullTranslations:
    """Return the messages of a language; none for English, or for one that is not there."""
    if language == SOURCE or language not in languages():
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with (LOCALE / language / "messages.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def translate(language: str, message: str, /, **values: Any) -> str:
    """Say a message, or a `Text` that was made of one, in a language; English where it has none for it."""
    if isinstance(message, Text):
        return _say(language, message.message, message.values, message.one)
    return _say(language, message, values)


def translate_of(language: str, one: str, many: str, /, count: int, **values: Any) -> str:
    """Say a sentence of so many things, in the form that the language has for that number."""
    return _say(language, many, {"count": count, **values}, one)


def translate_within(language: str, whole: Any) -> Any:
    """Return plain data, such as a figure, with each `Text` in its dicts, lists and tuples said in a language."""
    if isinstance(whole, Text):
        return translate(language, whole)
    if isinstance(whole, dict):
        return {translate_within(language, key): translate_within(language, value) for key, value in whole.items()}
    if isinstance(whole, (list, tuple)):
        if whole and isinstance(whole[0], (int, float)):  # long rows of numbers stay as they are
            return whole
        return type(whole)(translate_within(language, each) for each in whole)
    return whole


def _say(language: str, message: str, values: Mapping[str, Any], one: str = "") -> str:
    known = catalogue(language)
    found = known.ngettext(one, message, int(values["count"])) if one else known.gettext(message) if message else ""
    said = {name: translate(language, each) if isinstance(each, Text) else each for name, each in values.items()}
    return found.format(**said) if values else found


def best_language(wanted: Sequence[str]) -> str:
    """Return the language that suits what a browser asks for, such as ("zh-CN", "en"), the best first."""
    found = negotiate_locale([each.replace("-", "_") for each in wanted], list(languages()))
    return found.partition("_")[0].lower() if found else SOURCE
