"""The sets of scores that share a cut: sorted once, so that each cut is a search."""

import functools
import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.pruning.plan import PruningPlan

WORTH_A_THREAD = 1_000_000
"""Scores from which a second thread is worth its start."""


@dataclass(frozen=True, eq=False)
class Pool:
    """Names that share one cut, with their scores in ascending order.

    ascending: float32 (n,); what is not a number stands last. In no order at all if not `ordered`.
    upto: weights that go with the first i of them, (n + 1,), those that were zero before left out; None if each
        stands for one weight.
    zeros: how many weights of whole units were zero before.
    """

    names: tuple[str, ...]
    ascending: np.ndarray
    upto: np.ndarray | None = None
    ordered: bool = True
    zeros: int = 0

    @property
    def weights(self) -> int:
        """How many prunable weights all of them stand for, with those that were zero before."""
        return len(self.ascending) if self.upto is None else int(self.upto[-1]) + self.zeros

    def threshold_at(self, weights: int) -> tuple[float, int]:
        """Return the cut that removes as nearly as possible so many weights, and how many of the ties on it go."""
        k = self.count(weights)
        if k <= 0 or not len(self.ascending):
            return 0.0, 0
        if k < len(self.ascending):
            threshold = self.ascending[k] if self.ordered else _at(self.ascending, k)
        else:
            threshold = np.nextafter(np.float32(np.nanmax(self.ascending, initial=0)), np.float32(np.inf))
        if np.isnan(threshold):  # whatever is a number goes, and still something is missing
            return float(np.inf), 0
        threshold = max(float(threshold), 0.0)  # what lies below was zero before, and goes in any case
        return threshold, max(k - self._below(threshold), 0)

    @functools.cached_property
    def bounds(self) -> tuple[int, int]:
        """Return how many weights it gives at least, since they were zero before, and at most."""
        return (self._below(0.0), len(self.ascending)) if self.upto is None else (0, int(self.upto[-1]))

    def around(self, weights: float) -> tuple[int, int]:
        """Return the nearest numbers of weights, at most and at least so many, that the first few scores stand for."""
        if self.upto is None:
            least, most = self.bounds
            below, above = (max(min(each, most), least) for each in (math.floor(weights), math.ceil(weights)))
            return below, above
        k = max(int(np.searchsorted(self.upto, weights, side="right")) - 1, 0)
        below, above = int(self.upto[k]), int(self.upto[min(k + 1, len(self.upto) - 1)])
        return below, below if below >= weights else above

    @property
    def largest(self) -> int:
        """How many weights the largest of its units stands for."""
        return 1 if self.upto is None else int(np.diff(self.upto).max(initial=0))

    def count(self, weights: int) -> int:
        """Return how many scores stand for so many weights, to the nearest."""
        if self.upto is None:
            return min(weights, len(self.ascending))
        k = int(np.searchsorted(self.upto, weights, side="right")) - 1
        if k + 1 < len(self.upto) and self.upto[k + 1] - weights < weights - self.upto[k]:
            k += 1
        return k

    def _below(self, threshold: float) -> int:
        """Count the scores below a threshold."""
        if self.ordered:
            return int(np.searchsorted(self.ascending, threshold, side="left"))
        return int(np.count_nonzero(self.ascending < threshold))


def weight_pools(
    scores: Mapping[str, Tensor], counts: Mapping[str, int], plan: PruningPlan, sort: bool = True
) -> tuple[Pool, ...]:
    """Group single weights by the plan's scope and sort each group's scores.

    counts: how many scores each name has, so that none has to be made for its length.
    sort: False leaves them unsorted, which pays if they are cut only once.
    """
    found = []
    for names in _groups(tuple(scores), plan):
        ascending = np.empty(sum(counts[name] for name in names), np.float32)
        start = 0
        for name in names:
            flat = scores[name].detach().reshape(-1).numpy()
            ascending[start : start + flat.size] = flat
            start += flat.size
        if sort:
            _sort(ascending)
        found.append(Pool(names, ascending, ordered=sort))
    return tuple(found)


def unit_pools(
    scores: Mapping[str, Tensor], sizes: Mapping[str, np.ndarray], zeros: Mapping[str, int], plan: PruningPlan
) -> tuple[Pool, ...]:
    """Group whole units by the plan's scope and sort each group's scores.

    sizes: structure -> how many weights go with each of its units, int (units,), without those that were zero before.
    zeros: structure -> how many weights of its units were zero before.
    """
    found = []
    for names in _groups(tuple(scores), plan):
        together = np.concatenate([scores[name].detach().numpy() for name in names]).astype(np.float32)
        weights = np.concatenate([sizes[name] for name in names])
        order = np.argsort(together, kind="stable")
        upto = np.concatenate([[0], np.cumsum(weights[order])])
        found.append(Pool(names, together[order], upto, zeros=sum(zeros[name] for name in names)))
    return tuple(found)


def _groups(names: Sequence[str], plan: PruningPlan) -> list[tuple[str, ...]]:
    """Group names by the plan's scope; a name with an override stands alone."""
    alone = dict(plan.overrides)
    common = tuple(name for name in names if name not in alone)
    groups = [(name,) for name in common] if plan.choices.scope.own_cuts else [common] if common else []
    return [*groups, *((name,) for name in names if name in alone)]


def _at(scores: np.ndarray, k: int) -> np.float32:
    """Return what would lie at place k if the scores were sorted."""
    # Where many are zero, as in a network that was pruned already, numpy's selection takes ten times as long.
    if np.count_nonzero(scores) < 0.99 * len(scores):
        return np.float32(torch.from_numpy(scores).kthvalue(k + 1).values)
    return np.partition(scores, k)[k]


def _sort(values: np.ndarray) -> None:
    """Sort in place; many values in halves on two threads, then one merge, which a stable sort does of two runs."""
    if len(values) < WORTH_A_THREAD:
        values.sort()
        return
    half = len(values) // 2
    with ThreadPoolExecutor(1) as beside:
        other = beside.submit(values[half:].sort)
        values[:half].sort()
        other.result()
    values.sort(kind="stable")
