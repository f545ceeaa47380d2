"""A strategy that somebody adds: one file, which nothing names."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.tuning import strategies

TWO_CUTS = '''"""Prune half of it at once, tune, and prune the rest in the middle."""

from core.pruning import Pruned
from core.tasks.base import Task
from core.tuning.cuts import unpruned
from core.tuning.recipe import Recipe
from core.tuning.schedule import TuningSchedule
from core.tuning.strategies import Strategy


def two_cuts(task: Task, pruned: Pruned, recipe: Recipe, steps: int) -> TuningSchedule:
    """Cut to half of the sparsity at the beginning, and to all of it after half of the steps."""
    return TuningSchedule(unpruned(task, pruned), {0: pruned.sparsity / 2, steps // 2: pruned.sparsity})


CHOICE = Strategy(
    name="two-cuts",
    label="Half now, half later",
    help="Half of what goes is pruned at once, the rest in the middle.",
    source="made by a test",
    order=35,
    schedule=two_cuts,
)
'''


@contextmanager
def added_strategy(folder: Path) -> Iterator[None]:
    """Put a strategy of one file among the others."""
    (folder / "two_cuts.py").write_text(TWO_CUTS, encoding="utf-8")
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(strategies, "__path__", [*strategies.__path__, str(folder)])
        yield
    sys.modules.pop("core.tuning.strategies.two_cuts", None)
