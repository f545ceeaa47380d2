"""Figures of ratings: of users, who are independent, and against scikit-learn."""

import numpy as np
import pytest
import torch
from sklearn.metrics import mean_absolute_error

from core.quality import mean
from core.tasks import load


def test_ratings_are_drawn_user_by_user():
    task = load("movielens-ncf")
    quality = task.evaluate(task.model)
    assert quality.n == 10_000
    assert quality.high - quality.low == pytest.approx(0.061, abs=0.006)
    _, error = task.extra.metrics(task.model, "validation")
    alone = mean(np.abs(np.random.default_rng(0).normal(0, 0.88, 10_000)), "MAE")
    assert error.high - error.low > 1.5 * (alone.high - alone.low)


def test_the_mean_absolute_error_of_ratings():
    task = load("movielens-ncf")
    _, error = task.extra.metrics(task.model, "test")
    with torch.no_grad():
        pairs, stars = next(iter(task.batches("test", task.count("test"), torch.Generator(), ())))
        assert error.value == pytest.approx(mean_absolute_error(stars, task.model(pairs)), abs=1e-6)
    assert error.metric == "MAE" and error.low < error.value < error.high
