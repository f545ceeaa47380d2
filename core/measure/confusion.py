"""What is mistaken for what: how often each class is given each name."""

import numpy as np
from torch import nn

from core.tasks.base import Task


def confusion(task: Task, model: nn.Module, split: str = "validation") -> np.ndarray:
    """Count examples by true class (row) and by the name that the model gives (column): int (classes, classes).

    Examples to which it gives no answer are left out.

    Raises ValueError for a task without classes.
    """
    import torchmetrics.functional.classification as judged  # two seconds, for those who ask for it

    if task.classifier is None:
        raise ValueError(f"{task.info.name} has no classes.")
    guessed, truth = task.classifier.answers(model, split)
    answered = guessed >= 0
    guessed, truth = guessed[answered], truth[answered]
    return judged.multiclass_confusion_matrix(guessed, truth, num_classes=len(task.classes)).numpy()


def mistakes(
    classes: tuple[str, ...], before: np.ndarray, after: np.ndarray, most: int = 3
) -> list[tuple[str, str, int, int]]:
    """List the mistakes that grew most: true class, name given, how often before and after; those that grew only."""
    grown = after - before
    np.fill_diagonal(grown, 0)
    order = np.argsort(-grown, axis=None, kind="stable")[:most]
    places = [divmod(int(place), len(classes)) for place in order]
    return [(classes[i], classes[j], int(before[i, j]), int(after[i, j])) for i, j in places if grown[i, j] > 0]
