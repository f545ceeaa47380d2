"""Intervals of figures, of their changes and ratios, and tests of falls: every such formula is here, and nowhere else.

All intervals are 95 % intervals, given as (low, high). A bootstrap always draws independent units: people and not
ratings, episodes and not steps.
"""

import functools
import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from scipy.special import bdtrc, betainc, ndtr, ndtri, stdtr, stdtrit

CONFIDENCE = 0.95
"""The share of intervals that hold the true value."""

Z = float(ndtri(0.5 + CONFIDENCE / 2))
"""Standard deviations to each side that hold that share of a normal distribution."""

DRAWS = 1000
"""How often a bootstrap draws anew."""

Interval = tuple[float, float]
"""The low and the high end."""

TRANSFORMS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {"": np.asarray, "root": np.sqrt, "exp": np.exp}
"""What a figure makes of a mean: nothing, its root (an error), or its exponential (a perplexity)."""


def wilson(successes: int, n: int) -> Interval:
    """Return the score interval of a share of n examples.

    Raises ValueError when there is nothing to judge, or when successes do not lie in 0 to n.
    Source: Wilson 1927, Probable inference, the law of succession, and statistical inference.
    """
    if n < 1 or not 0 <= successes <= n:
        raise ValueError(f"{successes} of {n} is no proportion.")
    share, square = successes / n, Z**2
    centre = (share + square / (2 * n)) / (1 + square / n)
    half = Z / (1 + square / n) * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    return min(share, max(0.0, centre - half)), max(share, min(1.0, centre + half))


def mean_of_parts(values: Sequence[float], intervals: Sequence[Interval]) -> Interval:
    """Return the interval of the plain mean of figures of independent parts, from the interval of each.

    Source: Zou and Donner 2008, Construction of confidence limits about effect measures (MOVER).
    """
    centre, ends = np.asarray(values, float), np.asarray(intervals, float)
    mean, below, above = centre.mean(), centre - ends[:, 0], ends[:, 1] - centre
    parts = len(centre)
    return float(mean - np.sqrt((below**2).sum()) / parts), float(mean + np.sqrt((above**2).sum()) / parts)


def mean_of_units(
    sums: np.ndarray, counts: np.ndarray | None = None, transform: str = "", bounds: Interval | None = None
) -> Interval:
    """Return the interval of sum over count, or of what one of TRANSFORMS makes of it; units (units,) are independent.

    sums: the sum of each unit over its examples; counts: how many these are, one each without them.
    bounds: the least and the largest value of one example, if there are such. Where most units gave the same value, a
    bootstrap would not know that others can occur: there half a unit on each bound is added to what weights of chance
    are given to; where all are the same, the bounds alone say how far the mean may lie, to one side if that is a bound.
    Sources: Efron and Tibshirani 1993, An introduction to the bootstrap; Hesterberg 2015, What teachers should know
    about the bootstrap (wider percentiles for few units); Rubin 1981, The Bayesian bootstrap; Brown, Cai, DasGupta
    2001, Interval estimation for a binomial proportion (half a unit on each side; one-sided at a bound).
    """
    if counts is None and bounds is not None and not transform and _mostly_one_value(sums):
        return _bounded_mean(sums, bounds)
    drawn = _resampling(len(sums)) @ _sums_and_counts(sums, counts)
    found = drawn[:, 0] / drawn[:, 1]
    return _percentiles(TRANSFORMS[transform](found), len(sums))


def change_of_shares(before: np.ndarray, after: np.ndarray) -> Interval:
    """Return the interval of how much more often `after` is right than `before`; bool (n,), the same examples.

    Source: Bonett and Price 2012, Adjusted Wald confidence interval for a difference of binomial proportions based on
    paired data.
    """
    n, gained, lost = len(before), int((after & ~before).sum()), int((before & ~after).sum())
    up, down = (gained + 1) / (n + 2), (lost + 1) / (n + 2)
    half, value = Z * math.sqrt((up + down - (up - down) ** 2) / (n + 2)), (gained - lost) / n
    return min(value, max(-1.0, up - down - half)), max(value, min(1.0, up - down + half))


