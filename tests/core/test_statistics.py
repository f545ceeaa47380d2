"""Ranges: each kind against scipy or a published example, and how often it holds the truth."""

import math

import numpy as np
import pytest
import scipy.stats
import torch
from hypothesis import given
from hypothesis import strategies as st

from core import statistics
from core.measure import paired_change
from core.measure.statistics import fell_for_certain
from core.pruning import PruningPlan, prune
from core.quality import Change, Quality, change, mean, proportion, share
from core.tasks import load
from core.tasks.class_figures import macro_recall, macro_recall_change, recall_by_class
from pages.shared.format import changed

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
    "the root of a mean": (lambda rng: span(mean(rng.chisquare(1, 800), "RMSE", root=True)), 1.0),
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
    return mean(squares, "RMSE", root=True, clusters=owner)


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
    return change(mean(error**2, "RMSE", root=True), mean((error + more) ** 2, "RMSE", root=True))


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


def test_perfect_classes_and_perfect_episodes_own_up_to_their_number():
    few, many = (macro_recall({"a": proportion(n, n, "Recall"), "b": proportion(n, n, "Recall")}) for n in (10, 1000))
    assert few.high == many.high == 1
    assert 0.75 < few.low < 0.9 < 0.99 < many.low < 1
    returns = mean(np.full(20, 500.0), "Return", bounds=(0.0, 500.0))
    assert (returns.value, returns.high) == (500, 500)
    assert returns.low == pytest.approx(500 * 0.05 ** (1 / 20), abs=5)  # one-sided: at most that share could fail
    assert returns.at_bound
    almost = mean(np.array([*[500.0] * 19, 480.0]), "Return", bounds=(0.0, 500.0))
    assert almost.low < 450 and not almost.at_bound
    worst = mean(np.full(20, -500.0), "Return", bounds=(-500.0, 0.0))
    assert worst.low == -500 < worst.high < -400
    assert mean(np.array([3.0]), "Return", bounds=(0.0, 500.0)).low < 100  # one episode says next to nothing


def test_ratings_are_drawn_user_by_user():
    task = load("movielens-ncf")
    quality = task.evaluate(task.model)
    assert quality.n == 10_000
    assert quality.high - quality.low == pytest.approx(0.061, abs=0.006)
    _, error = task.extra.metrics(task.model, "validation")
    alone = mean(np.abs(np.random.default_rng(0).normal(0, 0.88, 10_000)), "MAE")
    assert error.high - error.low > 1.5 * (alone.high - alone.low)


def test_a_change_is_that_of_the_same_examples(mlp):
    pruned = prune(mlp, PruningPlan(sparsity=0.7)).model
    one, two = (mlp.classifier.answers(model, "validation") for model in (mlp.model, pruned))
    before, after = ((guessed == truth).numpy() for guessed, truth in (one, two))
    found = paired_change(mlp, mlp.model, pruned)
    assert found.value == pytest.approx(after.mean() - before.mean())
    assert (found.low, found.high) == pytest.approx(statistics.change_of_shares(before, after))
    apart = mlp.evaluate(mlp.model), mlp.evaluate(pruned)
    assert found.high - found.low < (apart[0].high - apart[0].low) + (apart[1].high - apart[1].low)
    same = paired_change(mlp, mlp.model, mlp.model)
    assert (same.value, same.clear) == (0, False)
    assert same.low < 0 < same.high


def test_an_early_figure_is_compared_with_the_same_beginning(mlp):
    pruned = prune(mlp, PruningPlan(sparsity=0.9)).model
    early, dense = mlp.evaluate(pruned, limit=500), mlp.evaluate(mlp.model)
    found = change(dense, early)
    assert found.n == 500
    assert found.value == pytest.approx(early.value - mlp.evaluate(mlp.model, limit=500).value)


def test_figures_of_different_examples_have_no_range():
    one, two = share(np.ones(20, bool), split="validation"), share(np.ones(20, bool), split="test")
    assert math.isnan(change(one, two).low)
    assert math.isnan(change(proportion(3, 4), proportion(1, 4)).high)


def test_a_share_of_the_dense_quality_has_the_range_of_the_pair():
    first, second = pair(np.random.default_rng(3), 2_000)
    before, after = share(first), share(second)
    found = after.relative(before)
    drawn = np.random.default_rng(0)
    ratios = [second[at].mean() / first[at].mean() for at in (drawn.integers(0, 2_000, 2_000) for _ in range(3_000))]
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(ratios, [0.025, 0.975])), abs=0.003)
    assert before.relative(before).low < 1 < before.relative(before).high


@pytest.mark.parametrize("looks", [4, 10])
def test_a_network_that_truly_gets_better_is_hardly_ever_told_that_it_over_fits(looks):
    rng, flagged = np.random.default_rng(11), 0
    for _ in range(SETS):
        level = rng.random(1_000)
        rates = 0.85 + 0.002 * np.arange(looks)
        seen = [share((level < rate) ^ (rng.random(1_000) < 0.03)) for rate in rates]
        flagged += fell_for_certain(seen[:-1], seen[-1]) is not None
    assert flagged / SETS <= 0.05


def test_a_true_fall_is_found():
    rng = np.random.default_rng(5)
    level = rng.random(1_000)
    seen = [share(level < rate) for rate in (0.8, 0.9, 0.88, 0.85)]
    assert fell_for_certain(seen[:-1], seen[-1]) == 1


def test_a_figure_goes_into_a_file_without_what_it_was_computed_from():
    quality = share(np.array([True, False]))
    assert Quality(**quality.to_dict()) == quality
    assert "outcomes" not in quality.to_dict()


def test_a_fall_that_is_the_same_everywhere_is_certain():
    assert statistics.worse_by_chance(np.full(10, 500.0), np.full(10, 100.0)) == 0.5**10
    assert statistics.worse_by_chance(np.full(10, 100.0), np.full(10, 500.0)) == 1.0
    dense, fallen = (mean(np.full(10, each), "Return", bounds=(0.0, 500.0)) for each in (500.0, 100.0))
    assert fell_for_certain([dense], fallen) == 0


def test_of_nothing_there_is_no_share():
    half, less = share(np.arange(10) < 5), share(np.arange(10) < 3)
    for dense in (half, less):
        assert math.isnan(less.relative(dense, 0.5).value)
    perfect = mean(np.zeros(10), "RMSE", root=True)
    assert perfect.relative(perfect).value == 1.0


def test_a_small_but_clear_change_is_not_written_as_none():
    assert changed(Change("Accuracy", -0.0004, -0.0007, -0.0001, 5_000)) == "-0.04 points (-0.07 to -0.01)"
    assert changed(Change("Accuracy", -0.041, -0.049, -0.034, 5_000)) == "-4.1 points (-4.9 to -3.4)"
    assert changed(Change("Accuracy", 0.0, -0.001, 0.001, 5_000)) == "no clear change: -0.1 to +0.1 points"
