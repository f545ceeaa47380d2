"""Where to cut: which scores are compared with each other, and how much each set of them gives."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.pruning.plan import PruningPlan

MANY = 1_000_000
"""Scores from which a second thread is worth its start."""


@dataclass(frozen=True, eq=False)
class Pool:
    """Names that share one cut, with their scores in ascending order.

    ascending: float32 (n,); what is not a number stands last. In no order at all if not `ordered`.
    upto: weights that go with the first i of them, (n + 1,); None if each stands for one weight.
    """

    names: tuple[str, ...]
    ascending: np.ndarray
    upto: np.ndarray | None = None
    ordered: bool = True

    @property
    def weights(self) -> int:
        """How many weights all of them stand for."""
        return len(self.ascending) if self.upto is None else int(self.upto[-1])

    def threshold_at(self, weights: int) -> tuple[float, int]:
        """Return the cut that removes as nearly as possible so many weights, and how many of the ties on it go."""
        k = self.count(weights)
        if k == 0 or not len(self.ascending):
            return 0.0, 0
        if k < len(self.ascending):
            threshold = self.ascending[k] if self.ordered else _at(self.ascending, k)
        else:
            threshold = np.nextafter(np.float32(np.nanmax(self.ascending, initial=0)), np.float32(np.inf))
        if np.isnan(threshold):  # whatever is a number goes, and still something is missing
            return float(np.inf), 0
        return float(threshold), k - self._below(threshold)

    def _below(self, threshold: float) -> int:
        """Count the scores below a threshold."""
        if self.ordered:
            return int(np.searchsorted(self.ascending, threshold, side="left"))
        return int(np.count_nonzero(self.ascending < threshold))

    def count(self, weights: int) -> int:
        """Return how many scores stand for so many weights, to the nearest."""
        if self.upto is None:
            return min(weights, len(self.ascending))
        k = int(np.searchsorted(self.upto, weights, side="right")) - 1
        if k + 1 < len(self.upto) and self.upto[k + 1] - weights < weights - self.upto[k]:
            k += 1
        return k


def _at(scores: np.ndarray, k: int) -> np.float32:
    """Return what would lie at place k if the scores were sorted."""
    # Where many are zero, as in a network that was pruned already, numpy's selection takes ten times as long.
    if np.count_nonzero(scores) < 0.99 * len(scores):
        return np.float32(torch.from_numpy(scores).kthvalue(k + 1).values)
    return np.partition(scores, k)[k]


def pools(
    scores: Mapping[str, Tensor],
    counts: Mapping[str, int],
    sizes: Mapping[str, int],
    plan: PruningPlan,
    sort: bool = True,
) -> tuple[Pool, ...]:
    """Group names by the plan's scope and sort each group's scores; a name with an override stands alone.

    counts: how many scores each name has; sizes: how many weights each of them stands for.
    sort: False leaves single weights unsorted, which pays if they are cut only once.
    """
    alone = {name for name, _ in plan.overrides}
    common = [name for name in scores if name not in alone]
    groups = [[name] for name in common] if plan.scope in ("layer", "erk") else [common] if common else []
    groups += [[name] for name in scores if name in alone]
    return tuple(_pool(group, scores, counts, sizes, sort) for group in groups)


def shares(found: tuple[Pool, ...], shapes: Mapping[str, tuple[int, ...]], plan: PruningPlan) -> list[int | None]:
    """Say for each pool how many weights it gives; None where the plan's threshold decides."""
    overrides = dict(plan.overrides)
    own = [overrides.get(pool.names[0]) for pool in found]
    common = [pool for pool, share in zip(found, own, strict=True) if share is None]
    if plan.sparsity is None:
        given: list[int | None] = [None] * len(common)
    elif plan.scope == "layer":
        given = [round(plan.sparsity * pool.weights) for pool in common]
    elif plan.scope == "erk":
        given = list(erk([(shapes[p.names[0]], p.weights) for p in common], plan.sparsity))
    else:
        # The target speaks of all prunable weights, those included that cannot go unit by unit.
        fixed = sum(pool.weights for pool, share in zip(found, own, strict=True) if share is not None)
        total = sum(int(np.prod(shape)) for shape in shapes.values()) - fixed
        given = [round(plan.sparsity * total) for _ in common]
    amounts = iter(given)
    return [
        next(amounts) if share is None else round(share * pool.weights) for pool, share in zip(found, own, strict=True)
    ]


