"""The networks of a visit: what somebody brought, fetched or went on from, in the list beside the catalogue."""

from typing import Any

from core.store import StoreUnavailable
from pages.shared import visit

PLACE = "networks"
"""Under this name the state of a visit in the store has them."""

MOST = 100
"""Networks that the list of a visit holds, the latest ones."""

Entry = dict[str, str]
"""Name and title of a network."""


def list_own_networks() -> dict[str, str]:
    """Return the networks of this visit, name -> title, the oldest first; none where the store cannot be read."""
    try:
        return {each["name"]: each["title"] for each in _entries(visit.kept(PLACE))}
    except StoreUnavailable:
        return {}


def add_own_network(name: str, title: str) -> None:
    """Put a network at the end of this visit's list, where it stays until the visit is forgotten.

    Two with the same title are told apart by a number. Raises StoreUnavailable.
    """

    def add(found: Any) -> list[Entry]:
        others = [each for each in _entries(found) if each["name"] != name]
        entry = {"name": name, "title": _unlike(title, {each["title"] for each in others})}
        return [*others, entry][-MOST:]

    visit.change_kept(PLACE, add)


def _entries(found: Any) -> list[Entry]:
    """Return what is kept of a visit's networks; what cannot be read is left out."""
    entries = found if isinstance(found, list) else []
    return [each for each in entries if isinstance(each, dict) and {"name", "title"} <= each.keys()]


def _unlike(title: str, taken: set[str]) -> str:
    """Return a title that none of these has: with a number behind it, if need be."""
    numbered = (title if number == 1 else f"{title} ({number})" for number in range(1, len(taken) + 2))
    return next(each for each in numbered if each not in taken)
