"""When things happen in a run: the learning rate and the time that is left against closed forms."""

import math

import pytest

from core.tuning import Recipe
from core.tuning.schedule import Clock, looks_of, rate_at


def test_the_learning_rate_rises_and_then_falls_along_a_cosine_anew_in_each_phase():
    recipe = Recipe(warmup=0.2)
    rates = [rate_at(step, 100, (0, 50), recipe) for step in range(100)]
    assert rates[:50] == rates[50:]
    assert rates[:10] == pytest.approx([(step / 50 + 0.01) / 0.21 for step in range(10)])
    assert rates[10:50] == pytest.approx([0.5 * (1 + math.cos(math.pi * step / 40)) for step in range(40)])


def test_a_learning_rate_that_does_not_fall_stays():
    recipe = Recipe(warmup=0.0, cosine=False)
    assert {rate_at(step, 30, (0,), recipe) for step in range(30)} == {1.0}


@pytest.mark.parametrize(("epochs", "looks"), [(1, 10), (18, 18), (200, 50)])
def test_a_run_is_looked_at_once_an_epoch_within_limits_and_at_its_end(epochs, looks):
    found = looks_of(1000, Recipe(epochs=epochs))
    assert len(found) == looks and max(found) == 1000


def test_a_run_is_over_by_its_steps_or_by_its_time():
    clock, limited = Clock(10, None), Clock(10, 8.0)
    assert [clock.share(5, 100.0), limited.share(5, 2.0), limited.share(5, 8.0)] == [0.5, 0.5, 1.0]
    assert [clock.left(5, 10.0), limited.left(5, 2.0), limited.left(5, 7.5)] == [10.0, 2.0, 0.5]
