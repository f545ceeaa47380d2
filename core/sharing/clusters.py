"""Few values for many weights: k-means in one dimension that also counts what each code costs to write."""

import numpy as np

BINS = 2**16
"""Places between the smallest and the largest weight that are told apart; far finer than any shared value."""

ROUNDS = 40
"""Rounds of assigning weights to values and moving the values."""


def cluster(weights: np.ndarray, most: int, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Return at most `most` shared values, (k,) float32, and the place of each weight's value, (n,) int64.

    rate: what a bit is worth, as a share of the weights' variance: with 0 each weight takes the value next to it; with
        more, rarer values are taken less, so that codes are written in fewer bits (entropy-constrained quantisation).
    Values begin evenly spread from the smallest to the largest weight, which keeps the few large ones.
    Source: Han et al. 2016, Deep Compression; Chou, Lookabaugh and Gray 1989 for the rate.
    """
    low, high = float(weights.min()), float(weights.max())
    if low == high:
        return np.array([low], np.float32), np.zeros(len(weights), np.int64)
    bins = np.minimum(((weights - low) * (BINS / (high - low))).astype(np.int64), BINS - 1)
    counts = np.bincount(bins, minlength=BINS)
    used = np.flatnonzero(counts)
    counts = counts[used].astype(np.float64)
    places = low + (used + 0.5) * ((high - low) / BINS)
    values = np.linspace(low, high, min(most, len(used)))
    price = rate * float(np.average((places - np.average(places, weights=counts)) ** 2, weights=counts))
    cost = np.zeros(len(values))
    for _ in range(ROUNDS):
        nearest = _cheapest(places, values, price * cost)
        members = np.bincount(nearest, counts, len(values))
        alive = members > 0
        sums = np.bincount(nearest, counts * places, len(values))
        values = sums[alive] / members[alive]
        cost = -np.log2(members[alive] / members.sum())
    code = np.zeros(BINS, np.int64)
    code[used] = _cheapest(places, values, price * cost)
    return values.astype(np.float32), code[bins]


def _cheapest(places: np.ndarray, values: np.ndarray, prices: np.ndarray) -> np.ndarray:
    """Return for each place which value it takes: the one of the least squared distance and price together."""
    return np.argmin((places[:, None] - values[None, :]) ** 2 + prices[None, :], axis=1)
