"""What a fine-tune will reach, with a range, learned from fine-tunes of the same network that were measured."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from core.errors import BadInput
from core.language import text
from core.measure.past_runs import PastRun
from core.quality import METRICS, Quality
from core.statistics import Z, range_of_errors

HOLDS = 0.8
"""The share of promises that are to hold at the least, ..."""

SURE = 0.8
"""... and how certain that is to be, since runs that are learned from tell more or less by chance."""

LEAST = 12
"""Runs below which there is no promise: ranges that were learned from fewer held too seldom in simulations."""

Law = tuple[float, float, float]
"""How far what is reached may leave a straight law, over how many standard deviations it bends, and the noise."""

BENDS = ((0.0, 1.0), (0.1, 1.0), (0.1, 2.0), (1.0, 1.0), (1.0, 2.0))

LAWS: tuple[Law, ...] = tuple((*bend, noise) for bend in BENDS for noise in (0.003, 0.01, 0.03, 0.1, 0.3, 1.0))
"""Those that are tried; the runs decide for one."""

STRAIGHT = 10.0
"""How far the straight part of the law may go, in variances of what was reached: hardly held back."""


@dataclass(frozen=True)
class Before:
    """Hold what is known before a fine-tune: the removed share, 0 to 1, and figures on all validation data.

    repaired: the value of the pruned network repaired at once; None where nobody has measured it.
    """

    sparsity: float
    dense: Quality
    pruned: float
    repaired: float | None = None


@dataclass(frozen=True)
class Promise:
    """Hold what a fine-tune is expected to reach on validation data, in the metric's own unit.

    low, high: the range that holds it in HOLDS of all cases, outwards to the digits that are shown.
    runs: how many fine-tunes it was learned from; shipped: how many of these came with the app.
    repaired: whether the repaired network's quality was known.
    """

    metric: str
    value: float
    low: float
    high: float
    runs: int
    shipped: int
    repaired: bool

    def holds(self, reached: float) -> bool:
        """Whether what was reached lies within the range, both as they are shown; what is no number does not."""
        digits = digits_of(self.metric)
        return math.isfinite(reached) and self.low <= round(reached, digits) <= self.high

    def to_dict(self) -> dict[str, Any]:
        """Return the promise as plain data."""
        return asdict(self)


def read_promise(content: Any) -> Promise | None:
    """Read what `to_dict` wrote; None for anything else."""
    try:
        found = Promise(
            str(content["metric"]),
            float(content["value"]),
            float(content["low"]),
            float(content["high"]),
            int(content["runs"]),
            int(content["shipped"]),
            bool(content["repaired"]),
        )
    except (KeyError, TypeError, ValueError):
        return None
    return found if found.metric in METRICS else None


def digits_of(metric: str) -> int:
    """Return how many decimals of a promised value are shown: one more than usual, since ranges can be so narrow.

    Of a share of 1, which is shown in percent, these are two more still.
    """
    return METRICS[metric].digits + 1 + 2 * METRICS[metric].share


@dataclass(frozen=True, eq=False)
class Learned:
    """Hold the law that runs of one network follow, whatever is asked of it.

    runs: how many it was learned from; least, most: the shares that these remove.
    repaired: whether it is a law of what comes back without training too; _law, _places, _inverse, _goal: the Gaussian
    process, its features (runs, features) and what was reached, both centred; _ends: the range of its errors.
    """

    runs: int
    least: float
    most: float
    repaired: bool
    _law: Law
    _places: np.ndarray
    _inverse: np.ndarray
    _goal: np.ndarray
    _ends: tuple[float, float]
    _scales: tuple[np.ndarray, np.ndarray, float, float]

    def promise(self, before: Before, shipped: int = 0) -> Promise:
        """Say what a fine-tune is expected to reach. Raises BadInput where these runs tell nothing of it."""
        _require_figures(before)
        if not self.least <= before.sparsity <= self.most:
            raise BadInput(
                text(
                    "No promise: the runs that it would be learned from remove {least:.1f} to {most:.1f} %.",
                    least=100 * self.least,
                    most=100 * self.most,
                ),
                text("Choose an amount between, or try and see."),
            )
        dense = before.dense
        sign = -1 if dense.about.higher else 1
        lost = self._expect(np.array(_features(before, dense.value, dense, self.repaired)))
        value, one, two = (dense.value + sign * _unit(dense) * math.sinh(each) for each in lost)
        return Promise(dense.metric, *_bounded(value, one, two, dense), self.runs, shipped, self.repaired)

    def _expect(self, asked: np.ndarray) -> tuple[float, float, float]:
        """Return what is expected at a place (features,), and the low and the high end of its range."""
        centre, spread, mean, scale = self._scales
        place, noise = (asked - centre) / spread, self._law[2]
        across = _alike(self._places, place[None], self._law)[:, 0]
        middle = float(across @ self._inverse @ self._goal)
        itself = float(_alike(place[None], place[None], self._law)[0, 0])
        size = math.sqrt(max(itself + noise - float(across @ self._inverse @ across), 0.0))
        below, above = self._ends
        middle, below, above = (mean + scale * each for each in (middle, middle + size * below, middle + size * above))
        return middle, below, above


def make_promise(runs: Sequence[PastRun], before: Before, shipped: int = 0) -> Promise:
    """Predict what a fine-tune reaches from past ones that were alike, each of another plan.

    shipped: how many of the runs came with the app. Raises BadInput where nothing can be promised.
    """
    _require_figures(before)
    return learn(runs, before.dense, before.repaired is not None).promise(before, shipped)


def learn(runs: Sequence[PastRun], dense: Quality, with_repair: bool) -> Learned:
    """Learn from past fine-tunes what later ones reach. Raises BadInput where they are too few.

    What a run lost against the dense network is followed in units of the dense figure's own uncertainty, evenly up to
    there and by its logarithm beyond, as a Gaussian process of what the pruned and the repaired network lost and of the
    share that stays. The range is that of the errors when each run is predicted from all others, in their expected
    sizes.
    Sources: Rasmussen and Williams 2006, Gaussian processes for machine learning (5.4.2, leaving one out); Barber,
    Candès, Ramdas, Tibshirani 2021, Predictive inference with the jackknife+; Papadopoulos, Vovk, Gammerman 2011,
    Regression conformal prediction with nearest neighbours (errors in units of their expected size).
    with_repair: whether it will be known what a repair brings back; used where enough runs tell of it.
    """
    told = list({each.experiment.plan: each for each in runs if each.finite}.values())
    require_enough(told)
    least, most = (pick(each.sparsity for each in told) for pick in (min, max))
    with_repair = with_repair and sum(each.repaired is not None for each in told) >= LEAST
    if with_repair:
        told = [each for each in told if each.repaired is not None]
    known = np.array([_features(each, each.dense, dense, with_repair) for each in told])
    reached = np.array([_lost(each.tuned, each.dense, dense) for each in told])
    centre, spread = known.mean(0), np.where(known.std(0) > 1e-9, known.std(0), 1.0)
    mean, scale = float(reached.mean()), float(reached.std()) or 1e-9
    places, goal = (known - centre) / spread, (reached - mean) / scale
    chances = {law: _leave_one_out(places, goal, law) for law in LAWS}
    law = max(chances, key=lambda each: chances[each][0])
    _, inverse, errors = chances[law]
    ends = range_of_errors(errors, HOLDS, SURE)
    scales = (centre, spread, mean, scale)
    return Learned(len(told), least, most, with_repair, law, places, inverse, goal, ends, scales)


def _require_figures(before: Before) -> None:
    """Raise BadInput where a network's own figures are no numbers."""
    figures = (before.dense.value, before.pruned, before.sparsity, 0.0 if before.repaired is None else before.repaired)
    if not all(math.isfinite(each) for each in figures):
        raise BadInput(text("No promise: the pruned network gives no answer."), text("Remove less."))


