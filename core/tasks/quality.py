"""Quality figures and their intervals."""

import math
from dataclasses import dataclass

Z95 = 1.959963984540054
"""How many standard deviations hold 95 % of a normal distribution."""


@dataclass(frozen=True)
class Quality:
    """One judged figure with its uncertainty.

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
    higher: bool = True
    """Whether a larger value is better."""

    def better_than(self, other: "Quality") -> bool:
        """Whether this figure beats another one of the same metric."""
        return self.value > other.value if self.higher else self.value < other.value


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
