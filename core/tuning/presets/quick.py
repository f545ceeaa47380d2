"""One round: the shortest way to see what heals."""

from core.language import text
from core.tuning.presets import Preset
from core.tuning.recipe import Recipe

CHOICE = Preset(
    name="quick",
    label=text("Quick"),
    help=text("One round of Adam."),
    source=text("Kingma and Ba 2015"),
    order=10,
    recipe=Recipe(),
)
