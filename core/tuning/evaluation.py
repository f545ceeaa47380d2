"""How a network is looked at while it learns: on validation data, and on the beginning of the training data."""

from dataclasses import dataclass

from torch import nn

from core.pruning import Pruned
from core.quality import Quality, summary
from core.tasks.base import Task


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Hold one look at a network.

    quality: on validation data, as many examples as were asked for.
    same_examples: on the first validation examples, as many as every look sees, so that looks can be compared.
    train: on as many of the first training examples, not varied.
    reached: the network itself, at full size, with its masks.
    """

    quality: Quality
    same_examples: Quality
    train: Quality
    reached: Pruned


def evaluate(task: Task, model: nn.Module, reached: Pruned, limit: int | None = None) -> Evaluation:
    """Judge a network in eval mode on so many validation examples, None for all.

    reached: the same network at full size.
    """
    quality = task.evaluate(model, "validation", limit)
    if quality.n <= task.quick_eval_size:
        quick = quality
    elif quality.outcomes is not None and quality.outcomes.counts is None:
        quick = summary(quality.outcomes.part(slice(task.quick_eval_size)), quality.metric)
    else:
        quick = task.evaluate(model, "validation", task.quick_eval_size)
    return Evaluation(quality, quick, task.evaluate(model, "train", task.quick_eval_size), reached)
