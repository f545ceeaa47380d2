"""How much each pool of a ranking gives, so that the whole network loses what a plan says."""

import math
from collections.abc import Sequence

from core.pruning.plan import PruningPlan
from core.pruning.pools import Pool
from core.pruning.ranking import Ranking


def amounts(ranking: Ranking, plan: PruningPlan) -> list[int | None]:
    """Say for each pool of a ranking how many weights it gives; None where the plan's threshold decides.

    A plan's sparsity is the removed share of all prunable weights but those of layers with an override, whatever the
    scope and whatever goes together: what cannot go unit by unit, and what was zero before, counts as well.
    """
    overrides = dict(plan.overrides)
    own = [overrides.get(pool.names[0]) for pool in ranking.pools]
    given = [
        None if share is None else max(round(share * pool.weights) - pool.zeros, 0)
        for pool, share in zip(ranking.pools, own, strict=True)
    ]
    common = [pool for pool, share in zip(ranking.pools, own, strict=True) if share is None]
    if plan.sparsity is None or not common:
        return given
    apart = sum(pool.weights for pool, share in zip(ranking.pools, own, strict=True) if share is not None)
    total = sum(math.prod(shape) for shape in ranking.shapes.values()) - apart
    target = max(round(plan.sparsity * total) - ranking.zeros_outside, 0)
    shared = iter(_shared_out(ranking, common, target))
    return [next(shared) if amount is None else amount for amount in given]


def _shared_out(ranking: Ranking, pools: Sequence[Pool], target: int) -> list[int]:
    """Share out so many weights among pools, by their sizes or by the scope's own rule.

    What one pool cannot give, all others make up for. Since whole units go, none gives exactly its share: each takes
    the last unit of it or leaves it, those of large units first, so that the smaller ones bring the sum near.
    """
    there = max(sum(pool.weights for pool in pools), 1)
    shares: Sequence[float] = [target * pool.weights / there for pool in pools]
    if (by_rule := ranking.plan.choices.scope.shares) is not None:
        shares = by_rule([(ranking.shapes[pool.names[0]], pool.weights) for pool in pools], min(target / there, 1.0))
    wanted = _within([share - pool.zeros for pool, share in zip(pools, shares, strict=True)], pools)
    found, still = [0] * len(pools), 0.0
    for place in sorted(range(len(pools)), key=lambda each: -pools[each].largest):
        below, above = pools[place].around(wanted[place])
        still += wanted[place]
        found[place] = below if still - below <= above - still else above
        still -= found[place]
    return found


def _within(wanted: Sequence[float], pools: Sequence[Pool]) -> list[float]:
    """Bring what is wanted of each pool to what it can give; the others make up for it, each by the room it has."""
    bounds = [pool.bounds for pool in pools]
    given = [min(max(each, low), high) for each, (low, high) in zip(wanted, bounds, strict=True)]
    missing = sum(wanted) - sum(given)
    room = [high - each if missing > 0 else each - low for each, (low, high) in zip(given, bounds, strict=True)]
    share = min(max(missing / sum(room), -1.0), 1.0) if sum(room) > 0 else 0.0
    return [each + share * more for each, more in zip(given, room, strict=True)]
