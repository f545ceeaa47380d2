"""A text classifier of the library `transformers`, whose configuration lies in a folder as config.json."""

import copy
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

HERE = Path(__file__).parent

NONE = -1
"""Stands where a text has no word piece any more."""


class TextClassifier(nn.Module):
    """Answer with one number a class, (n, classes), for word pieces (n, pieces), NONE behind those of a short text.

    What is NONE is masked. Each text is answered as if it stood alone: networks that answer at the end of a text do so
    at its own end, also where nothing was ever said about padding.
    """

    def __init__(self, folder: Path = HERE) -> None:
        super().__init__()
        from transformers import AutoConfig, AutoModelForSequenceClassification

        config = AutoConfig.from_pretrained(folder, local_files_only=True)
        config.use_cache = False
        self.network: Any = AutoModelForSequenceClassification.from_config(config, dtype=torch.float32)

    def as_configured(self) -> "TextClassifier":
        """Return the same architecture with fresh random weights."""
        from transformers import AutoModelForSequenceClassification

        fresh = copy.copy(self)
        fresh._modules = dict(self._modules)
        fresh.network = AutoModelForSequenceClassification.from_config(self.network.config, dtype=torch.float32)
        return fresh

    @property
    def pad(self) -> int | None:
        """The number of its padding piece; None where it knows none."""
        config = self.network.config
        pad, known = getattr(config, "pad_token_id", None), getattr(config, "vocab_size", None)
        return pad if isinstance(pad, int) and 0 <= pad < (known or pad + 1) else None

    def forward(self, pieces: Tensor) -> Tensor:
        """Answer for texts: (n, pieces) -> (n, classes)."""
        there = pieces != NONE
        filled = pieces.masked_fill(~there, self.pad or 0)
        if getattr(self.network.config, "is_encoder_decoder", False) and hasattr(self.network, "classification_head"):
            return self._answer_at_end_mark(filled, there)
        if self.pad is None and hasattr(self.network, "score"):
            return self._answer_at_last_piece(filled, there)
        return self.network(input_ids=filled, attention_mask=there.long()).logits

    def _answer_at_last_piece(self, filled: Tensor, there: Tensor) -> Tensor:
        """Let a network that reads from left to right answer at each text's last piece."""
        hidden = self.network.base_model(input_ids=filled, attention_mask=there.long())[0]  # (n, pieces, width)
        return self.network.score(at_last(hidden, there))

    def _answer_at_end_mark(self, filled: Tensor, there: Tensor) -> Tensor:
        """Let an encoder with a decoder answer where the decoder has read the end mark, the last one of each text."""
        network, further = self.network, {}
        if hasattr(network, "_shift_right"):  # of T5; others shift by themselves
            further["decoder_input_ids"] = network._shift_right(filled)
        hidden = network.base_model(input_ids=filled, attention_mask=there.long(), **further)[0]  # (n, pieces, width)
        return network.classification_head(at_last(hidden, filled == network.config.eos_token_id))


def at_last(hidden: Tensor, marked: Tensor) -> Tensor:
    """Return of (n, pieces, width) what stands at the last marked piece of each text, (n, width)."""
    places = torch.arange(marked.shape[1], device=marked.device)
    last = (places * marked).argmax(1)  # (n,)
    return hidden.gather(1, last[:, None, None].expand(-1, 1, hidden.shape[2])).squeeze(1)
