"""Adapt a network to other data in several ways, to compare them."""

from collections.abc import Iterator

from core.jobs.work.loader import Loader
from core.measure.adapting import AdaptingProgress, compare_ways
from core.pruning import PruningPlan


def adapt_ways(
    load: Loader,
    network: str,
    target: str,
    counts: tuple[int | None, ...],
    plan: PruningPlan,
    seed: int,
    weights: str = "",
) -> Iterator[AdaptingProgress]:
    """Adapt a network to a target in each way with each number of training examples; `plan` is what goes before."""
    yield from compare_ways(network, target, counts, plan=plan, seed=seed, load=load, weights=weights)
