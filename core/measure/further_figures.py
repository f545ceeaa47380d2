"""Figures beside the headline one: other metrics, and quality group by group, for an average hides whom it hurts."""

from dataclasses import dataclass

from torch import Tensor, nn

from core.quality import Change, Quality, change
from core.tasks.base import Task


@dataclass(frozen=True)
class FurtherFigures:
    """Other metrics of a model on validation data, and its quality for each group of examples."""

    metrics: tuple[Quality, ...]
    groups: dict[str, Quality]


def further_figures(
    task: Task, model: nn.Module, split: str = "validation", said: Tensor | None = None
) -> FurtherFigures:
    """Measure what a task has besides its headline metric; empty where it has nothing.

    said: what the model answers, (n, classes), where that is known already.
    """
    if said is None and task.classifier:
        said = task.classifier.logits(model, split)  # one pass serves both
    known = {} if said is None else {"outputs": said}
    return FurtherFigures(
        task.extra.metrics(model, split, **known) if task.extra.metrics else (),
        task.extra.groups(model, split, **known) if task.extra.groups else {},
    )


def further_changes(
    task: Task,
    before: FurtherFigures,
    after: FurtherFigures,
    said: tuple[Tensor, Tensor] | None = None,
    split: str = "validation",
) -> "FurtherChanges":
    """Return how much each further figure changed, with the range of the pair.

    said: what both networks answer, for a task with `logits`; without it, its ranges are not known.
    """
    if said is not None and task.extra.metric_changes is not None:
        more = task.extra.metric_changes(*said, split)
    else:
        more = tuple(change(one, two) for one, two in zip(before.metrics, after.metrics, strict=True))
    groups = {name: change(one, after.groups[name]) for name, one in before.groups.items()}
    return FurtherChanges(more, groups)


@dataclass(frozen=True)
class FurtherChanges:
    """How much each of the further figures changed."""

    metrics: tuple[Change, ...]
    groups: dict[str, Change]
