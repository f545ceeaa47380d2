"""One round: the shortest way to see what heals."""

from core.tuning.presets import Preset
from core.tuning.recipe import Recipe

CHOICE = Preset(
    name="quick",
    label="Quick",
    help="One round of Adam.",
    source="Kingma and Ba 2015",
    order=10,
    recipe=Recipe(),
)
