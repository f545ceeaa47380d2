"""A labelled set once it is read: what can be judged, and what was left out of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class LeftOut:
    """Name something of a labelled set that is not judged.

    what: a line, a file or a folder, as in "line 7", "Coat/Thumbs.db" or "folder socks (12 files)".
    why: the reason, a sentence.
    """

    what: str
    why: str


@dataclass(frozen=True, eq=False)
class Examples:
    """Hold the examples of a labelled set.

    items: pictures or texts.
    labels: the place of each one's class; where there may be several, a tuple of their places.
    left_out: everything that is not among the items, in the order of the file.
    of: how many examples were given in all; files that an operating system laid beside them do not count.
    """

    items: Sequence[Any]
    labels: Sequence[Any]
    left_out: tuple[LeftOut, ...]
    of: int
