"""The ways to repair what is left, each in one place: what it does, how it is called, and what it is for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.language import text
from core.pruning.plan import PruningPlan
from core.pruning.pruned import Pruned, prune
from core.pruning.repair import repair, repair_in_rounds
from core.pruning.teacher import Teacher
from core.tasks.base import Task

Tell = Callable[[int, int], None]
"""Is told how many layers of how many are done."""

ROUNDS = 5


@dataclass(frozen=True)
class Repairing:
    """One way to repair: carry out a plan for a task and solve for what is left, telling how far it is."""

    label: str
    help: str
    carry_out: Callable[[Task, PruningPlan, Teacher | None, Tell], Pruned]


REPAIRS: Mapping[str, Repairing] = {
    "once": Repairing(
        text("At once"),
        text("All that goes is removed, then what is left is solved for, layer by layer."),
        lambda task, plan, teacher, tell: repair(task, prune(task, plan), teacher=teacher, tell=tell),
    ),
    "rounds": Repairing(
        text("In five rounds"),
        text("A little is removed, the rest solved for and judged anew, five times: longer, better where much goes."),
        lambda task, plan, teacher, tell: repair_in_rounds(task, plan, ROUNDS, teacher=teacher, tell=tell),
    ),
}


def carry_out(
    task: Task,
    plan: PruningPlan,
    how: str = "",
    teacher: Teacher | None = None,
    tell: Tell = lambda done, of: None,
) -> Pruned:
    """Prune a task's network by a plan, and repair it in one of the ways; "" for not at all.

    teacher: what `ask_dense(task)` returned, where many plans are carried out.
    """
    return REPAIRS[how].carry_out(task, plan, teacher, tell) if how else prune(task, plan)
