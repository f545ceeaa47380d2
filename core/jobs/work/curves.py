"""Judge a network at many places: over sparsity, and layer by layer."""

from collections.abc import Iterator

from core.jobs.work.loader import Loader
from core.measure import PlanResult, Sensitivity, judge_network
from core.measure import sensitivity as judge_layers
from core.measure import sweep as judge_plans
from core.pruning import PruningPlan, ask_dense, carry_out
from core.tasks import Task

SLOW = 1000
"""Examples of a quick evaluation below which a network counts as slow."""


def sweep(load: Loader, name: str, plans: tuple[PruningPlan, ...], repair: str = "") -> Iterator[PlanResult]:
    """Judge a task's model under each plan on validation data; yield often, so that it can be stopped quickly.

    repair: how it is repaired first, "" for not at all.
    """
    task = load(name)
    if not repair:
        yield from judge_plans(task, plans, early=True)
        return
    teacher = ask_dense(task)
    for plan in plans:
        yield from judge_network(task, carry_out(task, plan, repair, teacher))


def scan_layers(
    load: Loader, name: str, sparsities: tuple[float, ...], part: tuple[int, int] = (0, 1)
) -> Iterator[Sensitivity]:
    """Judge a task's model with one layer alone pruned, for each layer and sparsity (shares of 1).

    part: (number, of how many) to scan a share of the layers only.
    """
    task = load(name)
    yield from judge_layers(task, sparsities, limit=quick_limit(task), part=part)


def quick_limit(task: Task, least: int = 0) -> int | None:
    """Return how many examples judge a network where many networks are judged, at least so many; None for all.

    A slow network, one of which a fine-tune looks at few examples, is judged on no more than those.
    """
    return max(task.quick_eval_size, least) if task.quick_eval_size < SLOW else None
