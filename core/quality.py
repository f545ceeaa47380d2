"""Quality figures: what each metric means, how certain a figure is, and how far one lies from another."""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core import statistics


@dataclass(frozen=True)
class Metric:
    """What a figure means and how people read it.

    share: whether it is a share of 1, read in percent.
    higher: whether more is better.
    meaning: what it says, in words that go before "of" or "over" so many `noun`.
    noun: what is counted, in the plural.
    digits: decimals that are shown.
    top: the largest value there can be, for the axis of a chart; None where there is none.
    """

    share: bool
    higher: bool
    meaning: str
    noun: str = "examples"
    digits: int = 1
    top: float | None = 1.0


METRICS: Mapping[str, Metric] = {
    "Accuracy": Metric(True, True, "Share of examples named rightly"),
    "Recall": Metric(True, True, "Share of a class that is named rightly"),
    "Forgotten": Metric(True, False, "Share of what the dense network names rightly that the pruned one does not"),
    "Macro recall": Metric(True, True, "Recall of each class, averaged over the classes, rare ones counting as much"),
    "Macro precision": Metric(
        True, True, "Of what is given the name of a class, the share that belongs there, averaged over the classes"
    ),
    "Macro F1": Metric(True, True, "The harmonic mean of precision and recall, averaged over the classes"),
    "Calibration error": Metric(
        True,
        False,
        "How far a network's sureness lies from how often it is right, in 15 steps of sureness (less is better)",
    ),
    "RMSE": Metric(
        False,
        False,
        "How far guessed ratings lie from the given ones, in stars (root of the mean squared error; less is better)",
        "ratings",
        3,
        None,
    ),
    "MAE": Metric(
        False, False, "How far guessed ratings lie from the given ones, in stars, on average", "ratings", 3, None
    ),
    "Hit rate at 10": Metric(
        True,
        True,
        "Share of people for whom a film they liked is among the ten best of 100, the other 99 by chance",
        "people",
    ),
    "Return": Metric(False, True, "Points collected in one episode, on average", "episodes", 1, None),
}


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What a figure was computed from: what each independent unit gave, in the order of the data.

    sums: float (units,), a unit's sum over its examples; for right or wrong, one bit an example, packed.
    units: how many there are; counts: examples of each unit (units,), None for one each.
    binary: whether they are right or wrong; root: whether the figure is the root of the mean.
    bounds: the least and the largest value of one example, if there are such.
    """

    sums: np.ndarray
    units: int
    counts: np.ndarray | None = None
    binary: bool = False
    root: bool = False
    bounds: tuple[float, float] | None = None

    @classmethod
    def of_bits(cls, right: np.ndarray) -> "Outcomes":
        """Keep which examples are right, bool (n,)."""
        return cls(np.packbits(right), len(right), binary=True)

    @property
    def values(self) -> np.ndarray:
        """What each unit gave: bool (units,) for right or wrong, else its sum."""
        return np.unpackbits(self.sums, count=self.units).astype(bool) if self.binary else self.sums

    @property
    def examples(self) -> int:
        """How many examples there are in all units."""
        return self.units if self.counts is None else round(float(self.counts.sum()))

    def part(self, which: slice) -> "Outcomes":
        """Return some of the units."""
        if self.binary:
            return Outcomes.of_bits(self.values[which])
        counts = None if self.counts is None else self.counts[which]
        return dataclasses.replace(self, sums=self.sums[which], units=len(self.sums[which]), counts=counts)


@dataclass(frozen=True)
class Quality:
    """One judged figure with its uncertainty.

    metric: one of METRICS.
    value, low, high: the figure and its 95 % interval, in the metric's own unit (accuracy: 0 to 1); not a number where
        the network gives no answer.
    n: how many examples it was computed from.
    split: which part of the data they came from.
    unanswered: how many of these examples got no answer, which counts as a wrong one.
    outcomes: what it was computed from, so that it can be compared with another figure of the same examples.
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
        """What this figure means."""
        return METRICS[self.metric]

    @property
    def at_bound(self) -> bool:
        """Whether every unit reached the best or the worst there is, so that the range is one-sided."""
        found = self.outcomes
        if found is None or found.bounds is None or found.counts is not None:
            return False
        return bool((found.sums == found.sums[0]).all()) and float(found.sums[0]) in found.bounds

    def better_than(self, other: "Quality") -> bool:
        """Whether this figure beats another one of the same metric; what is no number beats nothing."""
        if math.isnan(other.value):
            return not math.isnan(self.value)
        return self.value > other.value if self.about.higher else self.value < other.value

    def relative(self, dense: "Quality", worst: float = 0.0) -> "Quality":
        """Return this figure as a share of the dense model's, 1 being as good, with the range of the pair.

        worst: the value at which nothing is left, for a metric where more is better: its 0. Where less is better
        (an error), the share is dense over this one.
        """
        pair = _aligned(dense, self)
        if pair is None:
            return self._relative_alone(dense, worst)
        if math.isnan(self.value) or math.isnan(dense.value):
            return Quality(self.metric, math.nan, math.nan, math.nan, self.n, self.split, self.unanswered)
        before, after = pair
        one, two = (summary(each, self.metric, self.split) for each in pair)
        if not self.about.higher:
            value = one.value / two.value if two.value else 1.0 if not one.value else math.inf
            low, high = statistics.ratio_of_means(after.values, before.values, before.counts, before.root)
        elif one.value <= worst:  # of nothing there is no share
            value = low = high = math.nan
        elif before.binary:
            value = (two.value - worst) / (one.value - worst)
            low, high = statistics.ratio_of_shares(before.values, after.values, worst)
        else:
            value = (two.value - worst) / (one.value - worst)
            low, high = statistics.ratio_of_means(before.values, after.values, before.counts, before.root, worst)
        return Quality(self.metric, value, min(low, value), max(high, value), two.n, self.split)

    def _relative_alone(self, dense: "Quality", worst: float) -> "Quality":
        """Return the share where it is not known how each example was answered: as if the dense figure were exact."""
        if self.about.higher and dense.value <= worst:
            value = low = high = math.nan
        elif self.about.higher:
            value, low, high = ((each - worst) / (dense.value - worst) for each in (self.value, self.low, self.high))
        else:
            value, low, high = (dense.value / max(each, 1e-12) for each in (self.value, self.high, self.low))
        return Quality(self.metric, value, low, high, self.n, self.split)

    def halves(self) -> tuple["Quality", "Quality"]:
        """Return the same figure of every second unit, and of the others.

        Raises ValueError where it is not known how each example was answered, or there are fewer than two units.
        """
        found = self.outcomes
        if found is None or found.units < 2:
            raise ValueError("This figure cannot be halved.")
        one, two = (summary(found.part(slice(first, None, 2)), self.metric, self.split) for first in (0, 1))
        return one, two

    def to_dict(self) -> dict[str, Any]:
        """Return the figure as plain data, for a file."""
        return {
            each.name: getattr(self, each.name) for each in dataclasses.fields(self) if each.name not in ("outcomes",)
        }


