"""What a recipe may hold: each rule with what to say to people who break it."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from core.errors import BadRecipe
from core.tuning.augmentations import AUGMENTATIONS
from core.tuning.optimizers import OPTIMIZERS
from core.tuning.strategies import known_strategies
from core.tuning.trainable import is_known

if TYPE_CHECKING:  # a recipe is checked when it is made
    from core.tuning.recipe import Recipe

Rule = tuple[bool, str, str]
"""Whether it holds; what is wrong if not; what to do."""


def check_recipe(recipe: "Recipe") -> None:
    """Raise BadRecipe for the first value that is impossible."""
    for rules in (_lengths, _shares, _names):
        for holds, what, advice in rules(recipe):
            if not holds:
                raise BadRecipe(what, advice)


def _lengths(recipe: "Recipe") -> Iterator[Rule]:
    """Limit how long and how fast a network learns."""
    epochs, rate, batch, steps, seconds = (
        recipe.epochs,
        recipe.learning_rate,
        recipe.batch_size,
        recipe.steps,
        recipe.seconds,
    )
    yield (
        (0 if recipe.recalibrate else 1) <= epochs <= 200,
        f"A fine-tune of {epochs} epochs is not possible.",
        "Choose 1 to 200.",
    )
    yield (
        0 < rate <= 1,
        f"A learning rate of {rate:g} cannot train a network.",
        "Choose one above 0 and at most 1; 0.001 is a good start.",
    )
    yield 1 <= batch <= 4096, f"A batch of {batch} is not possible.", "Choose 1 to 4096."
    yield (
        steps is None or 1 <= steps <= 100_000,
        f"A fine-tune of {steps} steps is not possible.",
        "Choose 1 to 100,000.",
    )
    yield (
        seconds is None or 0 < seconds < math.inf,
        f"A time budget of {seconds} seconds is not possible.",
        "Choose a time above 0, or none.",
    )
    yield 0 <= recipe.patience <= 100, f"A patience of {recipe.patience} looks is not possible.", "Choose 0 to 100."
    yield 1 <= recipe.rounds <= 20, f"{recipe.rounds} rounds are not possible.", "Choose 1 to 20."


def _shares(recipe: "Recipe") -> Iterator[Rule]:
    """Limit what is a share, and the temperature."""
    for name, most in (("weight_decay", 1), ("warmup", 1), ("label_smoothing", 1), ("distill", 1), ("average", 0.9)):
        value = getattr(recipe, name)
        yield 0 <= value <= most, f"{name} is {value:g}, outside its range.", f"Choose 0 to {most}."
    yield (
        0 < recipe.temperature < math.inf,
        f"A temperature of {recipe.temperature:g} is not possible.",
        "Choose one above 0; 2 is a good start.",
    )


def _names(recipe: "Recipe") -> Iterator[Rule]:
    """Limit names to those of choices that there are."""
    for kind, name, choices in (
        ("optimizer", recipe.optimizer, OPTIMIZERS),
        ("strategy", recipe.strategy, known_strategies()),
    ):
        yield name in choices, f"There is no {kind} named {name!r}.", f"Choose one of {', '.join(choices)}."
    strange = set(recipe.augment) - set(AUGMENTATIONS)
    yield (
        not strange,
        f"There is no way to vary inputs named {', '.join(sorted(map(repr, strange)))}.",
        f"Choose from {', '.join(AUGMENTATIONS)}.",
    )
    yield (
        is_known(recipe.learns),
        f"There is no choice of what learns named {recipe.learns!r}.",
        "Choose all, biases-norms, or last-N with a number of layers, as in last-2.",
    )
