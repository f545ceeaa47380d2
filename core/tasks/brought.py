"""People's own weights, examples and labelled sets, brought to a task; none of them touches the task itself."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from core.errors import BadInput
from core.language import text
from core.quality import Quality, share
from core.tasks.base import Heads, Task, UploadAdapter
from core.tasks.demo import Answer
from core.tasks.outputs import ANSWER, SURE, predicted_classes, top_answers
from core.tasks.resized import only_smaller, output_shape, resized_to
from core.tasks.without_data import numbered_classes, with_own_classes
from core.uploads import SET_READERS, Checkpoint, DoesNotFit, LeftOut, differences, read_checkpoint

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


@dataclass(frozen=True, eq=False)
class Brought:
    """Hold a task with a network that somebody brought, and what was done to make it fit, a sentence each.

    own_classes: whether its answers are other ones than the task's, so that there is no data here to judge it on.
    """

    task: Task
    steps: tuple[str, ...]
    own_classes: bool = False


def bring_checkpoint(task: Task, content: bytes, classes: Sequence[str] = ()) -> Brought:
    """Return the task with a network from a file, and what was done to make it fit.

    classes: the names of its answers, where these are other ones than the task's; else those that the file names, or
    "class 1", "class 2" and so on. Raises DoesNotFit with what differs, BadInput for a file that cannot be read, or for
    another number of names than of answers.
    """
    wanted = task.model.state_dict()
    found = read_checkpoint(content, wanted)
    named = tuple(classes) or _classes_of_file(task, found)
    steps = [*found.steps]
    if smaller := _smaller(task, found):
        steps.append(
            text(
                "Rebuilt the network with fewer units, as {count} of the file's tensors have them.", count=len(smaller)
            )
        )
    try:
        mine = with_weights(task, found.weights, classes=named)
    except RuntimeError as error:
        every = differences(found.weights, wanted)
        raise DoesNotFit(every, {name: tuple(value.shape) for name, value in found.weights.items()}) from error
    own = mine.classes != task.classes
    if own:
        steps.append(_whose_answers(len(mine.classes), bool(classes), bool(named)))
    return Brought(mine, tuple(steps), own)


def _whose_answers(count: int, given: bool, named: bool) -> str:
    """Say that a network has answers of its own, and who named them: a person (`given`), the file, or nobody."""
    if given:
        return text(
            "Its {count} answers are other ones than those of this app's network: they were given names.", count=count
        )
    if named:
        return text(
            "Its {count} answers are other ones than those of this app's network: the file names them.", count=count
        )
    return text(
        "Its {count} answers are other ones than those of this app's network: nobody named them yet.", count=count
    )


def with_weights(
    task: Task, weights: Mapping[str, Tensor], about: str = text("your weights"), classes: Sequence[str] = ()
) -> Task:
    """Return the task with a network of other weights, whose early state nobody knows.

    Where the weights have fewer units than the task's network, or another number of answers, it is rebuilt so.

    about: whose they are, for the title; classes: the names of its answers where these are other ones than the task's.
    Raises RuntimeError where they do not fit, BadInput for another number of names than of answers.
    """
    model, outputs = _network(task, weights)
    source = text("brought by you") if about == text("your weights") else text("made here")
    parameters = sum(each.numel() for each in model.parameters())
    info = replace(
        task.info,
        title=text("{title}, {about}", title=task.info.title, about=about),
        weights=source,
        parameters=parameters,
    )
    training = replace(task.training, early_checkpoint=lambda: None)
    if parameters != sum(each.numel() for each in task.model.parameters()):
        training = replace(training, fresh=None)
    mine = replace(task, info=info, model=model, training=training, heads=_heads_left(task, model))
    if not outputs and not classes:
        return mine
    outputs = outputs or output_shape(model, task.example)[1]
    if classes and len(classes) != outputs:
        raise BadInput(
            text("This network has {outputs:,} answers, not {count:,}.", outputs=outputs, count=len(classes)),
            text("Name each of them once."),
        )
    return with_own_classes(mine, model, tuple(classes) or numbered_classes(outputs))


def _network(task: Task, weights: Mapping[str, Tensor]) -> tuple[nn.Module, int]:
    """Return a network with these weights, and how many answers it has if it is not as many as the task's, else 0.

    Raises RuntimeError where they do not fit.
    """
    wanted = task.model.state_dict()
    if all(name not in wanted or wanted[name].shape == value.shape for name, value in weights.items()):
        model = copy.deepcopy(task.model)
        model.load_state_dict(dict(weights))
        return model.eval(), 0
    usual = output_shape(task.model, task.example)
    if weights.keys() != wanted.keys() or not only_smaller(weights, wanted, usual[-1]):
        raise RuntimeError("These tensors are larger than those of the network, or others.")
    model = resized_to(task.model, weights)
    answers = output_shape(model, task.example)
    if answers == usual:
        return model, 0
    if task.classifier is not None and answers[1:] == (1,):
        raise BadInput(
            text("The last layer of this network gives one number, not one for each class."),
            text("Bring a network with an answer for each class, two at least."),
        )
    if task.classifier is None or len(answers) != 2:
        raise RuntimeError("This network answers something else.")
    return model, answers[1]


def _smaller(task: Task, found: Checkpoint) -> list[str]:
    """List the tensors of a file that differ in more than how many answers there are."""
    if not found.other_sizes:
        return []
    wanted, outputs = task.model.state_dict(), output_shape(task.model, task.example)[-1]
    return [
        name
        for name in found.other_sizes
        if wanted[name].shape[:1] != (outputs,) or found.weights[name].shape[1:] != wanted[name].shape[1:]
    ]


def _classes_of_file(task: Task, found: Checkpoint) -> tuple[str, ...]:
    """Return the classes that a file names, if they are other ones than the task's; () if nothing is to be changed."""
    names = found.classes
    if task.classifier is None or not names or all(name.startswith("LABEL_") for name in names):
        return ()
    head = [name for name in found.weights if found.weights[name].shape[:1] == (len(names),)]
    same = [each.casefold() for each in names] == [each.casefold() for each in task.classes]
    subset = task.uploads is not None and task.uploads.picked is not None and not found.other_sizes
    return () if same or subset or not head else names


