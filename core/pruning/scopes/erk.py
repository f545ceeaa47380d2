"""Share out what goes by the shapes of the layers."""

import math
from collections.abc import Sequence

import numpy as np

from core.language import text
from core.pruning.scopes import Scope


def erk(layers: Sequence[tuple[tuple[int, ...], int]], sparsity: float) -> list[int]:
    """Share out a sparsity by Erdos-Renyi-Kernel: density proportional to (out + in + kh + kw) / (out in kh kw).

    layers: (shape, weights) of each; returns how many weights each gives, together exactly `sparsity` of them all.
    Layers whose density would exceed 1 stay whole, and the others give more.
    Source: Evci, Gale, Menick, Castro, Elsen 2020, Rigging the lottery: making all tickets winners.
    """
    weights = np.array([count for _, count in layers], np.float64)
    raw = np.array([sum(shape) / max(math.prod(shape), 1) for shape, _ in layers])
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


CHOICE = Scope(
    name="erk",
    label=text("By the layer's shape (ERK)"),
    help=text("Layers with few weights stay denser than layers with many."),
    source=text("Evci et al. 2020"),
    order=40,
    own_cuts=True,
    shares=erk,
)
