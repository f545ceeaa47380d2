"""A pruning plan: every choice about what is removed, small enough to put in a link."""

import dataclasses
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self, TypeVar

from core.errors import BadPlan
from core.language import text, together
from core.pruning.criteria import Criterion, known_criteria
from core.pruning.granularities import N_OF_M, Granularity, granularity_of, known_granularities
from core.pruning.scopes import Scope, known_scopes
from core.pruning.unit_scores import NORMS

LARGEST_M = 16

CALLED: Mapping[str, str] = {
    "criterion": text("criterion"),
    "granularity": text("granularity"),
    "scope": text("scope"),
    "norm": text("norm"),
}
"""What the choices of a plan are called in a sentence."""


class Choices(NamedTuple):
    """What the names in a plan stand for."""

    granularity: Granularity
    criterion: Criterion
    scope: Scope


@dataclass(frozen=True)
class PruningPlan:
    """Hold the choices of one pruning; hashable, so that it can key a cache.

    threshold: what has a score below this goes; 0 or more, in units of the score.
    sparsity: the share of the prunable weights of the whole network to remove instead, 0 to 1, met to one weight or
        one unit, whatever the scope and whatever goes together. Weights that are zero already count as removed.
    criterion: how importance is judged: the name of one in core.pruning.criteria.
    granularity: what goes together: the name of one in core.pruning.granularities. For N:M there are numbers: of "2:4"
        2 of 4 neighbours along the input stay.
    scope: where scores are compared with each other: the name of one in core.pruning.scopes.
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
        self._check_amounts()
        criterion = _find("criterion", self.criterion, known_criteria())
        scope = _find("scope", self.scope, known_scopes())
        _find("norm", self.norm, NORMS)
        granularity = granularity_of(self.granularity)
        if granularity is None:
            names = ("2:4" if name == N_OF_M else name for name in known_granularities())
            raise BadPlan(*_unknown("granularity", self.granularity, (*names, text("any other N:M"))))
        if granularity.keep is None:
            self._check_cut(granularity, criterion, scope)
        else:
            self._check_pattern(criterion)

    def _check_amounts(self) -> None:
        if self.threshold is not None and self.sparsity is not None:
            raise BadPlan(text("This plan names both a threshold and a sparsity."), text("Give one of the two."))
        if self.threshold is not None and not (math.isfinite(self.threshold) and self.threshold >= 0):
            raise BadPlan(
                text("{threshold} is no threshold.", threshold=self.threshold), text("Give a number that is 0 or more.")
            )
        for share in (self.sparsity, *dict(self.overrides).values()):
            if share is not None and not 0 <= share <= 1:
                raise BadPlan(
                    text("{share} is no sparsity.", share=share),
                    text("Give a share from 0 (nothing) to 1 (everything)."),
                )

    def _check_cut(self, granularity: Granularity, criterion: Criterion, scope: Scope) -> None:
        """Refuse what cannot go together where a cut decides how much goes."""
        if criterion.units_only and not granularity.layer_outputs:
            first, *others = (repr(name) for name, each in known_granularities().items() if each.layer_outputs)
            judged = first
            for other in others:
                judged = text("{first} or {second}", first=judged, second=other)
            raise BadPlan(
                text(
                    "The criterion {criterion!r} judges whole neurons and channels, not {granularity!r}.",
                    criterion=self.criterion,
                    granularity=self.granularity,
                ),
                text("Choose the granularity {judged}, or another criterion.", judged=judged),
            )
        if scope.own_cuts and self.threshold is not None:
            raise BadPlan(
                text("The scope {scope!r} gives each layer a threshold of its own.", scope=self.scope),
                text("Give a sparsity in place of the threshold."),
            )
        if scope.weights_only and granularity.structures is not None:
            raise BadPlan(
                text(
                    "Whole units ({granularity}) cannot be compared within {within}.",
                    granularity=self.granularity,
                    within=scope.within,
                ),
                text("Choose single weights, or another scope."),
            )

    def _check_pattern(self, criterion: Criterion) -> None:
        """Refuse what cannot go together where a pattern decides how much goes."""
        n, m = self.pattern or (0, 0)
        if not 0 < n < m <= LARGEST_M:
            raise BadPlan(
                text("The pattern {granularity} is not possible.", granularity=self.granularity),
                text(
                    "N:M keeps N of M neighbours: N is at least 1 and below M, M at most {largest_m}, as in 2:4.",
                    largest_m=LARGEST_M,
                ),
            )
        if criterion.units_only:
            raise BadPlan(
                text("{criterion!r} judges whole units, not single weights.", criterion=self.criterion),
                text("Choose another criterion."),
            )
        given = self.threshold is not None or (
            self.sparsity is not None and not math.isclose(self.sparsity, 1 - n / m, abs_tol=1e-9)
        )
        if given or self.scope != PruningPlan.scope or any(dict(self.overrides).values()):
            raise BadPlan(
                text(
                    "The pattern {granularity} decides alone how much goes: {gone} of every {m}.",
                    granularity=self.granularity,
                    gone=m - n,
                    m=m,
                ),
                text("Leave threshold, sparsity and scope as they are; an override can only keep a layer dense (0)."),
            )

    @property
    def choices(self) -> Choices:
        """The choices that the names stand for: what is removed, how it is judged, where scores are compared."""
        granularity = granularity_of(self.granularity)
        assert granularity is not None  # no plan is made of a name that is not there
        return Choices(granularity, known_criteria()[self.criterion], known_scopes()[self.scope])

    @property
    def pattern(self) -> tuple[int, int] | None:
        """(N, M) if N of every M neighbours stay, else None."""
        n, _, m = self.granularity.partition(":")
        return (int(n), int(m)) if m else None

    @property
    def structured(self) -> bool:
        """Whether whole units go, so that the network can be made smaller."""
        return self.choices.granularity.structures is not None

    @property
    def compares_sizes(self) -> bool:
        """Whether what is compared is the size of single weights itself, so that a cut is in their unit."""
        granularity, criterion, scope = self.choices
        return criterion.sizes and granularity.structures is None and scope.rescale is None

    @property
    def compared(self) -> str:
        """What a cut is compared with, in a word: "weights" or "scores"."""
        return text("weights") if self.compares_sizes else text("scores")

    @property
    def scoring(self) -> Self:
        """What of this plan decides the scores and their order: the plan without its amounts."""
        return replace(self, threshold=None, sparsity=None, overrides=dict.fromkeys(dict(self.overrides), 0.0))

    @property
    def without_amount(self) -> Self:
        """The plan without threshold and sparsity: what a slider moves along."""
        return replace(self, threshold=None, sparsity=None)

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain data, for a file or a link."""
        return {**dataclasses.asdict(self), "overrides": dict(self.overrides)}


T = TypeVar("T")


def _find(what: str, name: str, known: Mapping[str, T]) -> T:
    if name not in known:
        raise BadPlan(*_unknown(what, name, known))
    return known[name]


def _unknown(what: str, name: str, known: Iterable[str]) -> tuple[str, str]:
    return (
        text("There is no {what} named {name!r}.", what=CALLED[what], name=name),
        text("Choose one of: {known}.", known=together(known, ", ")),
    )
