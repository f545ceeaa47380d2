"""Collections of texts that are sorted into classes, and the newswires and their topics (Reuters R8) among them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from core.language import text
from core.tasks.asset_files import load_json
from core.tasks.assets import Assets
from core.tasks.demo import Answer
from core.tasks.text.corruptions import CORRUPTIONS

EXAMPLE_CHARACTERS = 300
"""Characters of a text that are shown as an example."""


@dataclass(frozen=True)
class Collection:
    """Describe texts that are sorted into classes.

    name: what the manifest calls them, and their files begin with.
    classes: what people read, in the order of the networks' outputs.
    source: where they come from, with the licence.
    noun, label: what one of them is called, in a sentence and as a label; beginning: one to try by hand; help: a
        sentence about what to type.
    aliases: other names of a class, as tables of texts may have them -> the class.
    """

    name: str
    classes: tuple[str, ...]
    source: str
    noun: str
    label: str
    beginning: str
    help: str
    aliases: Mapping[str, str] = field(default_factory=dict)

    def file(self, split: str) -> str:
        """Name the file of one split."""
        return f"data/{self.name}-{split}.json.gz"


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
"""The newswires' own codes, in the order of the networks' outputs, and the names that people read."""

NEWSWIRES = Collection(
    "reuters-r8",
    tuple(TOPICS.values()),
    text("Reuters-21578 R8 newswires of 1987 (Reuters Ltd. and Carnegie Group; distributed for research use only)"),
    text("headline"),
    text("Headline"),
    "opec ministers agree to cut oil output after prices fall",
    text("A few English words as a newswire of 1987 might have them."),
    TOPICS,
)


@dataclass(frozen=True, eq=False)
class Texts:
    """Hold the texts of a split, and for each the place of its class."""

    classes: list[int]
    texts: list[str]

    def chosen(self, places: list[int]) -> "Texts":
        """Return the texts in these places."""
        return Texts([self.classes[place] for place in places], [self.texts[place] for place in places])


def read_texts(assets: Assets, collection: Collection, split: str) -> Texts:
    """Read a split. Raises TaskUnavailable when its file is not as shipped."""
    content = load_json(assets, collection.file(split))
    return Texts(content["topics"], content["texts"])


def shift_texts(texts: Callable[[str], Texts], shift: str, strength: int, split: str) -> Texts:
    """Shift all texts of a split, by one of CORRUPTIONS and a strength of 1 to 5."""
    original = texts(split)
    return Texts(original.classes, [CORRUPTIONS[shift](text, strength) for text in original.texts])


def show_text(texts: Callable[[str], Texts], classes: tuple[str, ...], split: str, place: int) -> Answer:
    """Show the beginning of one text of a split, with its class."""
    data = texts(split)
    return Answer(classes[data.classes[place]], ({text("Text"): beginning_of(data.texts[place])},))


def beginning_of(whole: str) -> str:
    """Return as much of a text as is shown of an example."""
    return whole if len(whole) <= EXAMPLE_CHARACTERS else f"{whole[:EXAMPLE_CHARACTERS]} ..."
