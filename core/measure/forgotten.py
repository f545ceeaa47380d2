"""What a network forgot: examples that the dense one names rightly and the pruned one does not."""

from dataclasses import dataclass

import torch
from torch import nn

from core.language import text
from core.quality import Quality, proportion
from core.tasks.base import Task
from core.tasks.outputs import predicted_classes


@dataclass(frozen=True)
class Loss:
    """One example that was forgotten: its place in the split, how sure the dense network was, and what each says."""

    place: int
    sure: float
    truth: str
    now: str


@dataclass(frozen=True)
class Forgotten:
    """Everything that was forgotten, the surest first; what was learned meanwhile; and the share of each class.

    share: class -> of its examples that the dense network names rightly, those that the pruned one does not.
    gained: how many examples only the pruned network names rightly.
    """

    examples: tuple[Loss, ...]
    gained: int
    share: dict[str, Quality]


def forgotten(task: Task, pruned: nn.Module, split: str = "validation") -> Forgotten:
    """Compare a pruned network with the dense one, example by example.

    Raises ValueError for a task without classes.
    Source: Hooker, Courville, Clark, Dauphin, Frome 2019, What do compressed deep neural networks forget?
    """
    if task.classifier is None:
        raise ValueError(f"{task.info.name} has no classes.")
    said, after = task.classifier.logits(task.model, split), task.classifier.logits(pruned, split)
    truth, before = task.classifier.labels(split), said.softmax(1)
    then, now = predicted_classes(said), predicted_classes(after)
    lost = (then == truth) & (now != truth)
    sure = before.gather(1, truth[:, None])[:, 0]
    places = torch.nonzero(lost).flatten()
    order = places[sure[places].argsort(descending=True, stable=True)].tolist()
    examples = tuple(
        Loss(place, float(sure[place]), task.classes[int(truth[place])], _name(task, int(now[place])))
        for place in order
    )
    share = {}
    for number, name in enumerate(task.classes):
        right = (truth == number) & (then == truth)
        if right.any():
            share[name] = proportion(int((lost & right).sum()), int(right.sum()), "Forgotten", split)
    return Forgotten(examples, int(((then != truth) & (now == truth)).sum()), share)


def _name(task: Task, place: int) -> str:
    return task.classes[place] if place >= 0 else text("no answer")
