"""People's own weights, examples and labelled sets, brought to a task; none of them touches the task itself."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from core.errors import BadInput
from core.quality import Quality, share
from core.tasks.base import Task, UploadAdapter
from core.tasks.demo import Answer
from core.tasks.outputs import predicted_classes, top_answers
from core.uploads import SET_READERS, LeftOut, read_weights

EXAMPLES_AT_A_TIME = 32
"""Examples that are judged at a time."""


@dataclass(frozen=True, eq=False)
class Labelled:
    """Hold a set that somebody brought, to judge on.

    items: pictures or texts.
    labels: the place of each one's class; where a task has several labels for an example, a tuple of their places.
    left_out: everything that is not among the items, and why.
    of: how many examples were given in all; files that an operating system laid beside them do not count.
    counts: class -> how many of the items have it, in the task's order; 0 where there is none.
    """

    items: Sequence[Any]
    labels: Sequence[Any]
    left_out: tuple[LeftOut, ...]
    of: int
    counts: Mapping[str, int]


def with_checkpoint(task: Task, content: bytes) -> Task:
    """Return the task with a network whose weights come from a file, safetensors or a torch file.

    Raises DoesNotFit with what differs, BadInput for a file that cannot be read.
    """
    return with_weights(task, read_weights(content, task.model.state_dict()))


def with_weights(task: Task, weights: Mapping[str, Tensor], about: str = "your weights") -> Task:
    """Return the task with a network of other weights, whose early state nobody knows.

    about: whose they are, for the title. Raises RuntimeError where they do not fit.
    """
    model = copy.deepcopy(task.model)
    model.load_state_dict(dict(weights))
    source = "brought by you" if about == "your weights" else "made here"
    info = replace(task.info, title=f"{task.info.title}, {about}", weights=source)
    return replace(task, info=info, model=model.eval(), training=replace(task.training, early_checkpoint=lambda: None))


def read_labelled(task: Task, content: bytes) -> Labelled:
    """Read a labelled set: a zip of class folders for a task of pictures, a table (CSV) for one of texts.

    Examples that no model can answer are left out, so that judging never stops half-way. Raises BadInput.
    """
    adapter, classes = _adapter(task), task.classes

    def can_be_read(text: str) -> None:
        adapter.inputs([text])

    check = adapter.check or (can_be_read if adapter.kind == "text" else None)
    read = SET_READERS[adapter.kind](content, classes, adapter.aliases, check, adapter.multi)
    places = [place for label in read.labels for place in label] if adapter.multi else read.labels
    counts = np.bincount(np.array(places, int), minlength=len(classes)).tolist()
    return Labelled(read.items, read.labels, read.left_out, read.of, dict(zip(classes, counts, strict=True)))


def answer(task: Task, model: nn.Module, item: object) -> Answer:
    """Ask a model about one picture or text. Raises BadInput if it cannot be answered."""
    adapter = _adapter(task)
    outputs = _outputs(adapter, model, [item])
    if adapter.multi:
        return _answer_label_by_label(outputs, task.classes)
    best, rows = top_answers(outputs, task.classes)
    return Answer(best, tuple(rows))


def judge(task: Task, model: nn.Module, labelled: Labelled) -> Iterator[Quality]:
    """Judge a model on a set that somebody brought, yielding the accuracy on a growing part of it.

    An example without an answer counts as wrong. Where it may have several labels, exactly these have to be named.
    """
    adapter = _adapter(task)
    right, answered = np.zeros(0, bool), np.zeros(0, bool)
    for begin in range(0, len(labelled.items), EXAMPLES_AT_A_TIME):
        part = slice(begin, begin + EXAMPLES_AT_A_TIME)
        outputs = _outputs_or_nan(adapter, model, labelled.items[part], len(task.classes))
        right = np.append(right, _right(outputs, labelled.labels[part], adapter.multi).numpy())
        answered = np.append(answered, (predicted_classes(outputs) >= 0).numpy())
        yield share(right, "Accuracy", "your own", answered)


def _adapter(task: Task) -> UploadAdapter:
    """Return how a task reads uploads. Raises BadInput if it takes none."""
    if task.uploads is None:
        raise BadInput("This model takes no examples from outside.", "Choose one that looks at pictures or texts.")
    return task.uploads


def _outputs(adapter: UploadAdapter, model: nn.Module, items: Sequence[Any]) -> Tensor:
    """Return a model's outputs for some examples, (n, classes). Raises BadInput if one of them cannot be answered."""
    inputs = adapter.inputs(list(items))
    with torch.inference_mode():
        outputs = model(inputs)
        return outputs if adapter.picked is None else outputs[:, adapter.picked]


def _outputs_or_nan(adapter: UploadAdapter, model: nn.Module, items: Sequence[Any], classes: int) -> Tensor:
    """Return the outputs, (n, classes), NaN for an example that cannot be answered, so that it does not end it all."""
    try:
        return _outputs(adapter, model, items)
    except BadInput:
        if len(items) == 1:
            return torch.full((1, classes), torch.nan)
        return torch.cat([_outputs_or_nan(adapter, model, [each], classes) for each in items])


def _right(outputs: Tensor, labels: Sequence[Any], multi: bool) -> Tensor:
    """Return which examples are named rightly by their outputs (n, classes), bool (n,)."""
    predicted = predicted_classes(outputs)
    if not multi:
        return predicted == torch.tensor(labels)
    wanted = torch.zeros(outputs.shape, dtype=torch.bool)
    for row, places in zip(wanted, labels, strict=True):
        row[list(places)] = True
    return ((outputs >= 0) == wanted).all(1) & (predicted >= 0)  # a sigmoid of at least 0.5


def _answer_label_by_label(output: Tensor, classes: Sequence[str]) -> Answer:
    """Put one output (1, classes) in words where each class is a label that may be given or not."""
    if int(predicted_classes(output)) < 0:
        return Answer("no answer")
    sure = output[0].sigmoid()
    order = sure.argsort(descending=True).tolist()
    given = ", ".join(classes[place] for place in order if sure[place] >= 0.5) or "none of them"
    rows = tuple({"Answer": classes[place], "Sure, %": round(100 * float(sure[place]), 1)} for place in order)
    return Answer(f"{given} (each label is judged by itself)", rows)
