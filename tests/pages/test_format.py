"""Figures and changes as they are written on the pages."""

from core.quality import Change
from pages.shared.format import format_change


def test_a_small_but_clear_change_is_not_written_as_none():
    assert format_change(Change("Accuracy", -0.0004, -0.0007, -0.0001, 5_000)) == "-0.04 points (-0.07 to -0.01)"
    assert format_change(Change("Accuracy", -0.041, -0.049, -0.034, 5_000)) == "-4.1 points (-4.9 to -3.4)"
    assert format_change(Change("Accuracy", 0.0, -0.001, 0.001, 5_000)) == "no clear change: -0.1 to +0.1 points"
