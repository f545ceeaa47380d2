"""A pruning plan: every choice about what is removed, small enough to put in a link."""

import math
from dataclasses import asdict, dataclass
from typing import Any

from core.errors import BadPlan


@dataclass(frozen=True)
class PruningPlan:
    """Hold the choices of one pruning; hashable, so that it can key a cache.

    threshold: a weight goes when its score is below this; 0 or more, in units of the score.
    sparsity: the share of the prunable weights to remove instead, 0 to 1, met to one weight.
    seed: start of every random choice.

    Give a threshold or a sparsity, not both; neither removes nothing. Raises BadPlan for anything else.
    """

    threshold: float | None = None
    sparsity: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.threshold is not None and self.sparsity is not None:
            raise BadPlan("This plan names both a threshold and a sparsity.", "Give one of the two.")
        if self.threshold is not None and not (math.isfinite(self.threshold) and self.threshold >= 0):
            raise BadPlan(f"{self.threshold} is no threshold.", "Give a number that is 0 or more.")
        if self.sparsity is not None and not 0 <= self.sparsity <= 1:
            raise BadPlan(f"{self.sparsity} is no sparsity.", "Give a share from 0 (nothing) to 1 (everything).")

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain data, for a file or a link."""
        return asdict(self)
