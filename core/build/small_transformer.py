"""Cut a pretrained BERT down to what a task needs: some layers, the word pieces that occur, the first positions."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

LAYERS, PIECES = (0, 1, 2), 64
"""Layers of the transformer that stay; word pieces it reads of each text."""


def cut_tokenizer(tokenizer: Mapping[str, Any], seen: set[str]) -> tuple[dict[str, Any], list[int]]:
    """Keep those word pieces of a tokenizer.json that are in `seen`, single characters and special ones.

    Returns the smaller tokenizer.json, and the old numbers of the word pieces that stay, in the new order.
    """
    numbers = tokenizer["model"]["vocab"]
    special = {token["content"] for token in tokenizer["added_tokens"]}
    kept = [
        piece
        for piece in sorted(numbers, key=numbers.__getitem__)
        if piece in seen or piece in special or (len(piece.removeprefix("##")) == 1 and piece.isascii())
    ]
    renumbered = {piece: place for place, piece in enumerate(kept)}
    framing = tokenizer["post_processor"]["special_tokens"]
    cut = {
        **tokenizer,
        "model": {**tokenizer["model"], "vocab": renumbered},
        "truncation": None,
        "padding": None,
        "added_tokens": [{**token, "id": renumbered[token["content"]]} for token in tokenizer["added_tokens"]],
        "post_processor": {
            **tokenizer["post_processor"],
            "special_tokens": {token: {**entry, "ids": [renumbered[token]]} for token, entry in framing.items()},
        },
    }
    return cut, [numbers[piece] for piece in kept]


def tokenizer_settings() -> dict[str, Any]:
    """Return the tokenizer_config.json of the smaller tokenizer."""
    special = {f"{each}_token": f"[{each.upper()}]" for each in ("cls", "mask", "pad", "sep", "unk")}
    return {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": PIECES, **special}


def cut_config(file: Path, pieces: int, classes: Sequence[str]) -> dict[str, Any]:
    """Return the config.json of the smaller network, made a classifier; file: that of the whole one."""
    config = json.loads(file.read_text(encoding="utf-8"))
    for gone in ("_name_or_path", "transformers_version", "gradient_checkpointing"):
        config.pop(gone, None)
    return {
        **config,
        "architectures": ["BertForSequenceClassification"],
        "vocab_size": pieces,
        "num_hidden_layers": len(LAYERS),
        "max_position_embeddings": PIECES,
        "id2label": {str(place): name for place, name in enumerate(classes)},
        "label2id": {name: place for place, name in enumerate(classes)},
        "dtype": "float16",
    }


def cut_weights(weights: Mapping[str, Tensor], kept: list[int]) -> dict[str, Tensor]:
    """Keep the layers LAYERS, the word pieces `kept` and the first positions of a BERT's weights."""
    cut = {}
    for name, value in weights.items():
        if name.startswith("encoder.layer."):
            number, _, rest = name.removeprefix("encoder.layer.").partition(".")
            if int(number) in LAYERS:
                cut[f"encoder.layer.{LAYERS.index(int(number))}.{rest}"] = value
        elif name.endswith("word_embeddings.weight"):
            cut[name] = value[kept]
        elif name.endswith("position_embeddings.weight"):
            cut[name] = value[:PIECES]
        elif not name.endswith("position_ids"):
            cut[name] = value
    return cut
