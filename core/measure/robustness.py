"""How a network holds up on shifted data, at five strengths."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from torch import nn

from core.quality import Quality
from core.tasks.base import Task


@dataclass(frozen=True)
class ShiftResult:
    """Quality of one network under one kind of shift; strength 0 is the data as it is."""

    kind: str
    strength: int
    stage: str
    quality: Quality


def robustness(
    task: Task,
    models: Mapping[str, nn.Module],
    strengths: tuple[int, ...] = (0, 1, 2, 3, 4, 5),
    limit: int | None = None,
) -> Iterator[ShiftResult]:
    """Judge each network under each kind of shift that the task knows, on validation data.

    models: what to call it -> the network. Raises ValueError for a strength outside 0 to 5.
    Source: Hendrycks and Dietterich 2019, Benchmarking neural network robustness (five strengths).
    """
    if not set(strengths) <= set(range(6)):
        raise ValueError("A shift has a strength of 0 (none) to 5.")
    for kind, shifted in task.shifts.items():
        for strength in strengths:
            world = shifted(strength) if strength else task
            for stage, model in models.items():
                yield ShiftResult(kind, strength, stage, world.evaluate(model, "validation", limit))
