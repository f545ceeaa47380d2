"""The best trade-off under a budget: a search over ways to prune and how far to go, judged on validation data."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from core.errors import BadInput, PlaygroundError
from core.pruning import PruningPlan, Ranking, prune, rank
from core.quality import Quality
from core.tasks.base import Task

SEARCHED_PLANS = (
    PruningPlan(),
    PruningPlan(scope="layer"),
    PruningPlan(scope="lamp"),
    PruningPlan(criterion="first-order"),
    PruningPlan(granularity="2:4"),
    PruningPlan(granularity="channel"),
    PruningPlan(granularity="channel", criterion="first-order"),
    PruningPlan(granularity="head"),
)
"""Kinds of plan that a search tries; one that a task does not know is left out."""

COARSE_STOPS = (0.99, 0.97, 0.95, *(i / 10 for i in range(9, 0, -1)))
"""Sparsities of a first look, the sparsest first; what lies between two of them is looked at where it matters."""

FINE = 0.005
"""How finely a search looks in the end: one step of the slider."""


def search(
    task: Task,
    budget: Budget,
    ways: Sequence[PruningPlan] = SEARCHED_PLANS,
    coarse: Sequence[float] = COARSE_STOPS,
    fine: float = FINE,
    limit: int | None = None,
) -> Iterator[Candidate]:
    """Try each way at coarse sparsities, then finely where the budget is just met; `best_within` picks from what is yielded.

    The dense network comes first. For what may be lost, each way goes from the sparsest coarse stop down to the first
    that keeps to it. For bytes and operations every coarse stop that keeps to them is judged, and the sparsest anyway.
    Between the last stop that meets the budget and its neighbour the search halves the range; there quality is taken
    to fall with sparsity.
    limit: how many validation examples judge; None for all. Every second one chooses, the others are quoted: what is
    the best of many by chance looks worse there, as it is.
    Raises BadInput for a loss that is finer than the examples that choose can tell.
    """
    judged = task.evaluate(task.model, "validation", limit)
    if judged.outcomes is None or judged.outcomes.units < 4:
        raise BadInput("There are too few examples here to choose by one half and judge by the other.", "Bring more.")
    chosen, quoted = judged.halves()
    require_coarse(budget, chosen)
    whole = measure_candidate(task, prune(task, PruningPlan(sparsity=0.0)), quoted, "dense")
    yield replace(whole, chosen=chosen)
    dense = chosen
    for way in ways:
        try:
            ranking = rank(task, way)
            yield from _along(task, way, ranking, budget, dense, tuple(sorted(coarse, reverse=True)), fine, limit)
        except PlaygroundError:
            continue  # this task has nothing of that kind


def _along(
    task: Task,
    way: PruningPlan,
    ranking: Ranking,
    budget: Budget,
    dense: Quality,
    coarse: tuple[float, ...],
    fine: float,
    limit: int | None,
) -> Iterator[Candidate]:
    """Try one way at the stops that matter for the budget."""

    unknown = Quality(task.info.metric, math.nan, math.nan, math.nan, 0)

    def attempt(plan: PruningPlan, extreme: bool = False) -> Candidate:
        """Count what a plan leaves, and judge it unless it costs too much anyway and is not the most of its way."""
        pruned = prune(task, plan, ranking)
        found = measure_candidate(task, pruned, unknown)
        if extreme or budget.lose is not None or meets(found, budget, dense):
            chosen, quoted = task.evaluate(pruned.model, "validation", limit).halves()
            found = replace(found, quality=quoted, chosen=chosen)
        return found

    if way.pattern:
        yield attempt(way, extreme=True)
        return
    above = 1.0
    for stop in coarse:
        found = attempt(replace(way, sparsity=stop), extreme=stop == coarse[0])
        met = meets(found, budget, dense)
        if math.isfinite(found.choosing.value):
            yield found
        if met == (budget.lose is not None):
            break
        above = stop
    else:
        stop = 0.0  # what lies between nothing and the lowest stop is looked at finely
    between = _between(stop, above, fine)
    low, high = -1, len(between)  # on one side of a bisection lies what meets the budget, on the other what does not
    while high - low > 1:
        middle = (low + high) // 2
        found = attempt(replace(way, sparsity=between[middle]))
        met = meets(found, budget, dense)
        if math.isfinite(found.choosing.value):
            yield found
        if met == (budget.lose is not None):
            low = middle
        else:
            high = middle


def _between(low: float, high: float, step: float) -> list[float]:
    """List the multiples of a step that lie strictly between two sparsities, lowest first."""
    if not step:
        return []
    first, last = math.floor(low / step + 1e-6) + 1, math.ceil(high / step - 1e-6)
    return [round(i * step, 6) for i in range(first, last)]
