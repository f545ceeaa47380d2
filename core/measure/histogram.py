"""Pictures of what a plan compares, layer by layer: histograms, and what each stop of a slider would keep."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from torch import Tensor

from core.pruning.amounts import amounts
from core.pruning.masks import cut
from core.pruning.plan import PruningPlan
from core.pruning.ranking import Ranking
from core.tasks.base import Task

SKEWED, SMALLEST = 30, 1e-6
"""Largest score over the median one from which scales are logarithmic; where these begin, as its share."""


@dataclass(frozen=True)
class Histogram:
    """Counts of what is compared in one layer, in bins of equal width (of equal ratio if `log`).

    low, high: where the first bin begins and the last one ends, in units of the weights or of the score.
    counts: how many each bin holds; together all that are finite.
    cuts: for each stop, the score below which they go. Where low is negative, -cut to cut is meant.
    kept: for each stop, the share of them that stays, 0 to 1.
    log: whether the scale is logarithmic, since the scores spread over many powers of ten; zeros are in the first bin.
    kept_counts: where a pattern decides and not a cut, how many of each bin stay; else empty.
    """

    name: str
    low: float
    high: float
    counts: tuple[int, ...]
    cuts: tuple[float, ...]
    kept: tuple[float, ...]
    log: bool = False
    kept_counts: tuple[int, ...] = ()


def histograms(
    task: Task, ranking: Ranking, plan: PruningPlan, sparsities: Sequence[float], bins: int = 80
) -> list[Histogram]:
    """Count what a ranking compares, and say for each sparsity what `plan` with it would keep of each layer.

    Single weights judged by magnitude are shown with their sign, everything else by its score. What is not finite
    is left out. With an N:M pattern there is one stop, whatever `sparsities` says.
    """
    signed = plan.compares_sizes
    scores = dict(ranking.scores)
    values = {
        name: task.model.get_parameter(name).detach() if signed else score.clamp(min=0)  # below: zero before
        for name, score in scores.items()
    }
    log = not signed and _spread(values.values())
    if plan.pattern:
        masks, _, _ = cut(ranking, plan)
        return [_patterned(name, value, masks[name], log, bins) for name, value in values.items()]
    stops = [replace(plan, sparsity=sparsity, threshold=None) for sparsity in sparsities]
    if plan.structured:
        shown = [(masks, cuts) for masks, _, cuts in (cut(ranking, stop) for stop in stops)]
        found = {
            name: ([c[name] for _, c in shown], [float(m[name].float().mean()) for m, _ in shown]) for name in scores
        }
    else:
        found = _kept(ranking, stops)
    histograms = []
    for name, value in values.items():
        low, high, counts = _binned(value, log, bins)
        thresholds, kept = found[name]
        shares_kept = tuple(round(float(share), 4) for share in kept)
        histograms.append(Histogram(name, low, high, counts, tuple(thresholds), shares_kept, log))
    return histograms


def _kept(ranking: Ranking, stops: Sequence[PruningPlan]) -> dict[str, tuple[list[float], list[float]]]:
    """Return for each name the cut at each stop, and the share that the masks would keep, without making masks.

    Of the scores that lie on a cut, as many go as the target needs, in the order of the layers, as `cut` does it.
    """
    ascending = {name: np.sort(score.detach().numpy().ravel()) for name, score in ranking.scores.items()}
    found: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in ranking.scores}
    for stop in stops:
        for pool, amount in zip(ranking.pools, amounts(ranking, stop), strict=True):
            threshold, ties = pool.threshold_at(amount or 0)
            for name in pool.names:
                scores = ascending[name]
                below, upto = (int(scores.searchsorted(np.float32(threshold), side=side)) for side in SIDES)
                tied = min(ties, upto - below)
                ties -= tied
                found[name][0].append(threshold)
                found[name][1].append(1 - (below + tied) / max(scores.size, 1))
    return found


SIDES: tuple[Literal["left", "right"], ...] = ("left", "right")


def _spread(values: Iterable[Tensor]) -> bool:
    """Whether scores spread so far that on a plain scale nearly all would fall into the first bin."""
    finite = [each[np.isfinite(each)] for each in (value.detach().numpy().ravel() for value in values)]
    return any(each.max() > SKEWED * np.median(each) for each in finite if each.size)


def _edges(value: Tensor, log: bool, bins: int) -> np.ndarray:
    """Choose bins: around zero where there are negative values, else from zero (or almost zero) upwards."""
    flat = value.detach().numpy().ravel()
    flat = flat[np.isfinite(flat)]
    reach = float(np.abs(flat).max(initial=0.0)) or 1.0
    if log:
        return np.geomspace(reach * SMALLEST, reach, bins + 1)
    return np.linspace(-reach if (flat < 0).any() else 0.0, reach, bins + 1)


def _counted(value: Tensor, edges: np.ndarray) -> tuple[int, ...]:
    """Count finite values; what lies outside the edges goes into the bin at the end."""
    flat = value.detach().numpy().ravel()
    counts, _ = np.histogram(flat[np.isfinite(flat)].clip(edges[0], edges[-1]), edges)
    return tuple(counts.tolist())


def _binned(value: Tensor, log: bool, bins: int) -> tuple[float, float, tuple[int, ...]]:
    edges = _edges(value, log, bins)
    return float(edges[0]), float(edges[-1]), _counted(value, edges)


def _patterned(name: str, value: Tensor, mask: Tensor, log: bool, bins: int) -> Histogram:
    edges = _edges(value, log, bins)
    share = round(float(mask.float().mean()), 4) if mask.numel() else 1.0
    counts, stay = _counted(value, edges), _counted(value[mask], edges)
    return Histogram(name, float(edges[0]), float(edges[-1]), counts, (0.0,), (share,), log, stay)
