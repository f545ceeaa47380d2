"""The best trade-off under a budget: a search over ways to prune and how far to go, judged on validation data."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from core.errors import BadInput, PlaygroundError
from core.measure.cost import as_shipped, effective, macs
from core.measure.encodings import quick_size
from core.pruning import Pruned, PruningPlan, Ranking, prune, rank
from core.quality import Quality
from core.tasks.base import Task

WAYS = (
    PruningPlan(),
    PruningPlan(scope="layer"),
    PruningPlan(scope="lamp"),
    PruningPlan(criterion="first-order"),
    PruningPlan(granularity="2:4"),
    PruningPlan(granularity="channel"),
    PruningPlan(granularity="channel", criterion="first-order"),
    PruningPlan(granularity="head"),
)
"""What a search tries; a way that a task does not know is left out."""

COARSE = (0.99, 0.97, 0.95, *(i / 10 for i in range(9, 0, -1)))
"""Sparsities of a first look, the sparsest first; what lies between two of them is looked at where it matters."""

FINE = 0.005
"""How finely a search looks in the end: one step of the slider."""


@dataclass(frozen=True)
class Budget:
    """What a pruned network has to keep to. Give one of the first three; raises BadInput otherwise.

    lose: how much of the metric may be lost on validation data, in its own unit (accuracy: 0.01 is one point).
    size: the most bytes that its file may have in the smallest quick encoding.
    macs: the most multiply-accumulates for one example; with `skipping`, those with a zero are not measure_candidate.
    """

    lose: float | None = None
    size: int | None = None
    macs: int | None = None
    skipping: bool = False

    def __post_init__(self) -> None:
        given = [each for each in (self.lose, self.size, self.macs) if each is not None]
        if len(given) != 1 or not math.isfinite(given[0]) or given[0] < 0:
            raise BadInput("This is no budget.", "Give one: what may be lost, bytes or operations, 0 or more.")


@dataclass(frozen=True)
class Candidate:
    """One network that was tried: what was removed, how good it is, and what it costs.

    quality: on validation data, of a search on that half of it by which nothing was chosen; chosen: on the other half,
        by which the search chooses, None outside of one.
    size: bytes in the smallest quick encoding; macs: multiply-accumulates for one example of the usual size;
    effective: those that are not with a zero; stage: "dense", "pruned" or "fine-tuned".
    """

    plan: PruningPlan
    sparsity: float
    quality: Quality
    size: int
    macs: int
    effective: int
    parameters: int
    stage: str = "pruned"
    chosen: Quality | None = None

    @property
    def choosing(self) -> Quality:
        """The figure by which this is compared with others."""
        return self.chosen or self.quality


def measure_candidate(task: Task, pruned: Pruned, quality: Quality, stage: str = "pruned") -> Candidate:
    """Count what a network that was judged costs; without its removed units where whole units can be left out."""
    shipped = as_shipped(pruned)
    operations = macs(shipped, task.inputs_of_usual_size(1))
    return Candidate(
        pruned.plan,
        pruned.sparsity,
        quality,
        quick_size(shipped),
        sum(operations.values()),
        sum(effective(shipped, operations).values()),
        sum(p.numel() for p in shipped.parameters()),
        stage,
    )


def lost(quality: Quality, dense: Quality) -> float:
    """Return how much worse a figure is than the dense one, in the metric's unit; below 0 if it is better."""
    return dense.value - quality.value if quality.about.higher else quality.value - dense.value


def budget_used(tried: Candidate, budget: Budget, dense: Quality) -> float:
    """Return what a budget is about: what was lost where the search chooses, bytes, or operations."""
    if budget.lose is not None:
        return lost(tried.choosing, dense)
    if budget.size is not None:
        return tried.size
    return tried.effective if budget.skipping else tried.macs


def meets(tried: Candidate, budget: Budget, dense: Quality) -> bool:
    """Whether something that was tried keeps to a budget."""
    limit = next(each for each in (budget.lose, budget.size, budget.macs) if each is not None)
    return budget_used(tried, budget, dense) <= limit + 1e-9


def search(
    task: Task,
    budget: Budget,
    ways: Sequence[PruningPlan] = WAYS,
    coarse: Sequence[float] = COARSE,
    fine: float = FINE,
    limit: int | None = None,
) -> Iterator[Candidate]:
    """Try each way at coarse sparsities, then finely where the budget is just met; `best` picks from what is yielded.

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


def finest(dense: Quality) -> float:
    """Return the smallest loss that examples can tell: what one of them more or less changes, in the metric's unit."""
    found = dense.outcomes
    if found.binary:
        return 1 / found.units
    each = found.sums if found.counts is None else found.sums / found.counts
    step = float(each.std() / found.units)
    return step / (2 * dense.value) if found.root and dense.value else step


def require_coarse(budget: Budget, dense: Quality) -> None:
    """Raise BadInput for a loss that is finer than the examples that choose can tell; dense: judged on these."""
    least = finest(dense)
    if budget.lose is not None and budget.lose < least - 1e-12:
        scale, unit = (100, " points") if dense.about.share else (1, "")
        raise BadInput(
            f"So small a loss cannot be told: {dense.n:,} {dense.about.noun} choose here, and one of them more or less "
            f"changes the figure by {scale * least:.2g}{unit}.",
            f"Allow a loss of at least {math.ceil(100 * scale * least) / 100:g}{unit}.",
        )


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


def best_within(tried: Sequence[Candidate], budget: Budget, dense: Quality) -> Candidate | None:
    """Return the best that keeps to a budget, or None: the sparsest for what may be lost, else the most able.

    dense: the whole network on the examples that choose.
    """
    fitting = [each for each in tried if math.isfinite(each.choosing.value) and meets(each, budget, dense)]
    if budget.lose is not None:
        return max(fitting, key=lambda each: (each.sparsity, -lost(each.choosing, dense)), default=None)
    return max(fitting, key=lambda each: (-lost(each.choosing, dense), each.sparsity), default=None)


def closest(tried: Sequence[Candidate], budget: Budget, dense: Quality) -> Candidate | None:
    """Return what comes closest to a budget, the dense network left out, or None when nothing was tried."""
    judged = [each for each in tried if each.stage != "dense" and math.isfinite(budget_used(each, budget, dense))]
    return min(judged, key=lambda each: budget_used(each, budget, dense), default=None)


def frontier(tried: Sequence[Candidate], cost: Callable[[Candidate], float]) -> list[Candidate]:
    """Return what nothing else beats: no other one costs at most as much and is at least as good. Cheapest first."""
    found: list[Candidate] = []
    judged = [each for each in tried if math.isfinite(each.quality.value)]
    sign = -1 if judged and judged[0].quality.about.higher else 1
    for each in sorted(judged, key=lambda each: (cost(each), sign * each.quality.value)):
        if not found or each.quality.better_than(found[-1].quality):
            found.append(each)
    return found
