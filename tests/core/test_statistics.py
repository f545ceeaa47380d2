"""Ranges: each kind against scipy or a published example, and how often it holds the truth."""

import math

import numpy as np
import pytest
import scipy.stats
import torch
from hypothesis import given
from hypothesis import strategies as st

from core import statistics
from core.quality import change, mean, share
from core.tasks.class_figures import macro_recall, macro_recall_change, recall_by_class

SETS = 400
"""Simulated sets for each kind of range."""


def coverage(seed, draw, truth):
    """The share of simulated sets whose range holds the truth; `draw` takes a generator and gives (low, high)."""
    rng = np.random.default_rng(seed)
    ranges = [draw(rng) for _ in range(SETS)]
    return np.mean([low <= truth <= high for low, high in ranges])


def span(quality):
    return quality.low, quality.high


def right_or_wrong(rng, n, share):
    return rng.random(n) < share


def pair(rng, n=800, before=0.9, lost=0.08, gained=0.3):
    """Two networks judged on the same examples: what the first knows the second loses at times, and gains at times."""
    first = rng.random(n) < before
    second = np.where(first, rng.random(n) >= lost, rng.random(n) < gained)
    return first, second


PAIR_TRUTH = 0.9 * 0.92 + 0.1 * 0.3
"""How often the second of `pair` is right in truth."""


def squares_of_users(rng, users=300):
    """Squared errors of ratings, of users who differ in how well they can be guessed and in how much they rate."""
    counts = rng.integers(1, 30, users)
    level = rng.gamma(4, 0.2, users)
    owner = np.repeat(np.arange(users), counts)
    return level[owner] * rng.chisquare(1, len(owner)), owner


def spread_over_users():
    rng = np.random.default_rng(0)
    counts = rng.integers(1, 30, 200_000)
    level = rng.gamma(4, 0.2, 200_000)
    return math.sqrt((counts * level).sum() / counts.sum())


def episodes(rng, n=20, fails=0.1):
    return np.where(rng.random(n) < fails, 0.0, 500.0)


KINDS = {
    "a share of 500": (lambda rng: span(share(right_or_wrong(rng, 500, 0.9))), 0.9),
    "a share of 30": (lambda rng: span(share(right_or_wrong(rng, 30, 0.7))), 0.7),
    "a mean of 200": (lambda rng: span(mean(rng.normal(3, 1, 200), "MAE")), 3.0),
    "a mean of 20": (lambda rng: span(mean(rng.normal(-80, 12, 20), "Return", bounds=(-500.0, 0.0))), -80.0),
    "the root of a mean": (lambda rng: span(mean(rng.chisquare(1, 800), "RMSE", transform="root")), 1.0),
    "ratings of users": (lambda rng: span(_rmse(rng)), spread_over_users()),
    "recall averaged over classes": (lambda rng: span(_macro(rng)), (0.95 + 0.8 + 0.6) / 3),
    "returns most of which reached their bound": (
        lambda rng: span(mean(episodes(rng), "Return", bounds=(0.0, 500.0))),
        450.0,
    ),
    "a change of shares": (
        lambda rng: span(change(*(share(each) for each in pair(rng)))),
        PAIR_TRUTH - 0.9,
    ),
    "a change of means": (lambda rng: span(_means_change(rng)), 0.2),
    "a change of the root of a mean": (lambda rng: span(_roots_change(rng)), math.sqrt(1.25) - 1),
    "a share of the dense one's": (
        lambda rng: span(_relative(rng)),
        (PAIR_TRUTH - 0.1) / (0.9 - 0.1),
    ),
    "a change of recall averaged over classes": (lambda rng: span(_macro_change(rng)), PAIR_TRUTH - 0.9),
}


def _rmse(rng):
    squares, owner = squares_of_users(rng)
    return mean(squares, "RMSE", transform="root", clusters=owner)


def _macro(rng):
    truth = torch.repeat_interleave(torch.arange(3), torch.tensor([300, 120, 40]))
    right = torch.from_numpy(rng.random(460)) < torch.tensor([0.95, 0.8, 0.6])[truth]
    return macro_recall(recall_by_class(("a", "b", "c"), torch.where(right, truth, (truth + 1) % 3), truth))


