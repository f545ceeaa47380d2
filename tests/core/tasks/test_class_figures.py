"""Precision, F1 and calibration against scikit-learn and a hand calculation."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, precision_score

from core.tasks.class_figures import precision_and_calibration


def calibration_error(sure, right, bins=15):
    """The expected calibration error, bin by bin."""
    error = 0.0
    for low in np.arange(bins) / bins:
        here = (sure > low) & (sure <= low + 1 / bins)
        if here.any():
            error += here.mean() * abs(right[here].mean() - sure[here].mean())
    return error


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 6), st.integers(30, 200))
def test_precision_f1_and_calibration(seed, classes, n):
    rng = torch.Generator().manual_seed(seed)
    said, truth = 3 * torch.randn(n, classes, generator=rng), torch.randint(classes, (n,), generator=rng)
    precision, f1, calibration = precision_and_calibration(said, truth)
    guessed = said.argmax(1)
    present = sorted({*truth.tolist(), *guessed.tolist()})
    kinds = {"average": "macro", "labels": present, "zero_division": 0}
    assert precision.value == pytest.approx(precision_score(truth, guessed, **kinds), abs=1e-6)
    assert f1.value == pytest.approx(f1_score(truth, guessed, **kinds), abs=1e-6)
    sure = said.double().softmax(1).max(1).values.numpy()
    assert calibration.value == pytest.approx(calibration_error(sure, (guessed == truth).numpy()), abs=1e-4)
    for quality in (precision, f1, calibration):
        assert 0 <= quality.low <= quality.value <= quality.high <= 1
        assert quality.n == n


def test_an_answer_that_is_not_finite_is_judged_as_perfectly_unsure_and_only_such_have_no_figure():
    said = torch.full((40, 4), torch.nan)
    assert all(each.value != each.value for each in precision_and_calibration(said, torch.arange(40) % 4))
    said[0] = torch.zeros(4)  # as unsure as the others are taken for
    _, _, calibration = precision_and_calibration(said, torch.arange(40) % 4)
    assert calibration.value == pytest.approx(0.0, abs=1e-6)  # a quarter sure, a quarter right
    assert calibration.unanswered == 39
