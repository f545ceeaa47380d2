"""Texts for classifiers of the Hub: how they become word pieces, and that the network answers as its authors' does."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor

from core.errors import BadInput, TaskUnavailable
from core.language import text
from core.tasks.hub.lookup import HubModel
from core.tasks.hub.network import NONE, TextClassifier
from core.tasks.hub.opening import ANOTHER, build_frame, cannot_be_opened, class_names, open_weights
from core.tasks.text.reader import describe_cut, padded, require_text

MOST_CLASSES = 50

LONGEST = 512
"""Word pieces of a text that are read at most, also by networks that could read more."""

SHORTEST = 3
"""Word pieces that a batch has at least."""

WHAT = text("a text classifier")

PROBES = ("A short one.", "Of all the films that I saw this year, this is the one that I liked best!")
"""Texts on which a network is compared with itself before anybody sees an answer."""

TOLERANCE = 1e-3
"""How far its answers may lie apart there, absolutely and relatively."""


@dataclass(frozen=True, eq=False)
class WordPieces:
    """Turn texts into word pieces as a network's own tokenizer does.

    longest: how many of a text are read; known: how many different ones the network knows.
    """

    tokenizer: Any
    longest: int
    known: int

    def read(self, texts: list[str]) -> Tensor:
        """Read texts, int (n, pieces), NONE behind a shorter one. Raises BadInput for one that cannot be answered."""
        for each in texts:
            require_text(each)
        pieces = self.pieces(texts)
        for numbers in pieces:
            if not numbers:
                raise BadInput(text("The network's tokenizer finds no word in this text."), text("Give another one."))
            if max(numbers) >= self.known:
                raise BadInput(
                    text("This text has word pieces that the network does not know."), text("Give another one.")
                )
        return padded(pieces, SHORTEST, NONE)

    def pieces(self, texts: list[str]) -> list[list[int]]:
        """Return the numbers of the word pieces of each text, at most `longest`."""
        found: list[list[int]] = self.tokenizer(texts, truncation=True, max_length=self.longest)["input_ids"]
        return found

    def how_much(self, given: str) -> str:
        """Say how much of a text is read, "" if all of it."""
        length = len(self.tokenizer(given, verbose=False)["input_ids"])
        said = describe_cut(length, self.longest, text("word pieces"))
        return said.replace("first", "last", 1) if self.tokenizer.truncation_side == "left" else said


def open_text_classifier(
    found: HubModel, config: Mapping[str, Any]
) -> tuple[TextClassifier, WordPieces, tuple[str, ...]]:
    """Open network and tokenizer; return them and the names of the classes. Raises BadInput or TaskUnavailable."""
    from transformers import AutoModelForSequenceClassification

    model = build_frame(found, config, TextClassifier, WHAT)
    model.network = open_weights(found, AutoModelForSequenceClassification, WHAT)
    tokenizer = _open_tokenizer(found)
    classes = class_names(found.name, model.network, MOST_CLASSES)
    pieces = _fit(found, model, tokenizer)
    _require_its_own_answers(found, model, pieces)
    return model.eval(), pieces, classes


def _open_tokenizer(found: HubModel) -> Any:
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(found.folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:  # files of strangers fail in any way they like
        if find_spec("sentencepiece") is None and not (found.folder / "tokenizer.json").is_file():
            raise TaskUnavailable(
                text(
                    "The tokenizer of {name} may need the package sentencepiece, which is not installed here.",
                    name=found.name,
                ),
                text("Install what the app needs: pip install -r requirements.txt"),
            ) from error
        raise TaskUnavailable(text("The tokenizer of {name} cannot be opened.", name=found.name), ANOTHER) from error


def _fit(found: HubModel, model: TextClassifier, tokenizer: Any) -> WordPieces:
    """Find how many word pieces of a text a network reads, by trying. Raises BadInput or TaskUnavailable."""
    stated = getattr(model.network.config, "max_position_embeddings", None)
    most = min(LONGEST, int(tokenizer.model_max_length), stated if isinstance(stated, int) else LONGEST)
    # Networks that count positions from behind the number of their pad token have so many fewer.
    for longest in (most, most - (model.pad or 0) - 1):
        pieces = WordPieces(tokenizer, longest, _known(model))
        try:
            with torch.inference_mode():
                model(pieces.read([" ".join([PROBES[1]] * (longest // 4 + 1))]))
        except (IndexError, RuntimeError):
            continue
        except BadInput:
            break
        except Exception as error:
            raise cannot_be_opened(found.name, WHAT) from error
        return pieces
    raise BadInput(text("Network and tokenizer of {name} do not fit together.", name=found.name), ANOTHER)


def _known(model: TextClassifier) -> int:
    """Return how many different word pieces a network knows; any number where it keeps no table of them."""
    try:
        return len(model.network.get_input_embeddings().weight)
    except (AttributeError, NotImplementedError, TypeError):
        return 2**31


def _require_its_own_answers(found: HubModel, model: TextClassifier, pieces: WordPieces) -> None:
    """Compare answers in a batch with those of the network as its library calls it, one text at a time.

    Raises BadInput where they differ: as where a network reads more than word pieces, or sees what was filled up.
    """
    try:
        with torch.inference_mode():
            ours = model(pieces.read(list(PROBES)))
            theirs = [model.network(**_as_usual(pieces, text)).logits for text in PROBES]
    except Exception as error:
        raise cannot_be_opened(found.name, WHAT) from error
    if not torch.allclose(ours, torch.cat(theirs), rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True):
        kind = str(model.network.config.model_type)[:40]
        raise BadInput(
            text(
                "{name} answers differently here than by itself: a network of the kind {kind} reads more than "
                "the numbers of word pieces.",
                name=found.name,
                kind=kind,
            ),
            ANOTHER,
        )


def _as_usual(pieces: WordPieces, written: str) -> Mapping[str, Any]:
    """Return what a tokenizer gives to its network for one text."""
    given: Mapping[str, Any] = pieces.tokenizer(
        written, return_tensors="pt", truncation=True, max_length=pieces.longest
    )
    return given


def describe_pieces(pieces: WordPieces) -> str:
    """Say how texts become a batch of inputs, for somebody who loads the download."""
    return text(
        "word pieces as its tokenizer gives them, at most {longest}, {none} behind those of a short "
        'text: words = AutoTokenizer.from_pretrained(".")(texts, padding=True, truncation=True, '
        'max_length={longest}, return_tensors="pt"); inputs = '
        "words.input_ids.masked_fill(words.attention_mask == 0, {none})",
        longest=pieces.longest,
        none=NONE,
    )
