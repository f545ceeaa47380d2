"""What goes together: single weights, patterns of them, or whole units. Each module here with a CHOICE is one way.

A file that is put here is found by itself.
"""

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor

from core.choices import Choice, choices_in
from core.pruning.units import Structure
from core.tasks.base import Task


@dataclass(frozen=True)
class Granularity(Choice):
    """Say what goes together.

    structures: (task) -> its whole units, with all that belongs to them; raises BadPlan where it has none. None where
        single weights go.
    layer_outputs: whether each of these units is an output of a layer, so that criteria of whole units can judge it.
    keep: (scores (out, in, ...), n, m) -> which weights a pattern keeps, bool of the scores' shape. None where a cut
        decides.
    fits: (task) -> whether it has anything of the kind.
    """

    structures: Callable[[Task], tuple[Structure, ...]] | None = None
    layer_outputs: bool = False
    keep: Callable[[Tensor, int, int], Tensor] | None = None
    fits: Callable[[Task], bool] = lambda task: True


N_OF_M = "N:M"
"""The name of the pattern; a plan writes numbers in their place, as 2:4."""

PATTERN = re.compile(r"\d+:\d+")


def known_granularities() -> Mapping[str, Granularity]:
    """Return every granularity by its name, the usual one first."""
    return choices_in(sys.modules[__name__])


def granularity_of(plan_name: str) -> Granularity | None:
    """Return what a plan names, where N and M are numbers as in 2:4; None if there is nothing of the name."""
    if PATTERN.fullmatch(plan_name):
        return known_granularities()[N_OF_M]
    return known_granularities().get(plan_name) if plan_name != N_OF_M else None
