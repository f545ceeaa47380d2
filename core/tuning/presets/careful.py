"""Prune gradually and learn from the dense model's answers, for long."""

from core.language import text
from core.tuning.presets import Preset
from core.tuning.recipe import Recipe

CHOICE = Preset(
    name="careful",
    label=text("Careful"),
    help=text("Prunes gradually, mirrors pictures and learns from the dense model's answers, for 18 rounds."),
    source=text("Zhu and Gupta 2017; Hinton et al. 2015"),
    order=20,
    recipe=Recipe(epochs=18, learning_rate=1e-3, augment=("flip",), distill=0.3, temperature=2.0, strategy="gradual"),
)
