"""Where to cut: which scores are compared with each other. Each module here with a CHOICE is one way.

A file that is put here is found by itself.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from core.choices import Choice, choices_in


@dataclass(frozen=True)
class Scope(Choice):
    """Say which scores are compared with each other, and how much each layer gives.

    rescale: (scores of one layer) -> scores of the same shape that can be compared with those of other layers; what
        is not a number stays so. None where scores are compared as they are.
    own_cuts: whether each layer is cut by itself, so that no threshold holds for all.
    shares: where layers have own cuts, ((shape, weights) of each, the sparsity of all, 0 to 1) -> how many weights each
        gives, together as many as the sparsity says. None where each gives the same share.
    within: where scores are compared within something smaller than a layer, in words; whole units cannot be. Else "".
    chance_scope: the scope in which a baseline by chance is cut in this one's place, since the sizes of scores mean
        nothing there; "" for this one.
    """

    rescale: Callable[[Tensor], Tensor] | None = None
    own_cuts: bool = False
    shares: Callable[[Sequence[tuple[tuple[int, ...], int]], float], list[int]] | None = None
    within: str = ""
    chance_scope: str = ""

    @property
    def weights_only(self) -> bool:
        """Whether whole units cannot be compared so."""
        return bool(self.within)


def known_scopes() -> Mapping[str, Scope]:
    """Return every scope by its name, the usual one first."""
    return choices_in(sys.modules[__name__])
