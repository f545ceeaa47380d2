"""What people bring to a task: their weights, their examples, their labelled sets. None of it touches the task."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from core.errors import BadInput
from core.tasks.base import Task
from core.tasks.classify import likely
from core.tasks.inbox import read_pictures, read_texts, read_weights
from core.tasks.quality import Quality, proportion
from core.tasks.trial import Shown

SLICE = 32
"""Examples that are judged at a time."""


@dataclass(frozen=True, eq=False)
class Labelled:
    """Examples that somebody brought, pictures or texts, with the place of each one's class; a set to judge on."""

    items: Sequence[Any]
    labels: Sequence[int]


def with_weights(task: Task, content: bytes) -> Task:
    """Return the task with a network whose weights come from a file, safetensors or a torch file.

    Raises DoesNotFit with what differs, BadInput for what cannot be read.
    """
    model = copy.deepcopy(task.model)
    model.load_state_dict(read_weights(content, task.model.state_dict()))
    return replace(task, model=model.eval(), early=lambda: None)


KINDS: Mapping[str, Callable[[bytes, Sequence[str]], tuple[Sequence[Any], Sequence[int]]]] = {
    "picture": read_pictures,
    "text": read_texts,
}


def read_set(task: Task, content: bytes) -> Labelled:
    """Read a labelled set: a zip of class folders for a task of pictures, a table (CSV) for one of texts.

    Raises BadInput.
    """
    if task.own is None:
        raise BadInput("This model takes no examples from outside.", "Choose one that looks at pictures or texts.")
    return Labelled(*KINDS[task.own.kind](content, task.classes))


def answer(task: Task, model: nn.Module, item: object) -> Shown:
    """Say what a model makes of one picture or text. Raises BadInput for what it cannot answer."""
    best, rows = likely(next(_answers(task, model, [item])), task.classes)
    return Shown(best, tuple(rows))


def judge(task: Task, model: nn.Module, given: Labelled) -> Iterator[Quality]:
    """Judge a model on a set that somebody brought, yielding the accuracy on a growing part of it."""
    right = seen = 0
    for said in _answers(task, model, given.items):
        truth = torch.tensor(given.labels[seen : seen + len(said)])
        right += int((said.argmax(1) == truth).sum())
        seen += len(said)
        yield proportion(right, seen, "Accuracy", "your own")


def _answers(task: Task, model: nn.Module, items: Sequence[Any]) -> Iterator[Tensor]:
    own = task.own
    for begin in range(0, len(items), SLICE):
        inputs = own.inputs(list(items[begin : begin + SLICE]))
        with torch.inference_mode():
            said = model(inputs)
            if own.picked is not None:
                said = said[:, own.picked]
        yield said
