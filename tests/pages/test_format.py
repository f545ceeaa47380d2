"""Figures and changes as they are written on the pages."""

import numpy as np

from core.quality import Change, mean
from pages.shared.format import format_change, format_interval


def test_a_small_but_clear_change_is_not_written_as_none():
    assert format_change(Change("Accuracy", -0.0004, -0.0007, -0.0001, 5_000)) == "-0.04 points (-0.07 to -0.01)"
    assert format_change(Change("Accuracy", -0.041, -0.049, -0.034, 5_000)) == "-4.1 points (-4.9 to -3.4)"
    assert format_change(Change("Accuracy", 0.0, -0.001, 0.001, 5_000)) == "no clear change: -0.1 to +0.1 points"


def test_a_range_that_is_open_to_one_side_names_the_end_of_what_is_possible():
    best, worst = (mean(np.full(20, end), "Return", bounds=(-500.0, 500.0)) for end in (500.0, -500.0))
    assert format_interval(best) == f"at least {best.low:.1f}, of 500.0 that are possible"
    assert format_interval(worst) == f"at most {worst.high:.1f}; -500.0 is the least possible"
