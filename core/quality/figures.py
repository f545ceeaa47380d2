"""Quality figures: how they are made, and how certain each is."""

import dataclasses
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core import statistics
from core.quality.metrics import METRICS, Metric
from core.quality.outcomes import Outcomes, in_common, ratio_interval


@dataclass(frozen=True)
class Quality:
    """Hold one judged figure with its uncertainty.

    metric: one of METRICS.
    value, low, high: the figure and its 95 % interval, in the metric's own unit (accuracy: 0 to 1); not a number where
        the network gives no answer.
    n: how many examples it was computed from.
    split: the part of the data that they came from.
    unanswered: how many of these examples got no answer, which counts as a wrong one.
    outcomes: the outcome of each example, so that the figure can be compared with another one of the same examples.
    """

    metric: str
    value: float
    low: float
    high: float
    n: int
    split: str = "validation"
    unanswered: int = 0
    outcomes: Outcomes | None = field(default=None, compare=False, repr=False)

    @property
    def about(self) -> Metric:
        """The meaning of this figure's metric."""
        return METRICS[self.metric]

    @property
    def at_bound(self) -> bool:
        """Whether every unit reached the best or the worst there is, so that the range is one-sided."""
        return self.outcomes is not None and self.outcomes.all_at_bound

    def better_than(self, other: "Quality") -> bool:
        """Tell whether this figure beats another one of the same metric; one that is no number beats nothing."""
        if math.isnan(other.value):
            return not math.isnan(self.value)
        return self.value > other.value if self.about.higher else self.value < other.value

    def relative(self, dense: "Quality", worst: float = 0.0) -> "Quality":
        """Return this figure as a share of the dense model's, 1 being as good, with the range of the pair.

        worst: the value at which nothing is left, for a metric where more is better: its 0. Where less is better
        (an error), the share is dense over this one.
        """
        pair = paired_outcomes(dense, self)
        if pair is None:
            return self._relative_to_exact(dense, worst)
        if math.isnan(self.value) or math.isnan(dense.value):
            return Quality(self.metric, math.nan, math.nan, math.nan, self.n, self.split, self.unanswered)
        before, after = pair
        if not self.about.higher:
            value = before.mean / after.mean if after.mean else 1.0 if not before.mean else math.inf
            low, high = ratio_interval(after, before)
        elif before.mean <= worst:  # of nothing there is no share
            value = low = high = math.nan
        else:
            value = (after.mean - worst) / (before.mean - worst)
            low, high = ratio_interval(before, after, worst)
        return Quality(self.metric, value, min(low, value), max(high, value), after.examples, self.split)

    def _relative_to_exact(self, dense: "Quality", worst: float) -> "Quality":
        """Return the share as if the dense figure were exact, where the outcome of each example is not known."""
        if self.about.higher and dense.value <= worst:
            value = low = high = math.nan
        elif self.about.higher:
            value, low, high = ((each - worst) / (dense.value - worst) for each in (self.value, self.low, self.high))
        else:
            value, low, high = (dense.value / max(each, 1e-12) for each in (self.value, self.high, self.low))
        return Quality(self.metric, value, low, high, self.n, self.split)

    def halves(self) -> tuple["Quality", "Quality"]:
        """Return the same figure of every second unit, and of the others.

        Raises ValueError where the outcome of each example is not known, or there are fewer than two units.
        """
        if self.outcomes is None or self.outcomes.units < 2:
            raise ValueError("This figure cannot be halved.")
        even, odd = (self.outcomes.part(slice(first, None, 2)) for first in (0, 1))
        return summary(even, self.metric, self.split), summary(odd, self.metric, self.split)

    def to_dict(self) -> dict[str, Any]:
        """Return the figure as plain data, for a file."""
        return {each.name: getattr(self, each.name) for each in dataclasses.fields(self) if each.name != "outcomes"}


def paired_outcomes(before: Quality, after: Quality) -> tuple[Outcomes, Outcomes] | None:
    """Return the outcomes of both figures on the examples that they have in common; None if these are not known."""
    if before.outcomes is None or after.outcomes is None or before.split != after.split:
        return None
    return in_common(before.outcomes, after.outcomes)


def summary(outcomes: Outcomes, metric: str, split: str = "validation") -> Quality:
    """Return the figure that outcomes make, with its interval; one that is no number if one of them is not finite.

    Raises ValueError when there is nothing to judge.
    """
    if not outcomes.units:
        raise ValueError("There is nothing to judge.")
    if outcomes.not_finite:
        return Quality(metric, math.nan, math.nan, math.nan, outcomes.examples, split, outcomes.not_finite, outcomes)
    low, high = outcomes.interval()
    return Quality(metric, outcomes.mean, low, high, outcomes.examples, split, outcomes=outcomes)


def proportion(successes: int, n: int, metric: str = "Accuracy", split: str = "validation") -> Quality:
    """Return a proportion with its 95 % Wilson score interval.

    Raises ValueError when there is nothing to judge, or when successes do not lie in 0 to n.
    """
    low, high = statistics.wilson(successes, n)
    return Quality(metric, successes / n, low, high, n, split)


def share(
    right: np.ndarray, metric: str = "Accuracy", split: str = "validation", answered: np.ndarray | None = None
) -> Quality:
    """Return the share of examples that are right, bool (n,), with its interval.

    answered: which examples got an answer at all, bool (n,); the others count as wrong, and if none did, there is no
    figure but NaN. Raises ValueError when there is nothing to judge.
    """
    right = np.asarray(right, bool)
    unanswered = 0 if answered is None else len(right) - int(np.count_nonzero(answered))
    if len(right) and unanswered == len(right):
        outcomes = Outcomes.of_bits(np.zeros(len(right), bool))
        return Quality(metric, math.nan, math.nan, math.nan, len(right), split, unanswered, outcomes)
    return dataclasses.replace(summary(Outcomes.of_bits(right), metric, split), unanswered=unanswered)


def mean(
    values: np.ndarray,
    metric: str,
    split: str = "validation",
    transform: str = "",
    clusters: np.ndarray | None = None,
    bounds: tuple[float, float] | None = None,
) -> Quality:
    """Return the mean of values (n,), or what a transform makes of it, with a 95 % bootstrap interval.

    transform: one of `core.statistics.TRANSFORMS`.
    clusters: whose each value is, int (n,), where values of one person or thing are alike; they are drawn together.
    bounds: the least and the largest value there can be.
    If a value is not finite, the figure is no number. Raises ValueError when there is nothing to judge.
    """
    values = np.asarray(values, np.float64)
    if clusters is None or not values.size:
        return summary(Outcomes(values, len(values), transform=transform, bounds=bounds), metric, split)
    _, owner, counts = np.unique(clusters, return_inverse=True, return_counts=True)
    sums = np.bincount(owner.ravel(), weights=values, minlength=len(counts))
    return summary(Outcomes(sums, len(sums), counts.astype(np.float64), transform=transform), metric, split)
