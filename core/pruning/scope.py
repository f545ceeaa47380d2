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

    def _below(self, threshold: float) -> int:
        """Count the scores below a threshold."""
        if self.ordered:
            return int(np.searchsorted(self.ascending, threshold, side="left"))
        return int(np.count_nonzero(self.ascending < threshold))

    def reachable(self, weights: float) -> int:
        """Return the number of weights nearest to so many that the first few scores stand for."""
        k = self.count(max(round(weights), 0))
        return max(k, self._below(0.0)) if self.upto is None else int(self.upto[k])

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
    sizes: Mapping[str, int | np.ndarray],
    plan: PruningPlan,
    sort: bool = True,
) -> tuple[Pool, ...]:
    """Group names by the plan's scope and sort each group's scores; a name with an override stands alone.

    counts: how many scores each name has.
    sizes: how many weights each score of a name stands for, int (scores,), or one number for all of them.
    sort: False leaves single weights unsorted, which pays if they are cut only once.
    """
    alone = {name for name, _ in plan.overrides}
    common = [name for name in scores if name not in alone]
    groups = [[name] for name in common] if plan.scope in ("layer", "erk") else [common] if common else []
    groups += [[name] for name in scores if name in alone]
    return tuple(_pool(group, scores, counts, sizes, sort) for group in groups)


def shares(
    found: tuple[Pool, ...],
    shapes: Mapping[str, tuple[int, ...]],
    plan: PruningPlan,
    zeros: Mapping[str, int] | None = None,
    weights: Mapping[str, int] | None = None,
    outside: int = 0,
) -> list[int | None]:
    """Say for each pool how many weights it gives; None where the plan's threshold decides.

    A plan's sparsity is the removed share of all prunable weights but those of layers with an override, whatever the
    scope and whatever goes together: what cannot go unit by unit, and what was zero before, counts as well. What one
    pool cannot give, or not exactly since whole units go, the next one makes up for.
    zeros: how many weights of whole units were zero before, by the name of what opens the unit's structure.
    weights: how many prunable weights each name of the pools stands for, where that is more than its pool holds, since
        what was zero before is not in it.
    outside: how many weights were zero before that belong to no unit.
    """
    zeros, weights = zeros or {}, weights or {}
    overrides = dict(plan.overrides)
    own = [overrides.get(pool.names[0]) for pool in found]
    held = [sum(weights.get(name, 0) for name in pool.names) or pool.weights for pool in found]
    gone = [sum(zeros.get(name, 0) for name in pool.names) for pool in found]
    common = [place for place, share in enumerate(own) if share is None]
    given: list[int | None] = [
        None if share is None else max(round(share * size) - lost, 0)
        for share, size, lost in zip(own, held, gone, strict=True)
    ]
    if plan.sparsity is None or not common:
        return given
    fixed = sum(size for share, size in zip(own, held, strict=True) if share is not None)
    total = sum(int(np.prod(shape)) for shape in shapes.values()) - fixed
    target = max(round(plan.sparsity * total) - outside, 0)
    there = max(sum(held[place] for place in common), 1)
    wanted = [target * held[place] / there for place in common]
    if plan.scope == "erk":
        wanted = erk([(shapes[found[place].names[0]], held[place]) for place in common], min(target / there, 1.0))
    still = 0.0
    for place, share in zip(common, wanted, strict=True):
        still += share - gone[place]
        amount = found[place].reachable(still)
        given[place], still = amount, still - amount
    if abs(still) > 0.5:  # the last ones could not give so much, or gave more before: the first ones make up for it
        for place in common:
            other = found[place].reachable(given[place] + still)
            given[place], still = other, still - (other - given[place])
    return given


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


def rows(scores: Tensor) -> Tensor:
    """Replace each score by its place within its output row, 0 to 1, so that one cut takes the same share of each row.

    scores: (out, in, ...); a row is all that one output reads. What is not a number stays so.
    Source: Sun, Liu, Bair, Kolter 2023, A simple and effective pruning approach for large language models (Wanda),
    which compares weights within an output.
    """
    flat = scores.detach().reshape(len(scores), -1)
    places = flat.argsort(dim=1, stable=True).argsort(dim=1, stable=True)
    found = (places.to(torch.float32) + 0.5) / max(flat.shape[1], 1)
    return found.masked_fill(flat.isnan(), torch.nan).reshape(scores.shape)


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
    names: list[str],
    scores: Mapping[str, Tensor],
    counts: Mapping[str, int],
    sizes: Mapping[str, int | np.ndarray],
    sort: bool,
) -> Pool:
    if all(isinstance(sizes[name], int) and sizes[name] == 1 for name in names):
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
    each = np.concatenate([np.broadcast_to(sizes[name], counts[name]) for name in names])
    order = np.argsort(together, kind="stable")
    return Pool(tuple(names), together[order], np.concatenate([[0], np.cumsum(each[order])]))
