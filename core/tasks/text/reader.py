"""How texts become numbers: whole words for the small network, word pieces for a transformer."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from core.errors import BadInput
from core.language import text
from core.tasks.text.data import Texts

NO_WORD, UNKNOWN_WORD = 0, 1
"""Numbers of the small network for no word at all, and for a word that it never learned."""

MOST_CHARACTERS = 100_000
"""Characters of a text that somebody may type; what is more than a network reads is cut, and said so."""


@dataclass(frozen=True, eq=False)
class Reader:
    """Turn texts into numbers.

    read: texts -> for each the numbers of its words or word pieces, without NO_WORD, at most `longest`.
    unknown: the number of all words that the network never learned.
    framing: numbers that every text has at its beginning and end.
    shortest: how many numbers the network needs at least.
    format: what a network reads, for somebody who loads the download.
    files: name -> content of what the reader is kept in, for a download.
    longest: how many words or word pieces of a text are read.
    length: text -> how many of them the whole of it has.
    unit: words or word pieces, in the plural.
    """

    read: Callable[[list[str]], list[list[int]]]
    unknown: int
    framing: frozenset[int]
    shortest: int
    format: str
    files: Mapping[str, bytes]
    longest: int
    length: Callable[[str], int]
    unit: str

    def how_much(self, text: str) -> str:
        """Say how much of a text is read, "" if all of it."""
        return describe_cut(self.length(text), self.longest, self.unit)

    def known(self, numbers: list[int]) -> int:
        """Count the words or word pieces that the network has learned."""
        return sum(number != self.unknown and number not in self.framing for number in numbers)

    def batch(self, texts: list[list[int]]) -> Tensor:
        """Lay texts that were read side by side, int (n, length of the longest)."""
        return padded(texts, self.shortest)


@dataclass(frozen=True, eq=False)
class EncodedTexts:
    """Hold the texts of a split as numbers of words or word pieces, and the place of each one's class, int (n,)."""

    numbers: list[list[int]]
    labels: Tensor


def encode(reader: Reader, texts: Callable[[str], Texts], split: str) -> EncodedTexts:
    """Turn all texts of a split into numbers."""
    data = texts(split)
    return EncodedTexts(reader.read(data.texts), torch.tensor(data.classes))


def require_text(given: str) -> None:
    """Raise BadInput if a text that somebody typed is empty or too long."""
    if not given.strip():
        raise BadInput(text("There is no text to read."), text("Type a few words."))
    if len(given) > MOST_CHARACTERS:
        raise BadInput(
            text("This text has {count:,} characters.", count=len(given)),
            text("Give at most {most_characters:,}.", most_characters=MOST_CHARACTERS),
        )


def read_typed(reader: Reader, given: str) -> list[int]:
    """Read a text that somebody typed. Raises BadInput if it is empty, too long, or holds no known word."""
    require_text(given)
    numbers = reader.read([given])[0]
    if not reader.known(numbers):
        raise BadInput(
            text("None of these words is known: the network has learned its words from English newswires."),
            text("Type a few English words, for example about oil, grain or earnings."),
        )
    return numbers


def read_typed_texts(reader: Reader, texts: list[str]) -> Tensor:
    """Read texts that somebody brings into one batch. Raises BadInput as `read_typed` does."""
    return reader.batch([read_typed(reader, text) for text in texts])


def describe_cut(length: int, longest: int, unit: str) -> str:
    """Say how much of a text of so many words or word pieces is read, "" if all of it."""
    return (
        text("Only the first {longest:,} of its {length:,} {unit} are read.", longest=longest, length=length, unit=unit)
        if length > longest
        else ""
    )


def padded(texts: list[list[int]], shortest: int, filler: int = NO_WORD) -> Tensor:
    """Lay texts side by side, int (n, length of the longest, at least `shortest`), short ones filled up."""
    longest = max(shortest, *(len(text) for text in texts))
    return torch.tensor([text + [filler] * (longest - len(text)) for text in texts])


def split_words(text: str) -> list[str]:
    """Split a text into lower-case words of letters and digits."""
    return re.findall(r"[^\W_]+", text.lower())


def word_reader(vocabulary: list[str], longest: int = 128) -> Reader:
    """Make a reader of whole words from a vocabulary, whose first word has number 2."""
    numbers = {word: number for number, word in enumerate(vocabulary, UNKNOWN_WORD + 1)}

    def read(texts: list[str]) -> list[list[int]]:
        return [[numbers.get(word, UNKNOWN_WORD) for word in split_words(text)[:longest]] for text in texts]

    return Reader(
        read,
        UNKNOWN_WORD,
        framing=frozenset(),
        shortest=5,  # the widest filter looks at five words
        format=text(
            "the numbers of up to 128 lower-case words; vocabulary.json lists them, the first is 2, an unknown word "
            "1, none 0."
        ),
        files={"vocabulary.json": json.dumps(vocabulary).encode()},
        longest=longest,
        length=lambda text: len(split_words(text)),
        unit=text("words"),
    )


def piece_reader(tokenizer: Any, files: Mapping[str, bytes], longest: int = 64) -> Reader:
    """Make a reader of word pieces from a fast tokenizer of the library `transformers`, kept in `files`."""
    return Reader(
        lambda texts: tokenizer(texts, truncation=True, max_length=longest)["input_ids"],
        tokenizer.unk_token_id,
        framing=frozenset((tokenizer.cls_token_id, tokenizer.sep_token_id)),
        shortest=3,
        format=text(
            "the numbers of up to {longest} word pieces, as tokenizer.json gives them; 0 stands for none.",
            longest=longest,
        ),
        files=files,
        longest=longest,
        length=lambda text: len(tokenizer(text, verbose=False)["input_ids"]),
        unit=text("word pieces"),
    )
