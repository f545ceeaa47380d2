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

    What one pool cannot give, or not exactly since whole units go, the next one makes up for.
    """
    there = max(sum(pool.weights for pool in pools), 1)
    wanted: Sequence[float] = [target * pool.weights / there for pool in pools]
    if (shares := ranking.plan.choices.scope.shares) is not None:
        wanted = shares([(ranking.shapes[pool.names[0]], pool.weights) for pool in pools], min(target / there, 1.0))
    found, still = [], 0.0
    for pool, share in zip(pools, wanted, strict=True):
        still += share - pool.zeros
        amount = pool.reachable(still)
        found.append(amount)
        still -= amount
    if abs(still) > 0.5:  # the last ones could not give so much, or gave more before: the first ones make up for it
        for place, pool in enumerate(pools):
            amount = pool.reachable(found[place] + still)
            found[place], still = amount, still - (amount - found[place])
    return found
