"""Figures, their changes and their shares of another one: each with the range of the examples that it is of."""

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from core import statistics
from core.measure import paired_change
from core.pruning import PruningPlan, prune
from core.quality import Quality, change, mean, proportion, share
from core.tasks.class_figures import macro_recall
from tests.core.test_statistics import pair


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


def test_a_figure_goes_into_a_file_without_what_it_was_computed_from():
    quality = share(np.array([True, False]))
    assert Quality(**quality.to_dict()) == quality
    assert "outcomes" not in quality.to_dict()


def test_of_nothing_there_is_no_share():
    half, less = share(np.arange(10) < 5), share(np.arange(10) < 3)
    for dense in (half, less):
        assert math.isnan(less.relative(dense, 0.5).value)
    perfect = mean(np.zeros(10), "RMSE", transform="root")
    assert perfect.relative(perfect).value == 1.0


@given(st.integers(1, 10_000), st.data())
def test_wilson_interval_equals_scipys(n, data):
    successes = data.draw(st.integers(0, n))
    expected = scipy.stats.binomtest(successes, n).proportion_ci(0.95, "wilson")
    quality = proportion(successes, n)
    assert quality.low == pytest.approx(expected.low, abs=1e-12)
    assert quality.high == pytest.approx(expected.high, abs=1e-12)
    assert quality.low <= quality.value <= quality.high


def test_nothing_is_no_proportion():
    for successes, n in ((0, 0), (3, 2), (-1, 2)):
        with pytest.raises(ValueError, match="no proportion"):
            proportion(successes, n)
