"""Figures beside the headline one: other metrics, and quality group by group, for an average hides whom it hurts."""

from dataclasses import dataclass

from torch import nn

from core.tasks.base import Task
from core.tasks.quality import Quality


@dataclass(frozen=True)
class Further:
    """Other metrics of a model on validation data, and its quality for each group of examples."""

    more: tuple[Quality, ...]
    groups: dict[str, Quality]


def further(task: Task, model: nn.Module, split: str = "validation") -> Further:
    """Measure what a task has besides its headline metric; empty where it has nothing."""
    said = {"said": task.logits(model, split)} if task.logits else {}  # one pass serves both
    return Further(
        task.more(model, split, **said) if task.more else (),
        task.groups(model, split, **said) if task.groups else {},
    )