def lamp(scores: Tensor) -> Tensor:
    """Rescale a layer's scores so that layers can be compared: its square over the sum of all squares not below it.

    The last one of each layer has 1, so no layer is emptied before all others are; a layer of zeros has zeros.
    Source: Lee, Park, Mo, Ahn, Shin 2021, Layer-adaptive sparsity for the magnitude-based pruning.
    """
    flat = scores.detach().reshape(-1).numpy()
    order = np.argsort(flat, kind="stable")
    squares = np.square(flat[order], dtype=np.float64)
    rest = np.cumsum(np.nan_to_num(squares)[::-1])[::-1]
    scaled = np.divide(squares, rest, out=np.zeros_like(squares), where=rest > 0)
    found = np.empty_like(flat)
    found[order] = scaled
    found[np.isnan(flat)] = np.nan
    return torch.from_numpy(found).reshape(scores.shape)


def erk(layers: list[tuple[tuple[int, ...], int]], sparsity: float) -> list[int]:
    """Share out a sparsity by Erdos-Renyi-Kernel: density proportional to (out + in + kh + kw) / (out in kh kw).

    layers: (shape, weights) of each; returns how many weights each gives, together exactly `sparsity` of them all.
    Layers whose density would exceed 1 stay whole, and the others give more.
    Source: Evci, Gale, Menick, Castro, Elsen 2020, Rigging the lottery: making all tickets winners.
    """
    weights = np.array([count for _, count in layers], np.float64)
    raw = np.array([sum(shape) / max(np.prod(shape), 1) for shape, _ in layers])
    target = round(float((1 - sparsity) * weights.sum()))  # how many stay
    whole = np.zeros(len(layers), bool)
    while True:
        open_ = ~whole
        scale = (target - weights[whole].sum()) / max((raw * weights)[open_].sum(), 1e-300)
        density = np.where(whole, 1.0, raw * max(scale, 0))
        if not (over := open_ & (density > 1)).any():
            break
        whole |= over
    stay = np.minimum(density * weights, weights)
    counts = np.floor(stay)
    missing = target - int(counts.sum())
    by_remainder = np.argsort(-(stay - counts), kind="stable")
    for place in by_remainder[:missing]:
        counts[place] += 1
    return [int(count - kept) for count, kept in zip(weights, counts, strict=True)]


def _sort(values: np.ndarray) -> None:
    """Sort in place; many values in halves on two threads, then one merge, which a stable sort does of two runs."""
    if len(values) < MANY:
        values.sort()
        return
    half = len(values) // 2
    with ThreadPoolExecutor(1) as beside:
        other = beside.submit(values[half:].sort)
        values[:half].sort()
        other.result()
    values.sort(kind="stable")


def _pool(
    names: list[str], scores: Mapping[str, Tensor], counts: Mapping[str, int], sizes: Mapping[str, int], sort: bool
) -> Pool:
    if all(sizes[name] == 1 for name in names):
        ascending = np.empty(sum(counts[name] for name in names), np.float32)
        start = 0
        for name in names:
            flat = scores[name].detach().reshape(-1).numpy()
            ascending[start : start + flat.size] = flat
            start += flat.size
        if sort:
            _sort(ascending)
        return Pool(tuple(names), ascending, ordered=sort)
    together = np.concatenate([scores[name].detach().numpy() for name in names]).astype(np.float32)
    each = np.concatenate([np.full(counts[name], sizes[name], np.int64) for name in names])
    order = np.argsort(together, kind="stable")
    return Pool(tuple(names), together[order], np.concatenate([[0], np.cumsum(each[order])]))
