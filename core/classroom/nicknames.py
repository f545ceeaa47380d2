"""Nicknames: whatever people type, as one line of text that shows as it is and can be told from the others."""

import re
import unicodedata
from collections.abc import Collection

from core.errors import BadInput
from core.language import text

LONGEST = 30
"""Characters of a nickname."""

JOINERS = "\u200c\u200d"
"""Invisible, but Persian and emoji are written with them."""

DROPPED = ("Cc", "Cf", "Cs", "Co")
"""Controls, marks of direction, halves of letters, letters of nobody; new emoji may still have no kind at all (Cn)."""

BLANKS = re.compile("[\\s\u115f\u1160\u2800\u3164\uffa0]+")
"""Spaces, and letters that look like one."""


def clean_nickname(typed: str) -> str:
    """Return a nickname on one line, without controls and marks that turn the direction of what stands around it.

    Raises BadInput for one that is empty or longer than LONGEST characters.
    """
    if len(typed) > 100 * LONGEST:
        raise _too_long(len(typed))
    spaced = BLANKS.sub(" ", unicodedata.normalize("NFC", typed))
    shown = "".join(each for each in spaced if each in JOINERS or unicodedata.category(each) not in DROPPED)
    name = re.sub(" +", " ", shown).strip(" " + JOINERS)
    if not any(unicodedata.category(each)[0] in "LNPSC" and each not in JOINERS for each in name):
        raise BadInput(text("A nickname needs at least one letter, digit or sign."), text("Type one."))
    if len(name) > LONGEST:
        raise _too_long(len(name))
    return name


def _too_long(length: int) -> BadInput:
    return BadInput(
        text("A nickname has at most {most} characters; this one has {length:,}.", most=LONGEST, length=length),
        text("Choose a shorter one."),
    )


def tell_apart(name: str, taken: Collection[str]) -> str:
    """Return a nickname that nobody has, whatever the case: with a number behind it, if need be."""
    alike = {_alike(each) for each in taken}
    numbered = (name if number == 1 else f"{name} ({number})" for number in range(1, len(alike) + 2))
    return next(each for each in numbered if _alike(each) not in alike)


def _alike(name: str) -> str:
    plain = unicodedata.normalize("NFKC", name).casefold()
    return "".join(each for each in plain if each not in JOINERS)
