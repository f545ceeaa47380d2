"""Budgets: what a pruned network has to keep to, what each candidate costs, and which of them is the best."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.errors import BadInput
from core.language import text
from core.measure.cost import as_shipped, effective, macs
from core.measure.encodings import quick_size
from core.pruning import Pruned, PruningPlan
from core.quality import Quality
from core.tasks.base import Task


@dataclass(frozen=True)
class Budget:
    """What a pruned network has to keep to. Give one of the first three; raises BadInput otherwise.

    lose: how much of the metric may be lost on validation data, in its own unit (accuracy: 0.01 is one point).
    size: the most bytes that its file may have in the smallest quick encoding.
    macs: the most multiply-accumulates for one example; with `skipping`, those with a zero are not counted.
    """

    lose: float | None = None
    size: int | None = None
    macs: int | None = None
    skipping: bool = False

    def __post_init__(self) -> None:
        given = [each for each in (self.lose, self.size, self.macs) if each is not None]
        if len(given) != 1 or not math.isfinite(given[0]) or given[0] < 0:
            raise BadInput(
                text("This is no budget."), text("Give one: what may be lost, bytes or operations, 0 or more.")
            )


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


def finest(dense: Quality) -> float:
    """Return the smallest loss that examples can tell: what one of them more or less changes, in the metric's unit."""
    found = dense.outcomes
    if found is None:
        return 0.0
    if found.binary:
        return 1 / found.units
    each = found.sums if found.counts is None else found.sums / found.counts
    step = float(each.std() / found.units)
    if found.transform == "root":
        return step / (2 * dense.value) if dense.value else step
    return step * dense.value if found.transform == "exp" else step


def require_coarse(budget: Budget, dense: Quality) -> None:
    """Raise BadInput for a loss that is finer than the examples that choose can tell; dense: judged on these."""
    least = finest(dense)
    if budget.lose is not None and budget.lose < least - 1e-12:
        scale = 100 if dense.about.share else 1
        told = {"n": dense.n, "noun": dense.about.noun, "step": scale * least}
        allowed = math.ceil(100 * scale * least) / 100
        if dense.about.share:
            raise BadInput(
                text(
                    "So small a loss cannot be told: {n:,} {noun} choose here, and one of them more or less changes "
                    "the figure by {step:.2g} points.",
                    **told,
                ),
                text("Allow a loss of at least {allowed:g} points.", allowed=allowed),
            )
        raise BadInput(
            text(
                "So small a loss cannot be told: {n:,} {noun} choose here, and one of them more or less changes "
                "the figure by {step:.2g}.",
                **told,
            ),
            text("Allow a loss of at least {allowed:g}.", allowed=allowed),
        )


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