def _heads_left(task: Task, model: nn.Module) -> tuple[Heads, ...]:
    """Return the attention layers of a network of which some heads may be gone."""
    left = []
    for heads in task.heads:
        first = heads.inputs[0]
        rows, before = len(model.get_parameter(first)), len(task.model.get_parameter(first))
        left.append(replace(heads, count=max(1, heads.count * rows // before)))
    return tuple(left)


def read_labelled(task: Task, content: bytes) -> Labelled:
    """Read a labelled set: a zip of class folders for a task of pictures, a table (CSV) for one of texts.

    Examples that no model can answer are left out, so that judging never stops half-way. Raises BadInput.
    """
    adapter, classes = _adapter(task), task.classes
    if not classes:
        raise BadInput(
            text("This network answers with a number, not with one of several classes, so that no share can be right."),
            text("Show it single examples."),
        )

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
    if adapter.in_words is not None:
        return adapter.in_words(outputs)
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
        yield share(right, "Accuracy", text("your own"), answered)


def _adapter(task: Task) -> UploadAdapter:
    """Return how a task reads uploads. Raises BadInput if it takes none."""
    if task.uploads is None:
        raise BadInput(
            text("This model takes no examples from outside."), text("Choose one that looks at pictures or texts.")
        )
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
        return Answer(text("no answer"))
    sure = output[0].sigmoid()
    order = sure.argsort(descending=True).tolist()
    given = ", ".join(classes[place] for place in order if sure[place] >= 0.5) or text("none of them")
    rows = tuple({ANSWER: classes[place], SURE: round(100 * float(sure[place]), 1)} for place in order)
    return Answer(text("{given} (each label is judged by itself)", given=given), rows)
