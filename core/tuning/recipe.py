"""A recipe: every choice about how a network learns, small enough to put in a link."""

import math
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from core.errors import BadRecipe

OPTIMIZERS = ("adam", "adamw", "sgd")


@dataclass(frozen=True)
class Recipe:
    """Hold the choices of one fine-tune; the defaults are what a beginner should keep.

    epochs: how often each training example is seen, 1 to 200.
    learning_rate: the highest size of a step, above 0 and at most 1.
    batch_size: how many examples are averaged for a step, 1 to 4096.
    optimizer: "adam" (Kingma and Ba 2015), "adamw" (Loshchilov and Hutter 2019) or "sgd" with momentum 0.9.
    weight_decay: pull of every weight towards zero, 0 to 1.
    warmup: share of the steps over which the learning rate rises from near zero, 0 to 1.
    cosine: whether the learning rate falls along a cosine after the warm-up (Loshchilov and Hutter 2017).
    augment: whether training inputs are varied at random (images: mirrored and shifted).
    label_smoothing: share of the target spread over all classes, 0 up to 1 (Szegedy et al. 2016).
    seed: start of every random choice.

    Raises BadRecipe when a value is outside its range.
    """

    epochs: int = 1
    learning_rate: float = 1e-3
    batch_size: int = 128
    optimizer: str = "adam"
    weight_decay: float = 0.0
    warmup: float = 0.1
    cosine: bool = True
    augment: bool = False
    label_smoothing: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        _require(1 <= self.epochs <= 200, f"A fine-tune of {self.epochs} epochs is not possible.", "Choose 1 to 200.")
        _require(
            math.isfinite(self.learning_rate) and 0 < self.learning_rate <= 1,
            f"A learning rate of {self.learning_rate:g} cannot train a network.",
            "Choose one above 0 and at most 1; 0.001 is a good start.",
        )
        _require(1 <= self.batch_size <= 4096, f"A batch of {self.batch_size} is not possible.", "Choose 1 to 4096.")
        _require(
            self.optimizer in OPTIMIZERS,
            f"There is no optimizer named {self.optimizer!r}.",
            f"Choose one of {', '.join(OPTIMIZERS)}.",
        )
        for name in ("weight_decay", "warmup", "label_smoothing"):
            value = getattr(self, name)
            _require(0 <= value <= 1, f"{name} is {value:g}, outside its range.", "Choose 0 to 1.")

    @classmethod
    def preset(cls, name: str, **changes: Any) -> Self:
        """Return a ready recipe: "quick", "careful" or "textbook", with single choices changed if named.

        Raises BadRecipe for any other name.
        """
        presets = {
            "quick": cls(epochs=1),
            "careful": cls(epochs=4, augment=True, warmup=0.2),
            "textbook": cls(epochs=5, learning_rate=1e-4, warmup=0.0, cosine=False),
        }
        _require(name in presets, f"There is no recipe named {name!r}.", f"Choose one of {', '.join(presets)}.")
        return replace(presets[name], **changes)

    def to_dict(self) -> dict[str, Any]:
        """Return the recipe as plain data, for a file or a link."""
        return asdict(self)


def _require(holds: bool, what: str, advice: str) -> None:
    if not holds:
        raise BadRecipe(what, advice)
