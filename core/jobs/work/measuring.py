"""Measure what a pruned network costs and how it bears shifted data; search for the best within a budget."""

from collections.abc import Iterator

from core.jobs.work.curves import quick_limit
from core.jobs.work.loader import Loader
from core.measure import (
    Budget,
    Candidate,
    Cost,
    ShiftResult,
    ShippingFigures,
    as_shipped,
    robustness,
    shipping_figures,
)
from core.measure import cost as count_cost
from core.measure import search as search_plans
from core.pruning import PruningPlan, prune
from core.tasks import Task

SEARCHED = 500
"""Validation examples that judge each network of a search where all of them would take too long."""


def measure_shipping(load: Loader, name: str, plan: PruningPlan) -> Iterator[ShippingFigures]:
    """Count, write and time what a plan leaves of a task's model; timing fills in bit by bit."""
    task = load(name)
    yield from shipping_figures(task, prune(task, plan))


def cost(load: Loader, name: str, plan: PruningPlan) -> Iterator[Cost]:
    """Count the costs of what a plan leaves of a task's model; without its removed units where whole units go."""
    yield count_cost(as_shipped(prune(load(name), plan)))


def search(load: Loader, name: str, budget: Budget) -> Iterator[Candidate]:
    """Look for the best plan that keeps to a budget."""
    task = load(name)
    yield from search_plans(task, budget, limit=search_limit(task))


def search_limit(task: Task) -> int | None:
    """Return how many validation examples judge each network of a search, None for all."""
    return quick_limit(task, least=SEARCHED)


def judge_shifts(load: Loader, name: str, plan: PruningPlan) -> Iterator[ShiftResult]:
    """Judge a task's model, dense and pruned, on shifted data, on as many examples as a quick evaluation takes."""
    task = load(name)
    models = {"Dense": task.model, "Pruned": prune(task, plan).model}
    yield from robustness(task, models, limit=task.quick_eval_size)