def _macro_change(rng):
    truth = torch.repeat_interleave(torch.arange(3), torch.tensor([500, 250, 120]))
    before, after = (torch.from_numpy(each) for each in pair(rng, 870))
    recalls = [
        recall_by_class(("a", "b", "c"), torch.where(right, truth, (truth + 1) % 3), truth) for right in (before, after)
    ]
    return macro_recall_change(*recalls)


def _means_change(rng):
    first = rng.normal(0, 1, 150)
    return change(mean(first, "MAE"), mean(first + rng.normal(0.2, 0.5, 150), "MAE"))


def _roots_change(rng):
    error, more = rng.normal(0, 1, 600), rng.normal(0, 0.5, 600)
    return change(mean(error**2, "RMSE", transform="root"), mean((error + more) ** 2, "RMSE", transform="root"))


def _relative(rng):
    before, after = (share(each) for each in pair(rng))
    return after.relative(before, 0.1)


@pytest.mark.parametrize("kind", KINDS)
def test_of_400_simulated_sets_the_range_holds_the_truth_in_92_to_98_percent(kind):
    draw, truth = KINDS[kind]
    assert 0.92 <= coverage(7, draw, truth) <= 0.98


@given(st.integers(1, 10_000), st.data())
def test_the_range_of_a_share_is_scipys_wilson_interval(n, data):
    successes = data.draw(st.integers(0, n))
    expected = scipy.stats.binomtest(successes, n).proportion_ci(0.95, "wilson")
    assert statistics.wilson(successes, n) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_the_range_of_a_mean_is_close_to_scipys_bootstrap():
    values = np.random.default_rng(0).gamma(2, 1, 150)
    theirs = scipy.stats.bootstrap((values,), np.mean, method="percentile", rng=1).confidence_interval
    low, high = statistics.mean_of_units(values)
    assert (low, high) == pytest.approx((theirs.low, theirs.high), abs=0.03)


def test_the_range_of_a_change_of_shares_is_that_of_bonett_and_price():
    # Of 50 examples 12 are gained and 4 lost: 13/52 and 5/52 after one is added to each.
    before, after = np.zeros(50, bool), np.zeros(50, bool)
    after[:12] = before[12:16] = True
    middle = 13 / 52 - 5 / 52
    half = 1.959964 * math.sqrt((13 / 52 + 5 / 52 - middle**2) / 52)
    assert statistics.change_of_shares(before, after) == pytest.approx((middle - half, middle + half), abs=1e-6)


@given(st.lists(st.sampled_from([-1, 0, 1]), min_size=1, max_size=60))
def test_that_a_fall_may_be_chance_is_judged_as_scipy_does_it(apart):
    before = np.array(apart) < 0
    after = np.array(apart) > 0
    lost, changed = int(before.sum()), int(before.sum() + after.sum())
    expected = scipy.stats.binomtest(lost, changed, alternative="greater").pvalue if changed else 1.0
    assert statistics.worse_by_chance(before, after) == pytest.approx(expected)


def test_a_fall_of_other_figures_is_judged_by_the_paired_t_test():
    rng = np.random.default_rng(0)
    before = rng.normal(0, 1, 40)
    after = before - rng.normal(0.1, 0.5, 40)
    expected = scipy.stats.ttest_rel(after, before, alternative="less").pvalue
    assert statistics.worse_by_chance(before, after) == pytest.approx(expected)


@pytest.mark.parametrize("ratio", [0.3, 1.0])
def test_ratio_of_medians_holds_the_truth_at_least_as_often_as_it_says(ratio):
    def draw(rng):
        one, two = 10 * rng.lognormal(0, 0.2, 60), 10 * ratio * rng.lognormal(0, 0.3, 60)
        quartiles = [tuple(np.quantile(each, (0.25, 0.75))) for each in (one, two)]
        return statistics.ratio_of_medians(*quartiles, (60, 60), (np.median(one), np.median(two)))

    assert coverage(5, draw, ratio) >= 0.95


def test_ratio_of_medians_is_exact_where_nothing_varies():
    low, high = statistics.ratio_of_medians((2.0, 2.0), (1.0, 1.0), (50, 50), (2.0, 1.0))
    assert (low, high) == (0.5, 0.5)