def require_enough(runs: Sequence[PastRun]) -> None:
    """Raise BadInput where there are too few runs to learn from."""
    if len(runs) < LEAST:
        raise BadInput(
            text(
                "What a fine-tune will reach is not promised yet: that takes {least} runs of this network with this "
                "recipe, each after another pruning, and there are {count}.",
                least=LEAST,
                count=len(runs),
            ),
            text("Each fine-tune that ends is one more."),
        )


def _unit(dense: Quality) -> float:
    """Return the standard error of the dense figure, or a thousandth of it where that is not known."""
    unit = (dense.high - dense.low) / (2 * Z)
    least = max(1e-3 * abs(dense.value), 1e-9)
    return unit if math.isfinite(unit) and unit > least else least


def _lost(value: float, dense: float, whole: Quality) -> float:
    sign = 1 if whole.about.higher else -1
    return math.asinh(sign * (dense - value) / _unit(whole))


def _features(known: PastRun | Before, dense: float, whole: Quality, with_repair: bool) -> list[float]:
    found = [_lost(known.pruned, dense, whole), -math.log(max(1 - known.sparsity, 1e-6))]
    return [*found, _lost(known.repaired or 0.0, dense, whole)] if with_repair else found


def _leave_one_out(places: np.ndarray, goal: np.ndarray, law: Law) -> tuple[float, np.ndarray, np.ndarray]:
    """Return how likely a law makes each run by the others, the inverse of its matrix, and errors in their size."""
    inverse = np.linalg.inv(_alike(places, places, law) + law[2] * np.eye(len(goal)))
    sizes = 1 / np.sqrt(np.diag(inverse))
    errors = (inverse @ goal) * sizes
    scale = max(float(np.mean(errors**2)), 1e-12)
    return float(-np.log(sizes).sum() - len(goal) / 2 * math.log(scale)), inverse, errors


def _alike(one: np.ndarray, two: np.ndarray, law: Law) -> np.ndarray:
    """Return how alike what is reached at places is, (one, two): a straight law, and one that bends."""
    bend, length, _ = law
    apart = ((one[:, None] - two[None]) ** 2).sum(-1)
    return STRAIGHT * (1 + one @ two.T) + bend * np.exp(-apart / (2 * length**2))


def _bounded(value: float, one: float, two: float, dense: Quality) -> tuple[float, float, float]:
    """Return a value and its range, whichever end is which, within what the metric can be, to the digits shown."""
    about, step = dense.about, 10.0 ** digits_of(dense.metric)
    least, most = (0.0 if about.share or not about.higher else -math.inf), about.top if about.top else math.inf
    low = math.floor(round(min(one, two) * step, 6)) / step
    high = math.ceil(round(max(one, two) * step, 6)) / step
    value, low, high = (min(max(each, least), most) for each in (value, low, high))
    return value, low, high
