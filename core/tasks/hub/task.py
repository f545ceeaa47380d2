"""Text classifiers of the Hugging Face Hub as tasks: safetensors only, no code of theirs, one fixed revision."""

import functools
import json
from typing import Any

import torch
from torch import Tensor

from core.errors import BadInput, TaskUnavailable
from core.tasks.base import (
    ExtraFigures,
    Inputs,
    Packaging,
    Task,
    TaskInfo,
    Training,
    UploadAdapter,
    prunable_parameters,
)
from core.tasks.classification import classifier
from core.tasks.hub.local import full_name
from core.tasks.hub.lookup import HubModel
from core.tasks.text.attention import heads_of
from core.tasks.text.networks import TextTransformer
from core.tasks.text.reader import describe_cut, padded, require_text

MOST_CLASSES = 50

LONGEST = 128
"""Word pieces of a text that are read."""

SHORTEST = 3
"""Word pieces that a batch has at least."""

NEVER_PRUNED = ("embedding", "pooler", "classifier", "score")
"""Parts of the names of parameters that stay whole."""


def load(found: HubModel) -> Task:
    """Load a network that was fetched, as a task without data of its own: it is judged on what people bring.

    Raises BadInput for what is no text classifier that can be opened safely, TaskUnavailable for what is damaged.
    """
    config = json.loads((found.folder / "config.json").read_text(encoding="utf-8"))
    if "auto_map" in config:
        raise BadInput(f"{found.name} needs code of its own, which is not run here.", "Choose another network.")
    model, tokenizer, absent = _open(found)
    if absent:
        raise BadInput(
            f"{found.name} was not trained to sort texts: it has no {absent[0]}.",
            "Choose one that was fine-tuned for text classification.",
        )
    names = model.network.config.id2label
    classes = tuple(str(names[place])[:60] for place in sorted(names))
    if not 2 <= len(classes) <= MOST_CLASSES:
        raise BadInput(f"{found.name} knows {len(classes)} classes.", f"Choose one of 2 to {MOST_CLASSES}.")
    return make_task(found, model, tokenizer, classes)


def _open(found: HubModel) -> tuple[TextTransformer, Any, list[str]]:
    """Return network and tokenizer, and which weights the file does not have. Raises BadInput or TaskUnavailable."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    try:
        _require_filled(found)
        model = TextTransformer(found.folder)
        model.network, loading = AutoModelForSequenceClassification.from_pretrained(
            found.folder,
            dtype=torch.float32,
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
        tokenizer = AutoTokenizer.from_pretrained(found.folder, local_files_only=True, trust_remote_code=False)
    except BadInput:
        raise
    except Exception as error:  # files of strangers fail in any way they like
        raise TaskUnavailable(
            f"{found.name} cannot be opened as a text classifier.", "Choose another network."
        ) from error
    model.eval()
    return model, tokenizer, sorted(loading["missing_keys"])


def _require_filled(found: HubModel) -> None:
    """Raise BadInput if the configuration describes a network that is larger than its file, before it is built."""
    with torch.device("meta"):
        numbers = sum(each.numel() for each in TextTransformer(found.folder).parameters())
    if numbers > (found.folder / "model.safetensors").stat().st_size:
        raise BadInput(
            f"The configuration of {found.name} describes a network larger than its file.", "Choose another one."
        )


def make_task(found: HubModel, model: TextTransformer, tokenizer: Any, classes: tuple[str, ...]) -> Task:
    """Join a classifier and its tokenizer to a task that has no examples of its own."""
    config = model.network.config
    longest = min(LONGEST, int(getattr(config, "max_position_embeddings", None) or LONGEST))
    read = functools.partial(read_batch, tokenizer, longest, model.pad)
    whole = {name for name, _ in model.named_parameters() if any(part in name for part in NEVER_PRUNED)}
    parts = classifier(classes, lambda model, split, limit: iter(()), lambda split: torch.zeros(0, dtype=torch.long))
    return Task(
        info=info(found, sum(each.numel() for each in model.parameters())),
        model=model,
        prunable=prunable_parameters(model, whole),
        example=read(["one two three"]),
        inputs=Inputs(
            f"word pieces as its tokenizer gives them, at most {longest}; {model.pad} stands for none.",
            variable_length=True,
        ),
        score=parts["score"],
        draw=lambda request: iter(()),
        loss=parts["loss"],
        count=lambda split: 0,
        training=Training(fresh=model.as_configured),
        extra=ExtraFigures(parts["extra"].metrics, parts["extra"].metric_changes, parts["extra"].groups),
        classifier=parts["classifier"],
        heads=heads_of(model),
        uploads=UploadAdapter(
            "text",
            read,
            multi=getattr(config, "problem_type", None) == "multi_label_classification",
            how_much=functools.partial(how_much, tokenizer, longest),
        ),
        packaging=Packaging({"config.json": (found.folder / "config.json").read_bytes()}),
    )


def info(found: HubModel, parameters: int) -> TaskInfo:
    """Describe a network of the Hub."""
    return TaskInfo(
        full_name(found.name, found.revision),
        f"{found.name} - texts (the Hub)",
        "language",
        "Accuracy",
        parameters,
        f"The Hub, {found.name} at {found.revision}; licence: {found.licence}",
        False,
        weights="of its authors",
    )


def read_batch(tokenizer: Any, longest: int, pad: int, texts: list[str]) -> Tensor:
    """Read texts as word pieces, int (n, pieces), at most `longest`. Raises BadInput for what is empty or too long."""
    for text in texts:
        require_text(text)
    pieces = tokenizer(texts, truncation=True, max_length=longest)["input_ids"]
    return padded(pieces, SHORTEST, pad)


def how_much(tokenizer: Any, longest: int, text: str) -> str:
    """Say how much of a text is read, "" if all of it."""
    return describe_cut(len(tokenizer(text, verbose=False)["input_ids"]), longest, "word pieces")
