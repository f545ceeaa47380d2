"""A pruning plan: every choice about what is removed, small enough to put in a link."""

import dataclasses
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from core.errors import BadPlan

CRITERIA = ("magnitude", "random", "activation", "first-order", "bn-scale", "zero-activations")
"""Ways to judge importance; `core.pruning.criteria` holds one function for each."""

UNIT_CRITERIA = ("bn-scale", "zero-activations")
"""Those that judge whole neurons and channels only."""

GRANULARITIES = ("weight", "2:4", "neuron", "channel", "head")
"""What is removed together; instead of 2:4 any N:M with N < M, M at most 16."""

SCOPES = ("global", "layer", "lamp", "erk", "row")
"""Where scores are compared with each other."""

NORMS = ("l1", "l2")

LARGEST_M = 16


@dataclass(frozen=True)
class PruningPlan:
    """Hold the choices of one pruning; hashable, so that it can key a cache.

    threshold: what has a score below this goes; 0 or more, in units of the score.
    sparsity: the share of the prunable weights of the whole network to remove instead, 0 to 1, met to one weight or
        one unit, whatever the scope and whatever goes together. Weights that are zero already count as removed.
    criterion: how importance is judged, one of CRITERIA.
    granularity: what goes together: "weight", "N:M" (N of M neighbours along the input stay), "neuron" (rows of
        fully connected layers), "channel" (these and filters of convolutions) or "head" (attention heads).
    scope: "global" (one cut for the whole network), "layer" (the same share of each layer), "lamp" (Lee et al. 2021),
        "erk" (Evci et al. 2020: layers with few weights stay denser) or, for single weights, "row" (the same share of
        what each output reads, as Sun et al. 2023 do).
    norm: how a unit's score is made from those of its weights: "l1" (their mean) or "l2" (root of the mean square).
    overrides: parameter name -> its own sparsity, 0 to 1, in place of what threshold and scope say of it.
        Given as a mapping, kept as sorted pairs. `sparsity` then speaks of the other parameters.
    seed: start of every random choice.
    embeddings: whether the tables of words, users or films (embeddings) may be pruned too; a task without them has
        nothing to add.

    Give a threshold or a sparsity, not both; neither removes nothing, but for N:M, which implies what goes.
    Raises BadPlan for anything else.
    """

    threshold: float | None = None
    sparsity: float | None = None
    criterion: str = "magnitude"
    granularity: str = "weight"
    scope: str = "global"
    norm: str = "l2"
    overrides: Mapping[str, float] | tuple[tuple[str, float], ...] = ()
    seed: int = 0
    embeddings: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "overrides", tuple(sorted(dict(self.overrides).items())))
        if self.threshold is not None and self.sparsity is not None:
            raise BadPlan("This plan names both a threshold and a sparsity.", "Give one of the two.")
        if self.threshold is not None and not (math.isfinite(self.threshold) and self.threshold >= 0):
            raise BadPlan(f"{self.threshold} is no threshold.", "Give a number that is 0 or more.")
        for share in (self.sparsity, *dict(self.overrides).values()):
            if share is not None and not 0 <= share <= 1:
                raise BadPlan(f"{share} is no sparsity.", "Give a share from 0 (nothing) to 1 (everything).")
        _one_of("criterion", self.criterion, CRITERIA)
        _one_of("scope", self.scope, SCOPES)
        _one_of("norm", self.norm, NORMS)
        if not re.fullmatch(r"\d+:\d+", self.granularity):
            _one_of("granularity", self.granularity, (*GRANULARITIES, "any other N:M"))
            if self.granularity not in ("neuron", "channel") and self.criterion in UNIT_CRITERIA:
                raise BadPlan(
                    f"The criterion {self.criterion!r} judges whole neurons and channels, not {self.granularity!r}.",
                    "Choose the granularity 'neuron' or 'channel', or another criterion.",
                )
            if self.threshold is not None and self.scope in ("layer", "erk"):
                raise BadPlan(
                    f"The scope {self.scope!r} gives each layer a threshold of its own.",
                    "Give a sparsity in place of the threshold.",
                )
            if self.scope == "row" and self.granularity != "weight":
                raise BadPlan(
                    f"Whole units ({self.granularity}) cannot be compared within one output row.",
                    "Choose single weights, or another scope.",
                )
        else:
            self._check_pattern()

    def _check_pattern(self) -> None:
        n, m = self.pattern
        if not 0 < n < m <= LARGEST_M:
            raise BadPlan(
                f"The pattern {self.granularity} is not possible.",
                f"N:M keeps N of M neighbours: N is at least 1 and below M, M at most {LARGEST_M}, as in 2:4.",
            )
        if self.criterion in UNIT_CRITERIA:
            raise BadPlan(f"{self.criterion!r} judges whole units, not single weights.", "Choose another criterion.")
        given = self.threshold is not None or (
            self.sparsity is not None and not math.isclose(self.sparsity, 1 - n / m, abs_tol=1e-9)
        )
        if given or self.scope != "global" or any(share for _, share in self.overrides):
            raise BadPlan(
                f"The pattern {self.granularity} decides alone how much goes: {m - n} of every {m}.",
                "Leave threshold, sparsity and scope as they are; an override can only keep a layer dense (0).",
            )

    @property
    def pattern(self) -> tuple[int, int] | None:
        """(N, M) if N of every M neighbours stay, else None."""
        n, _, m = self.granularity.partition(":")
        return (int(n), int(m)) if m else None

    @property
    def structured(self) -> bool:
        """Whether whole units go, so that the network can be made smaller."""
        return self.granularity in ("neuron", "channel", "head")

    @property
    def compares_sizes(self) -> bool:
        """Whether what is compared is the size of single weights itself, so that a cut is in their unit."""
        return self.criterion == "magnitude" and not self.structured and self.scope not in ("lamp", "row")

    @property
    def scoring(self) -> Self:
        """What of this plan decides the scores and their order: the plan without its amounts."""
        return replace(self, threshold=None, sparsity=None, overrides={name: 0.0 for name, _ in self.overrides})

    @property
    def without_amount(self) -> Self:
        """The plan without threshold and sparsity: what a slider moves along."""
        return replace(self, threshold=None, sparsity=None)

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain data, for a file or a link."""
        return {**dataclasses.asdict(self), "overrides": dict(self.overrides)}


def _one_of(what: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise BadPlan(f"There is no {what} named {value!r}.", f"Choose one of: {', '.join(known)}.")
