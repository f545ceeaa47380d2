"""Histograms of each layer's weights, with the thresholds that a slider walks through."""

from dataclasses import dataclass

import numpy as np

from core.tasks.base import Task


@dataclass(frozen=True)
class Histogram:
    """Counts of one parameter's weights in bins of equal width.

    low, high: where the first bin begins and the last one ends, in weight units.
    counts: how many weights each bin holds; together all of them.
    """

    name: str
    low: float
    high: float
    counts: tuple[int, ...]


def histograms(task: Task, bins: int = 80) -> list[Histogram]:
    """Count the weights of each prunable parameter in bins that are symmetric around zero.

    A weight that is not finite is left out.
    """
    parameters = dict(task.model.named_parameters())
    found = []
    for name in task.prunable:
        weights = parameters[name].detach().numpy().ravel()
        weights = weights[np.isfinite(weights)]
        reach = float(np.abs(weights).max(initial=0.0)) or 1.0
        counts, _ = np.histogram(weights, bins, (-reach, reach))
        found.append(Histogram(name, -reach, reach, tuple(int(count) for count in counts)))
    return found
