"""A fall of quality is told from chance."""

import numpy as np
import pytest

from core import statistics
from core.measure.statistics import fell_for_certain
from core.quality import mean, share

SETS = 400
"""Simulated sets for each kind of range."""


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


def test_a_fall_that_is_the_same_everywhere_is_certain():
    assert statistics.worse_by_chance(np.full(10, 500.0), np.full(10, 100.0)) == 0.5**10
    assert statistics.worse_by_chance(np.full(10, 100.0), np.full(10, 500.0)) == 1.0
    dense, fallen = (mean(np.full(10, each), "Return", bounds=(0.0, 500.0)) for each in (500.0, 100.0))
    assert fell_for_certain([dense], fallen) == 0
