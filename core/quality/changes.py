"""Changes of quality: how far one figure lies from another one of the same examples."""

import math
from dataclasses import dataclass

from core.quality.figures import Quality, paired_outcomes
from core.quality.metrics import METRICS
from core.quality.outcomes import change_interval


@dataclass(frozen=True)
class Change:
    """Hold how far a figure lies from another one of the same examples.

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
    pair = paired_outcomes(before, after)
    if pair is None:
        return Change(after.metric, after.value - before.value, math.nan, math.nan, min(before.n, after.n))
    one, two = pair
    if math.isnan(before.value) or math.isnan(after.value):
        return Change(after.metric, math.nan, math.nan, math.nan, one.examples)
    return Change(after.metric, two.mean - one.mean, *change_interval(one, two), one.examples)