def change_of_means(
    before: np.ndarray,
    after: np.ndarray,
    counts: np.ndarray | None = None,
    transform: str = "",
    bounds: Interval | None = None,
) -> Interval:
    """Return the interval of `after` minus `before`, where both were judged on the same units; see `mean_of_units`."""
    apart = after - before
    if counts is None and bounds is not None and not transform and _mostly_one_value(apart):
        span = bounds[1] - bounds[0]
        return _bounded_mean(apart, (-span, span))
    one, two = _drawn_pairs(before, after, counts, transform)
    return _percentiles(two - one, len(before))


def ratio_of_shares(before: np.ndarray, after: np.ndarray, worst: float = 0.0) -> Interval:
    """Return the interval of (after - worst) / (before - worst) for shares of the same examples; bool (n,) each.

    The ratio is taken to first order around its value, with one example added to each way in which the two can differ,
    so that a range owns up to n where none does. Sources: Cochran 1977, Sampling techniques (the ratio estimator);
    Bonett and Price 2012 for what is added.
    """
    n, both = len(before), int((before & after).sum())
    gained, lost = int((after & ~before).sum()), int((before & ~after).sum())
    base, ratio = (both + lost) / n - worst, 0.0
    if base <= 0:
        return -np.inf, np.inf
    ratio = ((both + gained) / n - worst) / base
    cells = np.array([both, gained + 1, lost + 1, n - both - gained - lost], float) / (n + 2)
    apart = np.array([1 - ratio, 1.0, -ratio, 0.0]) - worst * (1 - ratio)
    spread = (cells * apart**2).sum() - (cells * apart).sum() ** 2
    half = Z * np.sqrt(spread / (n + 2)) / base
    return float(ratio - half), float(ratio + half)


def ratio_of_means(
    before: np.ndarray, after: np.ndarray, counts: np.ndarray | None = None, transform: str = "", worst: float = 0.0
) -> Interval:
    """Return the interval of (after - worst) / (before - worst), where both were judged on the same units."""
    one, two = _drawn_pairs(before, after, counts, transform)
    return _percentiles((two - worst) / np.where(one == worst, np.nan, one - worst), len(before))


def ratio_of_medians(
    before: Interval, after: Interval, runs: tuple[int, int], medians: tuple[float, float]
) -> Interval:
    """Return the interval of the median of `after` over that of `before`, from the quartiles of both and their runs.

    Each median lies within 1.57 interquartile ranges over the root of its runs; both ends are taken together, so that
    the range is rather too wide than too narrow. Source: McGill, Tukey, Larsen 1978, Variations of box plots.
    """
    (one, two), halves = (
        medians,
        [1.57 * (high - low) / math.sqrt(n) for (low, high), n in zip((before, after), runs, strict=True)],
    )
    least = max(one - halves[0], 1e-12)
    return max(two - halves[1], 0.0) / (one + halves[0]), (two + halves[1]) / least


def range_of_errors(errors: np.ndarray, share: float, sure: float) -> Interval:
    """Return a range of errors (n,) that holds at least a share of further ones, with a certainty, both 0 to 1.

    Of the n + 1 gaps between and around the errors as many are left out, evenly at both ends, as that allows; where so
    few errors allow none, the range is from the least to the largest.
    Sources: Wilks 1941, Determination of sample sizes for setting tolerance limits; Vovk 2012, Conditional validity of
    inductive conformal predictors.
    """
    n, ordered = len(errors), np.sort(errors)
    left_out = max((k for k in range(2, n) if betainc(n + 1 - k, k, share) <= 1 - sure), default=2)
    below = left_out // 2
    return float(ordered[below - 1]), float(ordered[n - (left_out - below)])


