"""When things happen in a run: where it starts, when it cuts, how fast it learns, when it is looked at and ends."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.pruning import Pruned
from core.tasks.base import Task
from core.tuning.recipe import Recipe

FEWEST_LOOKS, MOST_LOOKS = 10, 50
"""How often a run looks at validation data on its way: once an epoch, but not less and not more often than this."""


@dataclass(frozen=True, eq=False)
class TuningSchedule:
    """Where a run starts and what happens on its way.

    start: the network at the start with its masks.
    cuts: step -> sparsity, 0 to 1, to which the network is pruned anew, by its present weights, before that step.
    phases: steps at which the learning rate begins its course anew; the first is 0.
    """

    start: Pruned
    cuts: Mapping[int, float]
    phases: tuple[int, ...] = (0,)

    @property
    def last_cut(self) -> int:
        """The step before which the masks change for the last time; 0 where they never do."""
        return max(self.cuts, default=0)


@dataclass(frozen=True)
class Clock:
    """Measure a run of so many steps that may last so many seconds, None for as long as it takes."""

    steps: int
    limit: float | None
    began: float = field(default_factory=time.monotonic)

    def seconds(self) -> float:
        """Return the seconds since the run began."""
        return time.monotonic() - self.began

    def share(self, step: int, seconds: float) -> float:
        """Return how much of the run is over, 0 to 1 and beyond, by its steps or by its time."""
        return max(step / self.steps, seconds / self.limit if self.limit else 0.0)

    def left(self, step: int, seconds: float) -> float:
        """Estimate the seconds that remain after some steps."""
        left = seconds / step * (self.steps - step)
        return left if self.limit is None else min(left, max(self.limit - seconds, 0.0))


def steps_of(task: Task, recipe: Recipe) -> int:
    """Return how many optimiser steps a recipe takes on a task."""
    return recipe.steps or math.ceil(task.count("train") / recipe.batch_size) * recipe.epochs


def looks_of(steps: int, recipe: Recipe) -> set[int]:
    """Return the steps after which a run looks at validation data."""
    looks = min(max(recipe.epochs, FEWEST_LOOKS), MOST_LOOKS)
    return {round(steps * look / looks) for look in range(1, looks + 1)}


def rate_at(step: int, steps: int, phases: tuple[int, ...], recipe: Recipe) -> float:
    """Return the learning rate before a step, as a share of the recipe's; each phase is a course of its own."""
    begun = max(phase for phase in phases if phase <= step)
    end = min((phase for phase in phases if phase > step), default=steps)
    share = (step - begun) / max(end - begun, 1)
    if share < recipe.warmup:
        return (share + 0.01) / (recipe.warmup + 0.01)
    if not recipe.cosine:
        return 1.0
    after = (share - recipe.warmup) / max(1 - recipe.warmup, 1e-9)
    return 0.5 * (1 + math.cos(math.pi * after))
