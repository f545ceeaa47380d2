"""Tasks without examples: a network whose classes are somebody's own, which only that person can judge."""

import inspect
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from core.errors import BadInput
from core.language import text
from core.tasks.base import Batch, BatchRequest, ExtraFigures, Packaging, Task
from core.tasks.classification import classifier
from core.tasks.outputs import distillation_loss

CONFIG = "config.json"
"""The file of a download that tells the library `transformers` what the network is."""

OWN_MODULE = "model"
"""The module of a download that builds a network of ours: its model.py."""


def with_own_classes(task: Task, model: nn.Module, classes: tuple[str, ...]) -> Task:
    """Return a classifier's task with a network that tells other classes apart, and no examples to judge it on.

    classes: their names in the order of the outputs. Whatever would need examples raises BadInput, with a way out.
    """
    parts = classifier(classes, _no_outputs, lambda split: torch.zeros(0, dtype=torch.long))
    figures = parts["extra"]

    listed = ", ".join(classes[:20]) + (" ..." if len(classes) > 20 else "")
    return replace(
        task,
        model=model,
        info=replace(task.info, source=text("No examples of its classes are here")),
        score=parts["score"],
        draw=_no_batches,
        loss=parts["loss"],
        count=lambda split: 0,
        inputs=replace(
            task.inputs,
            few=None,
            answers=text(
                "It answers with {count} numbers; the largest one names the class: {classes}.",
                count=len(classes),
                classes=listed,
            ),
        ),
        training=replace(
            task.training,
            fresh=task.training.fresh if _size(model) == _size(task.model) else None,
            distillation_loss=distillation_loss,
        ),
        extra=ExtraFigures(figures.metrics, figures.metric_changes, figures.groups),
        packaging=with_outputs(task.packaging, model, classes),
        shifts={},
        classifier=parts["classifier"],
        demo=None,
        uploads=None if task.uploads is None else replace(task.uploads, picked=None, aliases={}),
    )


def with_outputs(packaging: Packaging, model: nn.Module, classes: Sequence[str]) -> Packaging:
    """Return what a download needs of a network that answers with these classes, one for an example.

    The builder is told how many there are, where they are not as many as by default; config.json, where there is one,
    has their names.
    """
    module, builder, arguments = packaging.constructor or (OWN_MODULE, type(model).__name__, "")
    word = "classes" if module == OWN_MODULE else "num_classes"
    others = re.sub(rf"(, )?{word}=\d+", "", arguments)
    usual = inspect.signature(type(model)).parameters.get(word) if module == OWN_MODULE else None
    told = [f"{word}={len(classes)}"] if module != OWN_MODULE or (usual and usual.default != len(classes)) else []
    constructor = (module, builder, ", ".join([*filter(None, [others]), *told]))
    files = {**packaging.files, **_with_labels(packaging.files, classes)}
    return Packaging(files, None if constructor == (OWN_MODULE, type(model).__name__, "") else constructor)


def _with_labels(files: Mapping[str, bytes], classes: Sequence[str]) -> dict[str, bytes]:
    """Return a config.json that names these classes; nothing where there is none."""
    if CONFIG not in files:
        return {}
    config = json.loads(files[CONFIG])
    config["id2label"] = {str(place): name for place, name in enumerate(classes)}
    config["label2id"] = {name: place for place, name in enumerate(classes)}
    for key in ("problem_type", "num_labels", "_num_labels"):
        config.pop(key, None)
    return {CONFIG: json.dumps(config, indent=1).encode()}


def _size(model: nn.Module) -> int:
    """Count the numbers of a network."""
    return sum(each.numel() for each in model.parameters())


def numbered_classes(count: int) -> tuple[str, ...]:
    """Name classes of which nobody said more than how many they are."""
    return tuple(f"class {place + 1}" for place in range(count))


def _no_outputs(model: nn.Module, split: str, limit: int | None) -> Iterator[Tensor]:
    """Refuse to judge on examples that are not here. Raises BadInput."""
    raise BadInput(
        text("There are no examples of this network's classes here, so it cannot be judged."),
        text("Bring a labelled set of your own: pictures in folders, or a table of texts."),
    )


def _no_batches(request: BatchRequest) -> Iterable[Batch]:
    """Refuse to draw examples that are not here. Raises BadInput."""
    raise BadInput(
        text("There are no examples of this network's classes here to learn or to measure from."),
        text("Choose what looks at weights alone, as magnitude does, or make a labelled set of your own its data."),
    )
