"""The networks of a visit: what somebody brought, fetched or went on from, in the list beside the catalogue."""

import contextlib
from collections.abc import Iterator
from typing import Any

from core.language import text, text_from_data, text_to_data
from core.store import StoreUnavailable
from pages.shared import visit

PLACE = "networks"
"""Under this name the state of a visit in the store has them."""

MOST = 100
"""Networks that the list of a visit holds, the latest ones."""

Entry = dict[str, Any]
"""Name and title of a network; the title as data, so that it can be said in any language later."""


def list_own_networks() -> dict[str, str]:
    """Return the networks of this visit, name -> title, the oldest first; none where the store cannot be read."""
    try:
        return dict(_titles(visit.kept(PLACE)))
    except StoreUnavailable:
        return {}


def add_own_network(name: str, title: str) -> None:
    """Put a network at the end of this visit's list, where it stays until the visit is forgotten.

    Two with the same title are told apart by a number. Raises StoreUnavailable.
    """

    def add(found: Any) -> list[Entry]:
        others = [each for each in _entries(found) if each["name"] != name]
        taken = {said for _, said in _titles(others)}
        return [*others, {"name": name, "title": text_to_data(_unlike(title, taken))}][-MOST:]

    visit.change_kept(PLACE, add)


def _entries(found: Any) -> list[Entry]:
    """Return what is kept of a visit's networks; what cannot be read is left out."""
    entries = found if isinstance(found, list) else []
    return [each for each in entries if isinstance(each, dict) and {"name", "title"} <= each.keys()]


def _titles(found: Any) -> Iterator[tuple[str, str]]:
    """Yield name and title of each network of a visit."""
    for each in _entries(found):
        with contextlib.suppress(ValueError):
            yield each["name"], text_from_data(each["title"])


def _unlike(title: str, taken: set[str]) -> str:
    """Return a title that none of these has: with a number behind it, if need be."""
    numbers = range(1, len(taken) + 2)
    numbered = (title if each == 1 else text("{title} ({number})", title=title, number=each) for each in numbers)
    return next(each for each in numbered if each not in taken)
