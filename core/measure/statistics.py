"""How sure figures and their changes are, for networks: the formulas are in `core.statistics`."""

import math

from torch import nn

from core.quality import Change, Quality, change
from core.statistics import (
    change_of_means,
    change_of_shares,
    mean_of_parts,
    mean_of_units,
    ratio_of_means,
    ratio_of_shares,
    wilson,
    worse_by_chance,
)
from core.tasks.base import Task

__all__ = [
    "Change",
    "change",
    "change_of_means",
    "change_of_shares",
    "fell_for_certain",
    "mean_of_parts",
    "mean_of_units",
    "paired_change",
    "ratio_of_means",
    "ratio_of_shares",
    "wilson",
    "worse_by_chance",
]


def paired_change(task: Task, before: nn.Module, after: nn.Module, split: str = "validation") -> Change:
    """Return how much better or worse one network is than another on the same examples, with its 95 % interval.

    In the metric's own unit (accuracy: 0.01 is one point), `after` minus `before`.
    """
    return change(task.evaluate(before, split), task.evaluate(after, split))


def fell_for_certain(earlier: list[Quality], last: Quality, level: float = 0.05) -> int | None:
    """Return the place of the best earlier figure from which the last one fell, or None if it may be chance.

    All are of the same examples. However many earlier figures there are, a network that in truth gets no worse is
    taken for one that does at most `level` of the time (each is tested at its share of it: Bonferroni).
    """
    if math.isnan(last.value):  # nothing falls further than to no answer at all
        there = [place for place, figure in enumerate(earlier) if not math.isnan(figure.value)]
        return max(there, key=lambda place: _good(earlier[place]), default=None)
    candidates = []
    for place, figure in enumerate(earlier):
        one, two = figure.outcomes, last.outcomes
        if one is None or two is None or one.units != two.units:
            continue
        before, after = one.values.astype(float), two.values.astype(float)
        if not last.about.higher:
            before, after = -before, -after
        if worse_by_chance(before, after) <= level / len(earlier):
            candidates.append(place)
    return max(candidates, key=lambda place: _good(earlier[place]), default=None)


def _good(quality: Quality) -> float:
    return quality.value if quality.about.higher else -quality.value
