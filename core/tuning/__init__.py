"""Fine-tuning: the choices a person makes, and the loop that carries them out."""

from core.tuning.cuts import own_sparsity
from core.tuning.loop import fine_tune
from core.tuning.progress import Progress
from core.tuning.recipe import Recipe, length_of, longer, preset_for
from core.tuning.schedule import steps_of

__all__ = ["Progress", "Recipe", "fine_tune", "length_of", "longer", "own_sparsity", "preset_for", "steps_of"]
