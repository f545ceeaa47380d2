"""One score for a whole unit, made from the scores of its weights."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from core.language import text
from core.pruning.criteria import Scores
from core.pruning.units import Structure


@dataclass(frozen=True)
class Norm:
    """Add up the scores of a unit's weights: (units, weights of each) -> (units,); `label` is how people read it.

    It is a mean, not a sum, so that a unit of a wide layer can be compared with one of a narrow layer.
    """

    label: str
    over_weights: Callable[[Tensor], Tensor]


NORMS: Mapping[str, Norm] = {
    "l2": Norm(text("L2: root of the mean square"), lambda scores: scores.square().mean(1).sqrt()),
    "l1": Norm(text("L1: mean of the sizes"), lambda scores: scores.abs().mean(1)),
}
"""By the name that a plan has for them, the usual one first."""


def unit_scores(scores: Scores, structures: tuple[Structure, ...], norm: str) -> Scores:
    """Make one score a unit from those of its weights, by one of NORMS: structure's name -> (units,)."""
    found = {}
    for structure in structures:
        parts = [member.of(scores[member.parameter]) for member in structure.members if member.parameter in scores]
        found[structure.name] = NORMS[norm].over_weights(torch.cat(parts, 1))  # of (units, weights of each)
    return found
