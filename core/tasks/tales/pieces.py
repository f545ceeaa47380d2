"""Word pieces: how a tale becomes numbers, and numbers become a tale again."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from core.errors import TaskUnavailable
from core.tasks.assets import Assets
from core.tasks.packages import import_package

PLAIN = str.maketrans("\u2018\u2019\u201c\u201d\u2013\u2014", "''\"\"--")
"""Quotation marks and dashes that tales write in several ways, and the one way that the network knows."""


def plain_text(text: str) -> str:
    """Write a text in the one way that the network knows: plain marks, single spaces, nothing around it."""
    text = unicodedata.normalize("NFKC", text).translate(PLAIN)
    return re.sub(r"\s+", " ", re.sub(r"-{2,}", "-", text)).strip()


@dataclass(frozen=True, eq=False)
class Pieces:
    """Turn plain texts into numbers of word pieces and back.

    tokenizer: of the library `tokenizers`; content: the file it was read from, tokenizer.json.
    """

    tokenizer: Any
    content: bytes

    @classmethod
    def read(cls, content: bytes) -> "Pieces":
        """Make them from what a tokenizer.json holds. Raises TaskUnavailable without the package, ValueError."""
        return cls(import_package("tokenizers").Tokenizer.from_str(content.decode()), content)

    @property
    def count(self) -> int:
        """How many different pieces there are."""
        return int(self.tokenizer.get_vocab_size())

    def encode(self, text: str) -> list[int]:
        """Return the numbers of a text's pieces; characters that no tale has are left out."""
        return list(self.tokenizer.encode(text).ids)

    def decode(self, numbers: list[int]) -> str:
        """Return the text of some pieces, spaces included."""
        return str(self.tokenizer.decode(numbers))


def load_pieces(assets: Assets, file: str) -> Pieces:
    """Load a shipped tokenizer.json. Raises TaskUnavailable when it is not as shipped, or without `tokenizers`."""
    content = assets.read(file)
    try:
        return Pieces.read(content)
    except ValueError as error:
        raise TaskUnavailable(*assets.damaged(file)) from error
