"""The best trade-off under a budget: a search over ways to prune and how far to go, judged on validation data."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from torch import nn

from core.errors import BadInput, PlaygroundError
from core.language import text
from core.measure.budget import Budget, Candidate, measure_candidate, meets, require_coarse
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


@dataclass(frozen=True, eq=False)
class _Search:
    """Hold what all tries of one search share.

    dense: the whole network, on the examples that choose; stops: coarse sparsities, the sparsest first;
    fine: the smallest difference between two tries; limit: how many validation examples judge, None for all.
    """

    task: Task
    budget: Budget
    dense: Quality
    stops: tuple[float, ...]
    fine: float
    limit: int | None

    def judge(self, model: nn.Module) -> tuple[Quality, Quality]:
        """Judge a network on the half of the examples that chooses, and on the half that is quoted."""
        return self.task.evaluate(model, "validation", self.limit).halves()

    def meets(self, candidate: Candidate) -> bool:
        """Whether a candidate keeps to the budget."""
        return meets(candidate, self.budget, self.dense)


def search(
    task: Task,
    budget: Budget,
    plans: Sequence[PruningPlan] = SEARCHED_PLANS,
    coarse: Sequence[float] = COARSE_STOPS,
    fine: float = FINE,
    limit: int | None = None,
) -> Iterator[Candidate]:
    """Try each kind of plan at coarse sparsities, then finely where the budget is just met; the dense network first.

    `best_within` picks from what is yielded. For what may be lost, each kind goes from the sparsest coarse stop down to
    the first that keeps to it. For bytes and operations every coarse stop that keeps to them is judged, and the
    sparsest anyway. Between the last stop that meets the budget and its neighbour the search halves the range; there
    quality is taken to fall with sparsity.
    limit: how many validation examples judge; None for all. Every second one chooses, the others are quoted: what is
    the best of many by chance looks worse there, as it is.
    Raises BadInput for a loss that is finer than the examples that choose can tell.
    """
    chosen, quoted = judge_dense(task, budget, limit)
    whole = measure_candidate(task, prune(task, PruningPlan(sparsity=0.0)), quoted, "dense")
    yield replace(whole, chosen=chosen)
    searching = _Search(task, budget, chosen, tuple(sorted(coarse, reverse=True)), fine, limit)
    for plan in plans:
        try:
            ranking = rank(task, plan)
            yield from _search_along(searching, plan, ranking)
        except PlaygroundError:
            continue  # this task has nothing of that kind


def judge_dense(task: Task, budget: Budget, limit: int | None) -> tuple[Quality, Quality]:
    """Judge the dense network on the examples that choose, and on those that are quoted.

    Raises BadInput where these are too few, or the budget allows less than they can tell.
    """
    judged = task.evaluate(task.model, "validation", limit) if task.count("validation") else None
    if judged is None or judged.outcomes is None or judged.outcomes.units < 4:
        raise BadInput(
            text("There are too few examples here to choose by one half and judge by the other."), text("Bring more.")
        )
    chosen, quoted = judged.halves()
    require_coarse(budget, chosen)
    return chosen, quoted


def _search_along(searching: _Search, plan: PruningPlan, ranking: Ranking) -> Iterator[Candidate]:
    """Try one kind of plan at the stops that matter for the budget."""
    if plan.pattern:
        yield _attempt(searching, plan, ranking, always=True)
        return
    stop_at = searching.budget.lose is not None  # a loss is searched from the sparsest down to the first that is met
    above, lowest = 1.0, 0.0  # what lies between nothing and the lowest stop is looked at finely
    for stop in searching.stops:
        found = _attempt(searching, replace(plan, sparsity=stop), ranking, always=stop == searching.stops[0])
        if math.isfinite(found.choosing.value):
            yield found
        if searching.meets(found) == stop_at:
            lowest = stop
            break
        above = stop
    between = _between(lowest, above, searching.fine)
    low, high = -1, len(between)  # on one side of a bisection lies what meets the budget, on the other what does not
    while high - low > 1:
        middle = (low + high) // 2
        found = _attempt(searching, replace(plan, sparsity=between[middle]), ranking)
        if math.isfinite(found.choosing.value):
            yield found
        if searching.meets(found) == stop_at:
            low = middle
        else:
            high = middle


def _attempt(searching: _Search, plan: PruningPlan, ranking: Ranking, always: bool = False) -> Candidate:
    """Count what a plan leaves, and judge it unless it costs too much anyway; always: judge it even so."""
    task = searching.task
    unknown = Quality(task.info.metric, math.nan, math.nan, math.nan, 0)
    pruned = prune(task, plan, ranking)
    found = measure_candidate(task, pruned, unknown)
    if always or searching.budget.lose is not None or searching.meets(found):
        chosen, quoted = searching.judge(pruned.model)
        found = replace(found, quality=quoted, chosen=chosen)
    return found


def _between(low: float, high: float, step: float) -> list[float]:
    """List the multiples of a step that lie strictly between two sparsities, lowest first."""
    if not step:
        return []
    first, last = math.floor(low / step + 1e-6) + 1, math.ceil(high / step - 1e-6)
    return [round(i * step, 6) for i in range(first, last)]
