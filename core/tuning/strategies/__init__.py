"""How pruning and tuning are interleaved: each module offers one strategy as CHOICE, and nothing else names it."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.choices import Choice, choices_in

if TYPE_CHECKING:  # they ask here which strategies there are
    from core.pruning import Pruned
    from core.tasks.base import Task
    from core.tuning.recipe import Recipe
    from core.tuning.schedule import TuningSchedule


@dataclass(frozen=True)
class Strategy(Choice):
    """Lay out a run of so many optimiser steps, the same for each strategy, so that all compare at equal cost.

    schedule: (task, what was pruned, recipe, steps) -> where the run starts and when it cuts. It ends at the sparsity
        of what was pruned.
    settings: the fields of a recipe that no other strategy reads.
    """

    schedule: Callable[["Task", "Pruned", "Recipe", int], "TuningSchedule"]
    settings: tuple[str, ...] = ()


def known_strategies() -> Mapping[str, Strategy]:
    """Return every strategy by its name, the usual one first."""
    return choices_in(sys.modules[__name__])
