"""Texts as token ids, by a person's own tokenizer.json, in a process that is bounded."""

from collections.abc import Sequence

import numpy as np

from core.onnx_files.process import opened
from core.uploads.limits import check_size

MAX_TOKENIZER_BYTES = 32 * 2**20
"""Bytes of a tokenizer.json; one of 250,000 word pieces has 17 MB."""


def tokenise(tokenizer: bytes, texts: Sequence[str]) -> list[list[int]]:
    """Turn texts into token ids by a tokenizer.json, all of each text. Raises BadInput where that cannot be read."""
    check_size(tokenizer, MAX_TOKENIZER_BYTES)
    with opened(b"", load=False) as running:
        ids, lengths = running.tokenise(tokenizer, texts)
    return [part.tolist() for part in np.split(ids, np.cumsum(lengths)[:-1])]
