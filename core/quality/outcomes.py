"""What each independent unit of the data gave under a network, and the intervals that follow from it."""

import dataclasses
from dataclasses import dataclass

import numpy as np

from core import statistics
from core.statistics import Interval


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Hold what a figure was computed from: the outcome of each independent unit, in the order of the data.

    sums: float (units,), a unit's sum over its examples; for right or wrong, one bit an example, packed.
    units: how many there are.
    counts: examples of each unit (units,), None for one each.
    binary: whether they are right or wrong.
    transform: what the figure makes of the mean, one of `core.statistics.TRANSFORMS`.
    bounds: the least and the largest value of one example, if there are such.
    """

    sums: np.ndarray
    units: int
    counts: np.ndarray | None = None
    binary: bool = False
    transform: str = ""
    bounds: Interval | None = None

    @classmethod
    def of_bits(cls, right: np.ndarray) -> "Outcomes":
        """Keep which examples are right, bool (n,)."""
        return cls(np.packbits(right), len(right), binary=True)

    @property
    def values(self) -> np.ndarray:
        """The outcome of each unit: bool (units,) for right or wrong, else its sum."""
        return np.unpackbits(self.sums, count=self.units).astype(bool) if self.binary else self.sums

    @property
    def examples(self) -> int:
        """How many examples there are in all units."""
        return self.units if self.counts is None else round(float(self.counts.sum()))

    @property
    def not_finite(self) -> int:
        """How many units gave no finite number."""
        return 0 if self.binary else self.units - int(np.isfinite(self.sums).sum())

    @property
    def all_at_bound(self) -> bool:
        """Whether every unit reached the best, or the worst, that one example can be."""
        if self.bounds is None or self.counts is not None:
            return False
        return bool((self.sums == self.sums[0]).all()) and float(self.sums[0]) in self.bounds

    @property
    def mean(self) -> float:
        """The mean over all examples, or what the figure makes of it."""
        if self.binary:
            return int(self.values.sum()) / self.units
        return float(statistics.TRANSFORMS[self.transform](self.sums.sum() / self.examples))

    def interval(self) -> Interval:
        """Return the 95 % interval of the mean, which lies within it."""
        if self.binary:
            return statistics.wilson(int(self.values.sum()), self.units)
        return _around(self.mean, statistics.mean_of_units(self.sums, self.counts, self.transform, self.bounds))

    def part(self, which: slice) -> "Outcomes":
        """Return some of the units."""
        if self.binary:
            return Outcomes.of_bits(self.values[which])
        counts = None if self.counts is None else self.counts[which]
        return dataclasses.replace(self, sums=self.sums[which], units=len(self.sums[which]), counts=counts)


def in_common(one: Outcomes, other: Outcomes) -> tuple[Outcomes, Outcomes] | None:
    """Cut outcomes of two networks to the units that both have; None if they are not of the same units.

    Where one was judged on the beginning only of the other one's examples, that beginning is what they have in common.
    """
    if one.binary != other.binary:
        return None
    if one.counts is not None or other.counts is not None:
        same = one.counts is not None and other.counts is not None and np.array_equal(one.counts, other.counts)
        return (one, other) if same else None
    units = min(one.units, other.units)
    first, second = (each if each.units == units else each.part(slice(units)) for each in (one, other))
    return first, second


def change_interval(before: Outcomes, after: Outcomes) -> Interval:
    """Return the paired 95 % interval of the mean of `after` minus that of `before`, of the same units."""
    value = after.mean - before.mean
    if before.binary:
        return _around(value, statistics.change_of_shares(before.values, after.values))
    return _around(
        value,
        statistics.change_of_means(before.values, after.values, before.counts, before.transform, before.bounds),
    )


def ratio_interval(before: Outcomes, after: Outcomes, worst: float = 0.0) -> Interval:
    """Return the paired 95 % interval of (after - worst) / (before - worst), means of the same units."""
    if before.binary:
        return statistics.ratio_of_shares(before.values, after.values, worst)
    return statistics.ratio_of_means(before.values, after.values, before.counts, before.transform, worst)


def _around(value: float, interval: Interval) -> Interval:
    """Widen an interval so that it holds a value."""
    return min(interval[0], value), max(interval[1], value)
