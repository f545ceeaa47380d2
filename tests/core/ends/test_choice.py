"""Choices of a table against every combination of it; noise taken out of a table against what least squares says."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import nnls

from core.ends.choice import Choice, Option, best_choices, monotone, spread, unbeaten

OPTIONS = st.lists(st.builds(Option, st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=4)
TABLES = st.lists(OPTIONS, min_size=1, max_size=4)


def combinations(tables):
    """Every way to take one option a layer, with what it costs and loses."""
    for picks in itertools.product(*(range(len(each)) for each in tables)):
        taken = [options[pick] for options, pick in zip(tables, picks, strict=True)]
        yield sum(each.cost for each in taken), sum(each.loss for each in taken), picks


@given(TABLES, st.integers(0, 48))
def test_the_least_loss_within_a_cost_is_that_of_all_combinations(tables, budget):
    within = [loss for cost, loss, _ in combinations(tables) if cost <= budget]
    found = [each.loss for each in best_choices(tables) if each.cost <= budget]
    assert min(found, default=None) == min(within, default=None)


@given(TABLES, st.integers(0, 48))
def test_the_least_cost_within_a_loss_is_that_of_all_combinations(tables, allowed):
    within = [cost for cost, loss, _ in combinations(tables) if loss <= allowed]
    found = [each.cost for each in best_choices(tables) if each.loss <= allowed]
    assert min(found, default=None) == min(within, default=None)


@given(TABLES)
def test_choices_are_what_they_say_and_none_beats_another(tables):
    found = best_choices(tables)
    said = {picks: (cost, loss) for cost, loss, picks in combinations(tables)}
    assert all(said[each.picks] == (each.cost, each.loss) for each in found)
    assert all(a.cost < b.cost and a.loss > b.loss for a, b in itertools.pairwise(found))


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=12), st.integers(2, 5))
def test_few_are_spread_with_the_first_and_the_last(points, most):
    line = unbeaten([Choice(cost, loss, ()) for cost, loss in points])
    few = spread(line, most)
    assert few[0] == line[0] and few[-1] == line[-1]
    assert len(few) <= most and set(few) <= set(line)


def test_with_many_layers_what_is_thinned_is_still_near_the_best():
    draw = np.random.default_rng(0)
    tables = [[Option(*pair) for pair in zip(*draw.random((2, 6)), strict=True)] for _ in range(7)]
    exact, thinned = best_choices(tables, most=10**6), best_choices(tables, most=400)
    assert len(thinned) <= 400
    for budget in (2.0, 3.0, 4.0):
        least = min(each.loss for each in exact if each.cost <= budget)
        assert least <= min(each.loss for each in thinned if each.cost <= budget) <= 1.1 * least


@given(st.lists(st.floats(0.1, 100), min_size=1, max_size=8))
def test_noise_is_taken_out_as_least_squares_would(values):
    rises = np.tril(np.ones((len(values), len(values))))  # a rising row of numbers from its first one and its steps
    solved, _ = nnls(rises, np.array(values))
    assert monotone(values) == pytest.approx(list(rises @ solved), abs=1e-6)


def test_what_rises_already_stays_as_it_is():
    assert monotone([1.0, 2.0, 2.0, 5.0]) == [1.0, 2.0, 2.0, 5.0]
    assert monotone([3.0, 1.0]) == [2.0, 2.0]
