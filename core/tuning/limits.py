"""What a recipe may hold: each rule with what to say to people who break it."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from core.errors import BadRecipe
from core.language import text
from core.tuning.augmentations import AUGMENTATIONS
from core.tuning.optimizers import OPTIMIZERS
from core.tuning.strategies import known_strategies
from core.tuning.trainable import is_known

if TYPE_CHECKING:  # a recipe is checked when it is made
    from core.tuning.recipe import Recipe

Problem = tuple[str, str]
"""What is wrong; what to do."""


def check_recipe(recipe: "Recipe") -> None:
    """Raise BadRecipe for the first value that is impossible."""
    for problems in (_lengths, _shares, _names):
        for what, advice in problems(recipe):
            raise BadRecipe(what, advice)


def _lengths(recipe: "Recipe") -> Iterator[Problem]:
    """Limit how long and how fast a network learns."""
    epochs, rate, batch, steps, seconds = (
        recipe.epochs,
        recipe.learning_rate,
        recipe.batch_size,
        recipe.steps,
        recipe.seconds,
    )
    if not (0 if recipe.recalibrate else 1) <= epochs <= 200:
        yield text("A fine-tune of {epochs} epochs is not possible.", epochs=epochs), text("Choose 1 to 200.")
    if not 0 < rate <= 1:
        yield (
            text("A learning rate of {rate:g} cannot train a network.", rate=rate),
            text("Choose one above 0 and at most 1; 0.001 is a good start."),
        )
    if not 1 <= batch <= 4096:
        yield text("A batch of {batch} is not possible.", batch=batch), text("Choose 1 to 4096.")
    if not (steps is None or 1 <= steps <= 100_000):
        yield text("A fine-tune of {steps} steps is not possible.", steps=steps), text("Choose 1 to 100,000.")
    if not (seconds is None or 0 < seconds < math.inf):
        yield (
            text("A time budget of {seconds} seconds is not possible.", seconds=seconds),
            text("Choose a time above 0, or none."),
        )
    if not 0 <= recipe.patience <= 100:
        yield (
            text("A patience of {patience} looks is not possible.", patience=recipe.patience),
            text("Choose 0 to 100."),
        )
    if not 1 <= recipe.rounds <= 20:
        yield text("{rounds} rounds are not possible.", rounds=recipe.rounds), text("Choose 1 to 20.")


def _shares(recipe: "Recipe") -> Iterator[Problem]:
    """Limit what is a share, and the temperature."""
    for name, most in (("weight_decay", 1), ("warmup", 1), ("label_smoothing", 1), ("distill", 1), ("average", 0.9)):
        value = getattr(recipe, name)
        if not 0 <= value <= most:
            yield (
                text("{name} is {value:g}, outside its range.", name=name, value=value),
                text("Choose 0 to {most}.", most=most),
            )
    if not 0 < recipe.temperature < math.inf:
        yield (
            text("A temperature of {temperature:g} is not possible.", temperature=recipe.temperature),
            text("Choose one above 0; 2 is a good start."),
        )


def _names(recipe: "Recipe") -> Iterator[Problem]:
    """Limit names to those of choices that there are."""
    for kind, name, choices in (
        (text("optimizer"), recipe.optimizer, OPTIMIZERS),
        (text("strategy"), recipe.strategy, known_strategies()),
    ):
        if name not in choices:
            yield (
                text("There is no {kind} named {name!r}.", kind=kind, name=name),
                text("Choose one of {choices}.", choices=", ".join(choices)),
            )
    strange = set(recipe.augment) - set(AUGMENTATIONS)
    if strange:
        yield (
            text("There is no way to vary inputs named {strange}.", strange=", ".join(sorted(map(repr, strange)))),
            text("Choose from {augmentations}.", augmentations=", ".join(AUGMENTATIONS)),
        )
    if not is_known(recipe.learns):
        yield (
            text("There is no choice of what learns named {learns!r}.", learns=recipe.learns),
            text("Choose all, biases-norms, or last-N with a number of layers, as in last-2."),
        )