@dataclass(frozen=True)
class Change:
    """How far a figure lies from another one of the same examples.

    value, low, high: after minus before, with its paired 95 % interval, in the metric's unit; the interval is not a
        number where both were not judged on the same examples.
    n: how many examples both have in common.
    """

    metric: str
    value: float
    low: float
    high: float
    n: int

    @property
    def clear(self) -> bool:
        """Whether the range leaves out zero, so that there is a change at all."""
        return self.low > 0 or self.high < 0

    @property
    def better(self) -> bool:
        """Whether it is clearly for the better."""
        return self.low > 0 if METRICS[self.metric].higher else self.high < 0


def change(before: Quality, after: Quality) -> Change:
    """Return how much a figure changed, with the interval of the pair.

    Where one was judged on the beginning only of the other one's examples, that beginning is compared.
    """
    pair = _aligned(before, after)
    if pair is None:
        return Change(after.metric, after.value - before.value, math.nan, math.nan, min(before.n, after.n))
    one, two = pair
    value = summary(two, after.metric).value - summary(one, before.metric).value
    if one.binary:
        low, high = statistics.change_of_shares(one.values, two.values)
    else:
        low, high = statistics.change_of_means(one.values, two.values, one.counts, one.root, one.bounds)
    if math.isnan(before.value) or math.isnan(after.value):
        value = low = high = math.nan
    return Change(after.metric, value, min(low, value), max(high, value), one.examples)


