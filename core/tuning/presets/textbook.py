"""Adam at a small, constant learning rate: what most tutorials do."""

from core.language import text
from core.tuning.presets import Preset
from core.tuning.recipe import Recipe

CHOICE = Preset(
    name="textbook",
    label=text("Textbook"),
    help=text("Five rounds of Adam at a learning rate of 0.0001 throughout."),
    source=text("Kingma and Ba 2015"),
    order=30,
    recipe=Recipe(epochs=5, learning_rate=1e-4, warmup=0.0, cosine=False),
)
