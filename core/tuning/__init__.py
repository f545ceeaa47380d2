"""Fine-tuning: the choices a person makes, and the loop that carries them out."""

from core.tuning.loop import Progress, fine_tune, preset_for, steps_of
from core.tuning.recipe import Recipe, length_of, longer
from core.tuning.strategies import own_sparsity

__all__ = ["Progress", "Recipe", "fine_tune", "length_of", "longer", "own_sparsity", "preset_for", "steps_of"]
