"""What people bring to a task: their weights, their examples, their labelled sets. None of it touches the task."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from core.errors import BadInput
from core.quality import Quality, share
from core.tasks.base import Task, named
from core.tasks.classification import likely
from core.tasks.demo import Answer
from core.uploads.readers import LeftOut, read_pictures, read_texts, read_weights

SLICE = 32
"""Examples that are judged at a time."""


@dataclass(frozen=True, eq=False)
class Labelled:
    """A set that somebody brought, to judge on.

    items: pictures or texts.
    labels: the place of each one's class; where a task has several labels for an example, a tuple of their places.
    left_out: what of the set is not among the items, and why.
    of: how many examples were given in all; what an operating system laid beside them is not counted.
    counts: how many of the items each class has, in the task's order; 0 where there is none.
    """

    items: Sequence[Any]
    labels: Sequence[Any]
    left_out: tuple[LeftOut, ...]
    of: int
    counts: Mapping[str, int]


def with_checkpoint(task: Task, content: bytes) -> Task:
    """Return the task with a network whose weights come from a file, safetensors or a torch file.

    Raises DoesNotFit with what differs, BadInput for what cannot be read.
    """
    model = copy.deepcopy(task.model)
    model.load_state_dict(read_weights(content, task.model.state_dict()))
    about = replace(task.info, title=f"{task.info.title}, your weights", weights="brought by you")
    return replace(task, info=about, model=model.eval(), training=replace(task.training, early_checkpoint=lambda: None))


def read_labelled(task: Task, content: bytes) -> Labelled:
    """Read a labelled set: a zip of class folders for a task of pictures, a table (CSV) for one of texts.

    What no model can answer is left out, so that judging never stops half-way. Raises BadInput.
    """
    own, classes = task.uploads, task.classes
    if own is None:
        raise BadInput("This model takes no examples from outside.", "Choose one that looks at pictures or texts.")
    if own.kind == "text":
        check = own.check or (lambda text: own.inputs([text]))
        read = read_texts(content, classes, own.aliases, check, own.multi)
        labels = read.labels
    else:
        read = read_pictures(content, classes, own.aliases, own.check)
        labels = [(place,) for place in read.labels] if own.multi else read.labels
    places = [place for label in labels for place in label] if own.multi else labels
    counts = np.bincount(np.array(places, int), minlength=len(classes)).tolist()
    return Labelled(read.items, labels, read.left_out, read.of, dict(zip(classes, counts, strict=True)))


def answer(task: Task, model: nn.Module, item: object) -> Answer:
    """Say what a model makes of one picture or text. Raises BadInput for what it cannot answer."""
    said = _outputs(task, model, [item])
    if task.uploads.multi:
        return _label_by_label(said, task.classes)
    best, rows = likely(said, task.classes)
    return Answer(best, tuple(rows))


def _label_by_label(said: Tensor, classes: Sequence[str]) -> Answer:
    """Put one answer (1, classes) in words where each class is a label that may be given or not."""
    if int(named(said)) < 0:
        return Answer("no answer")
    sure = said[0].sigmoid()
    order = sure.argsort(descending=True).tolist()
    given = ", ".join(classes[place] for place in order if sure[place] >= 0.5) or "none of them"
    rows = tuple({"Answer": classes[place], "Sure, %": round(100 * float(sure[place]), 1)} for place in order)
    return Answer(f"{given} (each label is judged by itself)", rows)


def judge(task: Task, model: nn.Module, labelled: Labelled) -> Iterator[Quality]:
    """Judge a model on a set that somebody brought, yielding the accuracy on a growing part of it.

    What gets no answer counts as wrong. Where an example may have several labels, exactly these have to be named.
    """
    right, answered = np.zeros(0, bool), np.zeros(0, bool)
    for begin in range(0, len(labelled.items), SLICE):
        said = _outputs_or_none(task, model, labelled.items[begin : begin + SLICE])
        guessed, truth = named(said), labelled.labels[begin : begin + SLICE]
        if task.uploads.multi:
            wanted = torch.zeros(said.shape, dtype=torch.bool)
            for row, places in zip(wanted, truth, strict=True):
                row[list(places)] = True
            hit = ((said >= 0) == wanted).all(1) & (guessed >= 0)  # a sigmoid of at least 0.5
        else:
            hit = guessed == torch.tensor(truth)
        right = np.append(right, hit.numpy())
        answered = np.append(answered, (guessed >= 0).numpy())
        yield share(right, "Accuracy", "your own", answered)


def _outputs(task: Task, model: nn.Module, items: Sequence[Any]) -> Tensor:
    """Return what a model says to some examples, (n, classes). Raises BadInput for what it cannot answer."""
    inputs = task.uploads.inputs(list(items))
    with torch.inference_mode():
        said = model(inputs)
        return said if task.uploads.picked is None else said[:, task.uploads.picked]


def _outputs_or_none(task: Task, model: nn.Module, items: Sequence[Any]) -> Tensor:
    """Return the same with NaN for what cannot be answered, so that one example does not end the judging of all."""
    try:
        return _outputs(task, model, items)
    except BadInput:
        if len(items) == 1:
            return torch.full((1, len(task.classes)), torch.nan)
        return torch.cat([_outputs_or_none(task, model, [each]) for each in items])
