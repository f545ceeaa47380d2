"""How important is a weight, or a unit? Each module here with a CHOICE is one way to judge it.

A criterion is a function from a task to scores; a low score goes first. A file that is put here is found by itself.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor

from core.choices import Choice, choices_in
from core.pruning.units import Structure
from core.tasks.base import Task

Scores = Mapping[str, Tensor]


@dataclass(frozen=True)
class Criterion(Choice):
    """Judge what is important.

    weights: (task, seed) -> prunable parameter -> a score for each of its weights, 0 or more, of its shape. What is not
        a number is never removed by a threshold. None where only whole units are judged.
    units: (task, structures, seed) -> name of a structure -> a score for each of its units, (units,); a structure
        without scores stays whole. None where a unit's score is made from those of its weights.
    sizes: whether a score is the size of the weight itself, so that a cut is in units of the weights.
    sees_all: whether every weight gets a score. Else a parameter that cannot be judged has scores that are not a
        number; it stays whole and is named.
    """

    weights: Callable[[Task, int], Scores] | None = None
    units: Callable[[Task, tuple[Structure, ...], int], Scores] | None = None
    sizes: bool = False
    sees_all: bool = True

    @property
    def units_only(self) -> bool:
        """Whether single weights, and attention heads, cannot be judged."""
        return self.weights is None


def known_criteria() -> Mapping[str, Criterion]:
    """Return every criterion by its name, the usual one first."""
    return choices_in(sys.modules[__name__])
