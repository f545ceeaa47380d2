"""Quality figures: what each metric means, and how certain a figure is."""

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

Z95 = 1.959963984540054
"""How many standard deviations hold 95 % of a normal distribution."""

RESAMPLES = 500
"""How often a bootstrap draws anew."""


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


@dataclass(frozen=True)
class Quality:
    """One judged figure with its uncertainty.

    metric: one of METRICS.
    value, low, high: the figure and its 95 % interval, in the metric's own unit (accuracy: 0 to 1).
    n: how many examples it was computed from.
    split: which part of the data they came from.
    """

    metric: str
    value: float
    low: float
    high: float
    n: int
    split: str = "validation"

    @property
    def about(self) -> Metric:
        """What this figure means."""
        return METRICS[self.metric]

    def better_than(self, other: "Quality") -> bool:
        """Whether this figure beats another one of the same metric."""
        return self.value > other.value if self.about.higher else self.value < other.value

    def relative(self, dense: "Quality", worst: float = 0.0) -> "Quality":
        """Return this figure as a share of the dense model's, interval included: 1 is as good as dense.

        worst: the value at which nothing is left, for a metric where more is better: its 0. Where less is better
        (an error), the share is dense over this one.
        """
        if self.about.higher:
            value, low, high = (
                (each - worst) / ((dense.value - worst) or 1.0) for each in (self.value, self.low, self.high)
            )
        else:
            value, low, high = (dense.value / max(each, 1e-12) for each in (self.value, self.high, self.low))
        return Quality(self.metric, value, low, high, self.n, self.split)


def proportion(successes: int, n: int, metric: str = "Accuracy", split: str = "validation") -> Quality:
    """Return a proportion with its 95 % Wilson score interval.

    Raises ValueError when there is nothing to judge, or when successes do not lie in 0 to n.
    Source: Wilson 1927, Probable inference, the law of succession, and statistical inference.
    """
    if n < 1 or not 0 <= successes <= n:
        raise ValueError(f"{successes} of {n} is no proportion.")
    share, square = successes / n, Z95**2
    centre = (share + square / (2 * n)) / (1 + square / n)
    half = Z95 / (1 + square / n) * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    return Quality(metric, share, min(share, max(0.0, centre - half)), max(share, min(1.0, centre + half)), n, split)


def mean(values: np.ndarray, metric: str, split: str = "validation", root: bool = False) -> Quality:
    """Return the mean of values (n,), or the root of it, with a 95 % percentile bootstrap interval.

    What is not finite makes a figure that is not finite. Raises ValueError when there is nothing to judge.
    Source: Efron and Tibshirani 1993, An introduction to the bootstrap.
    """
    values = np.asarray(values, np.float64)
    if not values.size:
        raise ValueError("There is nothing to judge.")
    means = np.append(_resampling(values.size) @ values.astype(np.float32), values.mean())
    if root:
        means = np.sqrt(means)
    low, high = np.quantile(means, (0.025, 0.975))
    value = float(means[-1])
    return Quality(metric, value, min(float(low), value), max(float(high), value), values.size, split)


@functools.lru_cache(maxsize=8)
def _resampling(n: int) -> np.ndarray:
    """Return for each resample the weight of each of n values, (RESAMPLES, n): how often it is drawn, over n."""
    draws = np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), RESAMPLES)
    return (draws / n).astype(np.float32)
