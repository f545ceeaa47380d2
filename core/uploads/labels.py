"""Labels and names of folders, matched with the classes of a network however people write them."""

import functools
import re
import unicodedata
from collections.abc import Mapping, Sequence

from core.errors import BadInput
from core.language import text
from core.uploads.limits import LABELS_PER_CLASS, MAX_LABEL_CHARACTERS
from core.uploads.wording import listed, printable

NO_ALIASES: Mapping[str, str] = {}
"""Where classes have no other names."""

LABEL_SEPARATOR = "[;|]"
"""What stands between several labels of one example."""


class UnmatchedLabel(BadInput):
    """Refuse a label that names no class, or could name several, which are in `found`."""

    def __init__(self, given: str, classes: Sequence[str], found: Sequence[str] = ()) -> None:
        what = text("{given!r} is no class here.", given=printable(given))
        if found:
            what = text("{given!r} could be any of {found}.", given=printable(given), found=listed(found))
        super().__init__(what, text("Use: {classes}.", classes=listed(classes)))
        self.found = tuple(found)


def match_label(given: str, classes: Sequence[str], aliases: Mapping[str, str] = NO_ALIASES) -> int:
    """Find the place of the class that a label, or the name of a folder, stands for.

    aliases: other known names -> the class of each. A label is looked for exactly first, then in any case, then by its
    letters and digits alone; never further than where it is found, nor where several classes are found.
    Raises UnmatchedLabel.
    """
    places = {name: place for place, name in enumerate(classes)}
    own_names = list(enumerate(classes))
    all_names = own_names + [(places[name], other) for other, name in aliases.items() if name in places]
    asked = given if len(given) <= MAX_LABEL_CHARACTERS else ""
    for names, reduced in (
        (own_names, _trimmed),
        (all_names, _trimmed),
        (all_names, _without_case),
        (all_names, _letters_and_digits),
    ):
        wanted = reduced(asked)
        found = {place for place, name in names if reduced(name) == wanted} if wanted else set()
        if len(found) > 1:
            raise UnmatchedLabel(given, classes, [classes[place] for place in sorted(found)])
        if found and (
            reduced is not _letters_and_digits or any(_essence(name) == _essence(asked) for _, name in names)
        ):
            return found.pop()
    raise UnmatchedLabel(given, classes)


def match_cell(cell: str, classes: Sequence[str], aliases: Mapping[str, str] = NO_ALIASES) -> int:
    """Find the place of the class that a table's cell names. Raises BadInput, in words about its row."""
    if not cell.strip():
        raise BadInput(text("It has no label."), text("Use: {classes}.", classes=listed(classes)))
    try:
        return match_label(cell, classes, aliases)
    except UnmatchedLabel as error:
        what = text("It has the label {label!r}, which is no class here.", label=printable(cell))
        if error.found:
            what = text(
                "It has the label {label!r}, which could be any of {found}.",
                label=printable(cell),
                found=listed(error.found),
            )
        raise BadInput(what, error.advice) from error


def match_cell_of_several(
    cell: str, classes: Sequence[str], aliases: Mapping[str, str] = NO_ALIASES
) -> tuple[int, ...]:
    """Find the places of all classes that a table's cell names, in order, with ";" or "|" between them.

    A class whose own name holds such a separator is found as well. Raises BadInput, in words about the cell's row.
    """
    places = {_trimmed(name): place for place, name in enumerate(classes)}
    most = max(len(re.findall(LABEL_SEPARATOR, name)) for name in classes)  # separators within one name
    parts = re.split(f"({LABEL_SEPARATOR})", cell)  # every second one is a separator
    if len(parts) > LABELS_PER_CLASS * len(classes) + 2 * most:
        raise BadInput(
            text("It has far more labels than there are classes."), text("Use: {classes}.", classes=listed(classes))
        )
    found, begin = set(), 0
    while begin < len(parts):
        for end in range(begin + 2 * most + 1, begin, -2):  # the longest name first
            name = _trimmed("".join(parts[begin:end]))
            if name in places:
                found.add(places[name])
                break
        else:
            end = begin + 1
            if parts[begin].strip():
                found.add(match_cell(parts[begin], classes, aliases))
        begin = end + 1
    return tuple(sorted(found))


@functools.lru_cache(maxsize=2048)
def _trimmed(name: str) -> str:
    """Strip the spaces around a name, and compose accents: macOS writes them as characters of their own."""
    return unicodedata.normalize("NFC", name).strip()


@functools.lru_cache(maxsize=2048)
def _without_case(name: str) -> str:
    return unicodedata.normalize("NFC", _trimmed(name).casefold())


@functools.lru_cache(maxsize=2048)
def _letters_and_digits(name: str) -> str:
    """Reduce a name to its letters and digits, so that "T-shirt" and "t_shirt" are the same."""
    return "".join(each for each in _compatible(name) if unicodedata.category(each)[0] in "LMN")  # M: vowels of India


@functools.lru_cache(maxsize=2048)
def _essence(name: str) -> str:
    """Reduce a name to what tells it from others: "C#" is not "C", "-1" is not "+1", and "1.0" is not "10"."""
    plain = re.sub(r"(?<!\w)-(?=\d)", "\N{MINUS SIGN}", _compatible(name))  # a sign, as all of category S are kept
    spaced = "".join(each if unicodedata.category(each)[0] in "LMNS" or each in "#%&*@" else " " for each in plain)
    return re.sub(r"(?<=\d) +(?=\d)", "_", spaced).replace(" ", "")


def _compatible(name: str) -> str:
    """Fold case and variants of characters, such as full-width letters."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