def percentiles_of_draws(value: float, drawn: np.ndarray) -> Interval:
    """Return the basic bootstrap's interval of a value, from its values in the draws (draws,).

    This makes up for the bias of figures such as a calibration error, which is larger in every draw.
    Source: Davison and Hinkley 1997, Bootstrap methods and their application.
    """
    low, high = np.quantile(drawn, ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2))
    return min(value, float(2 * value - high)), max(value, float(2 * value - low))


def worse_by_chance(before: np.ndarray, after: np.ndarray) -> float:
    """Return the p-value of a fall: how likely `after` is so far below `before` (n,), or further, by chance alone.

    For right or wrong, the exact test of McNemar 1947; for other figures of the same units, Student's paired t test.
    """
    apart = np.asarray(after, float) - np.asarray(before, float)
    if set(np.unique(apart)) <= {-1.0, 0.0, 1.0}:
        lost, gained = int((apart < 0).sum()), int((apart > 0).sum())
        return float(bdtrc(lost - 1, lost + gained, 0.5)) if lost else 1.0
    spread = apart.std(ddof=1) / np.sqrt(len(apart)) if len(apart) > 1 else 0.0
    if not spread:  # all fell by the same: as likely as that many coins that fall alike
        return 0.5 ** len(apart) if apart.mean() < 0 else 1.0
    return float(stdtr(len(apart) - 1, apart.mean() / spread))


def _drawn_pairs(
    before: np.ndarray, after: np.ndarray, counts: np.ndarray | None, transform: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean of `before`, and of `after`, transformed, in each draw of the same units, (DRAWS,) each."""
    drawn = _resampling(len(before)) @ np.column_stack([_sums_and_counts(before, counts), after])
    one, two = drawn[:, 0] / drawn[:, 1], drawn[:, 2] / drawn[:, 1]
    return TRANSFORMS[transform](one), TRANSFORMS[transform](two)


def _sums_and_counts(sums: np.ndarray, counts: np.ndarray | None) -> np.ndarray:
    """Put sums beside the counts of their examples, (units, 2)."""
    return np.column_stack([sums, np.ones(len(sums)) if counts is None else counts])


def _mostly_one_value(values: np.ndarray) -> bool:
    """Tell whether more than half of the units gave one and the same value."""
    return 2 * int(np.unique(values, return_counts=True)[1].max()) > len(values)


def _bounded_mean(values: np.ndarray, bounds: Interval) -> Interval:
    """Return the interval of a mean of which little is known but its bounds."""
    n, mean = len(values), float(np.mean(values))
    if len(np.unique(values)) == 1:
        # Of n units none was another one: as many can still be others as let that happen in a twentieth of all cases.
        unseen = 1 - (1 - CONFIDENCE if mean in bounds else (1 - CONFIDENCE) / 2) ** (1 / n)
        return mean + unseen * (bounds[0] - mean), mean + unseen * (bounds[1] - mean)
    weights = np.random.default_rng(0).dirichlet(np.append(np.ones(n), (0.5, 0.5)), 4 * DRAWS)
    drawn = weights @ np.append(values, bounds)
    low, high = np.quantile(drawn, ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2))
    return min(mean, float(low)), max(mean, float(high))


def _percentiles(drawn: np.ndarray, units: int) -> Interval:
    """Return the percentile interval of a bootstrap, wider for few units."""
    if units < 2:
        return -np.inf, np.inf
    tail = float(ndtr(np.sqrt(units / (units - 1)) * stdtrit(units - 1, (1 - CONFIDENCE) / 2)))
    low, high = np.nanquantile(drawn, (tail, 1 - tail)) if np.isfinite(drawn).any() else (np.nan, np.nan)
    return float(low), float(high)


@functools.lru_cache(maxsize=8)
def _resampling(n: int) -> np.ndarray:
    """Return for each draw how often each of n units is in it, float32 (DRAWS, n)."""
    drawn = np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), DRAWS)
    return drawn.astype(np.float32)