def _aligned(before: Quality, after: Quality) -> tuple[Outcomes, Outcomes] | None:
    """Return what both figures were computed from, cut to the examples they have in common; None if that is unknown."""
    one, two = before.outcomes, after.outcomes
    if one is None or two is None or one.binary != two.binary or before.split != after.split:
        return None
    if one.counts is not None or two.counts is not None:
        same = one.counts is not None and two.counts is not None and np.array_equal(one.counts, two.counts)
        return (one, two) if same else None
    units = min(one.units, two.units)
    one, two = (each if each.units == units else each.part(slice(units)) for each in (one, two))
    return one, two


def summary(outcomes: Outcomes, metric: str, split: str = "validation") -> Quality:
    """Return the figure that outcomes make, with its interval. What is not finite makes a figure that is no number."""
    if outcomes.binary:
        hits = int(outcomes.values.sum())
        low, high = statistics.wilson(hits, outcomes.units)
        return Quality(metric, hits / outcomes.units, low, high, outcomes.units, split, outcomes=outcomes)
    if not outcomes.units:
        raise ValueError("There is nothing to judge.")
    if not np.isfinite(outcomes.sums).all():
        lost = outcomes.units - int(np.isfinite(outcomes.sums).sum())
        return Quality(metric, math.nan, math.nan, math.nan, outcomes.examples, split, lost, outcomes)
    value = float(outcomes.sums.sum() / outcomes.examples)
    value = math.sqrt(value) if outcomes.root else value
    low, high = statistics.mean_of_units(outcomes.sums, outcomes.counts, outcomes.root, outcomes.bounds)
    return Quality(metric, value, min(low, value), max(high, value), outcomes.examples, split, outcomes=outcomes)


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
    lost = 0 if answered is None else len(right) - int(np.count_nonzero(answered))
    if len(right) and lost == len(right):
        outcomes = Outcomes.of_bits(np.zeros(len(right), bool))
        return Quality(metric, math.nan, math.nan, math.nan, len(right), split, lost, outcomes)
    return dataclasses.replace(summary(Outcomes.of_bits(right), metric, split), unanswered=lost)


def mean(
    values: np.ndarray,
    metric: str,
    split: str = "validation",
    root: bool = False,
    clusters: np.ndarray | None = None,
    bounds: tuple[float, float] | None = None,
) -> Quality:
    """Return the mean of values (n,), or the root of it, with a 95 % bootstrap interval.

    clusters: whose each value is, int (n,), where values of one person or thing are alike; they are drawn together.
    bounds: the least and the largest value there can be.
    What is not finite makes a figure that is not finite. Raises ValueError when there is nothing to judge.
    """
    values = np.asarray(values, np.float64)
    if not values.size:
        raise ValueError("There is nothing to judge.")
    if clusters is None:
        return summary(Outcomes(values, len(values), root=root, bounds=bounds), metric, split)
    _, owner, counts = np.unique(clusters, return_inverse=True, return_counts=True)
    sums = np.bincount(owner.ravel(), weights=values, minlength=len(counts))
    return summary(Outcomes(sums, len(sums), counts.astype(np.float64), root=root), metric, split)
