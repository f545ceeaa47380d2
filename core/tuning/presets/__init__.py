"""Ready recipes: each module offers one preset as CHOICE, and nothing else names it."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.choices import Choice, choices_in

if TYPE_CHECKING:  # a recipe asks here which presets there are
    from core.tuning.recipe import Recipe


@dataclass(frozen=True)
class Preset(Choice):
    """Hold a ready recipe, as it is before it suits a task."""

    recipe: "Recipe"


def known_presets() -> Mapping[str, Preset]:
    """Return every preset by its name, the usual one first."""
    return choices_in(sys.modules[__name__])
