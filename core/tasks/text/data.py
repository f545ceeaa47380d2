"""Newswires and their topics (Reuters R8): the names of the topics, and the texts that ship."""

from collections.abc import Callable
from dataclasses import dataclass

from core.tasks.asset_files import load_json
from core.tasks.assets import Assets
from core.tasks.demo import Answer
from core.tasks.text.corruptions import CORRUPTIONS

TOPICS = {
    "acq": "takeovers",
    "crude": "crude oil",
    "earn": "earnings",
    "grain": "grain",
    "interest": "interest rates",
    "money-fx": "foreign exchange",
    "ship": "shipping",
    "trade": "trade",
}
"""The collection's own codes, in the order of the networks' outputs, and the names that people read."""

CLASSES = tuple(TOPICS.values())

SOURCE = "Reuters-21578 R8 newswires of 1987 (Reuters Ltd. and Carnegie Group; distributed for research use only)"

EXAMPLE_CHARACTERS = 300
"""Characters of a newswire that are shown as an example."""


@dataclass(frozen=True, eq=False)
class Newswires:
    """Hold the texts of a split, and for each the place of its topic in CLASSES."""

    topics: list[int]
    texts: list[str]


def read_newswires(assets: Assets, split: str) -> Newswires:
    """Read a split. Raises TaskUnavailable when its file is not as shipped."""
    content = load_json(assets, f"data/reuters-r8-{split}.json.gz")
    return Newswires(content["topics"], content["texts"])


def shift_newswires(newswires: Callable[[str], Newswires], shift: str, strength: int, split: str) -> Newswires:
    """Shift all texts of a split, by one of CORRUPTIONS and a strength of 1 to 5."""
    original = newswires(split)
    return Newswires(original.topics, [CORRUPTIONS[shift](text, strength) for text in original.texts])


def show_newswire(newswires: Callable[[str], Newswires], split: str, place: int) -> Answer:
    """Show the beginning of one newswire of a split, with its topic."""
    data = newswires(split)
    text = data.texts[place]
    shown = text if len(text) <= EXAMPLE_CHARACTERS else f"{text[:EXAMPLE_CHARACTERS]} ..."
    return Answer(CLASSES[data.topics[place]], ({"Text": shown},))
