"""Quality class by class: an average hides whom pruning hurts."""

import torch
from torch import nn

from core.tasks.base import Task
from core.tasks.quality import Quality, proportion


def recall_by_class(task: Task, model: nn.Module, split: str = "validation") -> dict[str, Quality]:
    """Return for each class the share of its examples that the model names rightly, with its Wilson interval.

    Raises ValueError for a task without classes.
    """
    if not task.classes:
        raise ValueError(f"{task.info.name} has no classes.")
    answers, labels = task.answers(model, split)
    right = answers == labels
    seen, found = (torch.bincount(each, minlength=len(task.classes)).tolist() for each in (labels, labels[right]))
    return {
        name: proportion(hits, n, "Recall", split) for name, hits, n in zip(task.classes, found, seen, strict=True) if n
    }
