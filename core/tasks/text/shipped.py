"""The text networks that ship: where each comes from, how it is loaded, and how it learns best."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from core.errors import TaskUnavailable
from core.language import text
from core.tasks.adapting import fresh_head, starting_network
from core.tasks.asset_files import load_json, load_weights
from core.tasks.assets import Assets
from core.tasks.names import TaskName
from core.tasks.packages import import_package
from core.tasks.text.networks import TextCNN, TextTransformer
from core.tasks.text.reader import Reader, piece_reader, word_reader

TRAINED = text("trained by this project")

TRANSFORMER_FILES = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")


@dataclass(frozen=True)
class ShippedNetwork:
    """Describe one text network that ships.

    load: (assets, name) -> the network and its reader of texts; raises TaskUnavailable.
    title, about, weights, quick_eval_size, recipe_defaults: as in TaskInfo, Task and Training.
    texts_at_once: how many texts are judged at a time.
    adapting: choices in which each preset differs where it learns something new.
    """

    load: Callable[[Assets, str], tuple[nn.Module, Reader]]
    title: str
    about: str
    weights: str
    texts_at_once: int
    quick_eval_size: int
    recipe_defaults: Mapping[str, Mapping[str, Any]]
    adapting: Mapping[str, Any]


def load_cnn(assets: Assets, name: str) -> tuple[nn.Module, Reader]:
    """Load the convolutional network and its vocabulary. Raises TaskUnavailable when a file is not as shipped."""
    vocabulary = load_json(assets, f"models/{name}-vocabulary.json")
    return load_weights(assets, f"models/{name}.safetensors", TextCNN()), word_reader(vocabulary)


def load_transformer(assets: Assets, name: str) -> tuple[nn.Module, Reader]:
    """Load the transformer and its tokenizer.

    Raises TaskUnavailable when a file is not as shipped, or the package `transformers` is not installed.
    """
    transformers = import_package("transformers")
    folder = assets.root / "models" / name
    files = {file: assets.read(f"models/{name}/{file}") for file in TRANSFORMER_FILES}  # compared with their hashes
    try:
        model = TextTransformer(folder)
        model.network = transformers.AutoModelForSequenceClassification.from_pretrained(
            folder, dtype=torch.float32, local_files_only=True, use_safetensors=True
        )
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, RuntimeError) as error:
        raise TaskUnavailable(*assets.damaged(f"models/{name}/model.safetensors")) from error
    return model, piece_reader(tokenizer, {file: files[file] for file in ("config.json", "tokenizer.json")})


def load_early(assets: Assets, name: str) -> nn.Module | None:
    """Load the network as it was early in its training; None where that was not kept."""
    file = f"models/{name}-early.safetensors"
    return load_weights(assets, file, TextCNN()) if file in assets.manifest["files"] else None


def fresh_network(model: nn.Module) -> nn.Module:
    """Return the same architecture with random weights, drawn from torch's own generator."""
    assert isinstance(model, TextCNN | TextTransformer)
    return model.as_configured()


def adapted_network(pretrained: nn.Module, name: TaskName, classes: tuple[str, ...]) -> nn.Module:
    """Return the network with which `name` begins to learn other classes, in eval mode; `pretrained` stays as it is."""
    with_head = fresh_head(pretrained, len(classes), name.seed)
    if isinstance(with_head, TextTransformer):
        with_head.name_classes(classes)
    return starting_network(with_head, functools.partial(fresh_network, with_head), name)


NETWORKS = {
    "reuters-cnn": ShippedNetwork(
        load_cnn,
        text("Text CNN - news topics (Reuters)"),
        text("Filters that look at three, four or five words at a time. The fast one of the two."),
        TRAINED,
        texts_at_once=250,
        quick_eval_size=1000,
        recipe_defaults={
            "quick": {"epochs": 3, "learning_rate": 2e-3},
            "careful": {"augment": ("drop",)},
        },
        adapting={"learning_rate": 2e-3, "steps": 100},
    ),
    "reuters-minilm": ShippedNetwork(
        load_transformer,
        text("MiniLM transformer - news topics (Reuters)"),
        text("Three layers of attention, which had read a billion sentences before it learned to sort newswires."),
        text("{trained}, starting from all-MiniLM-L6-v2 (Wang et al. 2020, Apache-2.0)", trained=TRAINED),
        texts_at_once=50,
        quick_eval_size=200,
        recipe_defaults={
            "quick": {"learning_rate": 4e-4, "batch_size": 32},
            "careful": {"learning_rate": 4e-4, "batch_size": 32, "epochs": 2, "augment": ("drop",)},
        },
        adapting={"learning_rate": 1e-3, "steps": 60},
    ),
}
