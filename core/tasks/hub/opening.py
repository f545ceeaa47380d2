"""Files of strangers on their way to a network: looked at before anything is built; no code of theirs runs."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import safe_open
from torch import nn

from core.errors import BadInput, TaskUnavailable
from core.language import text
from core.tasks.hub.lookup import WORDS, HubModel

Module = TypeVar("Module", bound=nn.Module)

CONFIG, WEIGHTS = "config.json", "model.safetensors"

LARGEST_CONFIG = 2_000_000
"""Bytes of a configuration: a thousand classes with long names take a tenth of it."""

MOST_LABELS = 10_000
"""Classes of which a configuration may speak; transformers makes a name for each before anybody can ask."""

PICTURES, TEXTS = "picture", "text"

ANOTHER = text("Choose another network.")


def kind_of(config: Mapping[str, Any], folder: Path) -> str:
    """Say whether a network sorts pictures or texts: as its configuration says, else by how it reads."""
    made = config.get("architectures")
    if isinstance(made, list) and made:
        return PICTURES if "ForImageClassification" in str(made[0]) else TEXTS
    return TEXTS if any((folder / name).is_file() for name in WORDS) else PICTURES


def read_config(name: str, folder: Path) -> dict[str, Any]:
    """Read a configuration and refuse what cannot be a classifier that is opened safely. Raises BadInput."""
    try:
        path = folder / CONFIG
        if path.stat().st_size > LARGEST_CONFIG:
            raise BadInput(text("The configuration of {name} is far too long.", name=name), ANOTHER)
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BadInput(text("The configuration of {name} cannot be read.", name=name), ANOTHER) from error
    if not isinstance(config, dict):
        raise BadInput(text("The configuration of {name} is none.", name=name), ANOTHER)
    if "auto_map" in config:
        raise BadInput(text("{name} needs code of its own, which is not run here.", name=name), ANOTHER)
    if "quantization_config" in config:
        raise BadInput(
            text("The weights of {name} are rounded (quantised).", name=name), text("Choose one with whole weights.")
        )
    _require_purpose(name, config)
    _require_few_labels(name, config)
    return config


def _require_purpose(name: str, config: Mapping[str, Any]) -> None:
    """Raise BadInput for a network that says itself that it was made for something else."""
    made = config.get("architectures")
    if not isinstance(made, list) or not made:
        return
    purposes = ("ForSequenceClassification", "ForImageClassification", "Model")  # a bare body says by itself what lacks
    if not any(purpose in str(made[0]) for purpose in purposes):
        raise BadInput(
            text("{name} was made for something else: it is a {made}.", name=name, made=str(made[0])[:60]),
            text("Choose a classifier of texts or pictures."),
        )


def _require_few_labels(name: str, config: Mapping[str, Any]) -> None:
    labels = config.get("num_labels", 0)
    named = config.get("id2label") or ()
    if not isinstance(labels, int) or max(labels, len(named)) > MOST_LABELS:
        raise BadInput(
            text("{name} speaks of more than {most_labels:,} classes.", name=name, most_labels=MOST_LABELS), ANOTHER
        )


def build_frame(found: HubModel, config: Mapping[str, Any], build: Callable[[Path], Module], what: str) -> Module:
    """Build a network without any numbers yet.

    build: makes the network of a folder; what: "a text classifier", for sentences.
    Raises BadInput, before it is built, if it would be larger than its file, TaskUnavailable if it cannot be built.
    """
    too_large = BadInput(
        text("The configuration of {name} describes a network larger than its file.", name=found.name),
        text("Choose another one."),
    )
    try:
        with safe_open(found.folder / WEIGHTS, framework="pt") as file:
            tensors = len(file.keys())
        if any(count > tensors for count in _layers(config)):  # to build a million layers takes hours in any case
            raise too_large
        with torch.device("meta"):
            frame = build(found.folder)
    except BadInput:
        raise
    except Exception as error:  # files of strangers fail in any way they like
        raise cannot_be_opened(found.name, what) from error
    if sum(each.numel() for each in frame.parameters()) > (found.folder / WEIGHTS).stat().st_size:
        raise too_large
    return frame


def _layers(config: Mapping[str, Any]) -> list[int]:
    """List the numbers of layers, and of experts in them, of which a configuration speaks."""
    found = []
    for name, value in config.items():
        if any(part in name for part in ("layer", "depth", "expert", "block", "stage")):
            found += [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, int)]
        if isinstance(value, dict):
            found += _layers(value)
    return found


def open_weights(found: HubModel, automatic: Any, what: str) -> nn.Module:
    """Open a network with the weights of its file.

    automatic: the class of transformers that finds the architecture; what: "a text classifier", for sentences.
    Raises BadInput for one that was never trained to sort, TaskUnavailable for what is damaged.
    """
    try:
        network, loading = automatic.from_pretrained(
            found.folder,
            dtype=torch.float32,
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
    except Exception as error:  # files of strangers fail in any way they like
        raise cannot_be_opened(found.name, what) from error
    absent = sorted(loading["missing_keys"])
    if absent:
        sorts = text("{name} was not trained to sort texts: it has no {part}.", name=found.name, part=absent[0])
        if "picture" in what:
            sorts = text("{name} was not trained to sort pictures: it has no {part}.", name=found.name, part=absent[0])
        raise BadInput(
            sorts,
            text("Choose one that was fine-tuned for classification."),
        )
    network.config.use_cache = False
    return network.eval()


def cannot_be_opened(name: str, what: str) -> TaskUnavailable:
    """Say that files are damaged, or of a kind that nobody here knows."""
    return TaskUnavailable(text("{name} cannot be opened as {what}.", name=name, what=what), ANOTHER)


def class_names(name: str, network: Any, most: int) -> tuple[str, ...]:
    """Return the classes of a network in the order of its outputs. Raises BadInput for too many."""
    names = network.config.id2label
    classes = tuple(str(names[place])[:60] for place in sorted(names))
    if len(classes) > most:
        raise BadInput(
            text("{name} knows {count:,} classes.", name=name, count=len(classes)),
            text("Choose one of at most {most:,}.", most=most),
        )
    if len(set(classes)) < len(classes):
        raise BadInput(text("{name} gives several of its classes the same name.", name=name), ANOTHER)
    return classes
