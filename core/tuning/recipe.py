"""A recipe: every choice about how a network learns, small enough to put in a link."""

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from core.errors import BadRecipe

OPTIMIZERS = ("adam", "adamw", "sgd")

AUGMENTATIONS = ("flip", "shift", "nudge", "erase", "drop")
"""Ways to vary training inputs; each task knows some of them: pictures all but the last, texts only that."""

STRATEGIES = ("one-shot", "iterative", "gradual", "tune-first", "rewind", "scratch")
"""How pruning and tuning are interleaved; `core.tuning.strategies` says what each does."""


@dataclass(frozen=True)
class Recipe:
    """Hold the choices of one fine-tune; the defaults are what a beginner should keep.

    epochs: how often each training example is seen, 1 to 200; 0 only with `recalibrate`.
    average: share of the run, at its end, over which the weights are averaged, 0 to 0.9; what comes out is that mean
        (Izmailov et al. 2018, Averaging weights leads to wider optima). With batch norm, set `recalibrate` too. A run
        that patience ends earlier averages what came since its best look.
    steps: how many optimiser steps instead of whole epochs, at most 100,000; None for whole epochs.
    seconds: stop after so long even if epochs are left; None for no limit. With a limit, figures depend on the
        speed of the machine.
    learning_rate: the highest size of a step, above 0 and at most 1.
    batch_size: how many examples are averaged for a step, 1 to 4096.
    optimizer: "adam" (Kingma and Ba 2015), "adamw" (Loshchilov and Hutter 2019) or "sgd" with momentum 0.9.
    weight_decay: pull of every weight towards zero, 0 to 1.
    warmup: share of the steps over which the learning rate rises from near zero, 0 to 1.
    cosine: whether the learning rate falls along a cosine after the warm-up (Loshchilov and Hutter 2017).
    learns: "all", "last-N" (the last N layers) or "biases-norms" (biases and normalisation alone).
    augment: how training inputs are varied at random, any of AUGMENTATIONS; True for flip and shift. What a task
        does not know does nothing there.
    label_smoothing: share of the target spread over all classes, 0 up to 1 (Szegedy et al. 2016).
    distill: share of the loss that asks for the dense model's answers in place of the labels, 0 to 1
        (Hinton, Vinyals, Dean 2015); temperature: how far these answers are softened, above 0.
    recalibrate: whether batch norm gets its statistics anew from training data at the end, without learning.
    patience: how many looks at validation data in a row may bring nothing better before it stops; the best
        weights are restored, unless they are averaged. 0 goes on to the end and keeps the last ones.
    strategy: how pruning and tuning are interleaved, one of STRATEGIES; rounds: how many, for "iterative".
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
    augment: tuple[str, ...] = ()
    label_smoothing: float = 0.0
    seed: int = 0
    seconds: float | None = None
    learns: str = "all"
    distill: float = 0.0
    temperature: float = 2.0
    recalibrate: bool = False
    patience: int = 0
    strategy: str = "one-shot"
    rounds: int = 3
    steps: int | None = None
    average: float = 0.0

    def __post_init__(self) -> None:
        chosen = ("flip", "shift") if self.augment is True else tuple(self.augment or ())
        object.__setattr__(self, "augment", chosen)
        _require(
            (0 if self.recalibrate else 1) <= self.epochs <= 200,
            f"A fine-tune of {self.epochs} epochs is not possible.",
            "Choose 1 to 200.",
        )
        _require(
            math.isfinite(self.learning_rate) and 0 < self.learning_rate <= 1,
            f"A learning rate of {self.learning_rate:g} cannot train a network.",
            "Choose one above 0 and at most 1; 0.001 is a good start.",
        )
        _require(1 <= self.batch_size <= 4096, f"A batch of {self.batch_size} is not possible.", "Choose 1 to 4096.")
        for name, known in (("optimizer", OPTIMIZERS), ("strategy", STRATEGIES)):
            value = getattr(self, name)
            _require(value in known, f"There is no {name} named {value!r}.", f"Choose one of {', '.join(known)}.")
        unknown = set(chosen) - set(AUGMENTATIONS)
        _require(
            not unknown,
            f"There is no way to vary inputs named {', '.join(sorted(map(repr, unknown)))}.",
            f"Choose from {', '.join(AUGMENTATIONS)}.",
        )
        for name in ("weight_decay", "warmup", "label_smoothing", "distill"):
            value = getattr(self, name)
            _require(0 <= value <= 1, f"{name} is {value:g}, outside its range.", "Choose 0 to 1.")
        _require(
            math.isfinite(self.temperature) and self.temperature > 0,
            f"A temperature of {self.temperature:g} is not possible.",
            "Choose one above 0; 2 is a good start.",
        )
        _require(
            self.learns in ("all", "biases-norms") or bool(re.fullmatch(r"last-[1-9]\d{0,2}", self.learns)),
            f"There is no choice of what learns named {self.learns!r}.",
            "Choose all, biases-norms, or last-N with a number of layers, as in last-2.",
        )
        _require(
            self.steps is None or 1 <= self.steps <= 100_000,
            f"A fine-tune of {self.steps} steps is not possible.",
            "Choose 1 to 100,000.",
        )
        _require(
            self.seconds is None or (math.isfinite(self.seconds) and self.seconds > 0),
            f"A time budget of {self.seconds} seconds is not possible.",
            "Choose a time above 0, or none.",
        )
        _require(0 <= self.patience <= 100, f"A patience of {self.patience} looks is not possible.", "Choose 0 to 100.")
        _require(0 <= self.average <= 0.9, f"average is {self.average:g}, outside its range.", "Choose 0 to 0.9.")
        _require(1 <= self.rounds <= 20, f"{self.rounds} rounds are not possible.", "Choose 1 to 20.")

    @classmethod
    def preset(cls, name: str, **changes: Any) -> Self:
        """Return a ready recipe: "quick", "careful" or "textbook", with single choices changed if named.

        "quick" is one epoch of Adam. "careful" prunes gradually, mirrors pictures and learns from the dense
        model's answers, for 18 epochs. "textbook" is Adam at 1e-4 for 5 epochs.
        Raises BadRecipe for any other name.
        """
        presets = {
            "quick": cls(),
            "careful": cls(
                epochs=18,
                learning_rate=1e-3,
                augment=("flip",),
                distill=0.3,
                temperature=2.0,
                strategy="gradual",
            ),
            "textbook": cls(epochs=5, learning_rate=1e-4, warmup=0.0, cosine=False),
        }
        _require(name in presets, f"There is no recipe named {name!r}.", f"Choose one of {', '.join(presets)}.")
        return replace(presets[name], **changes)

    def for_task(self, augmentations: tuple[str, ...], habits: Mapping[str, Any]) -> Self:
        """Return this as a task wants it: with its habits, and without ways to vary inputs that it does not know."""
        fitted = replace(self, **habits)
        return replace(fitted, augment=tuple(way for way in fitted.augment if way in augmentations))

    def to_dict(self) -> dict[str, Any]:
        """Return the recipe as plain data, for a file or a link."""
        return {**asdict(self), "augment": list(self.augment)}


def longer(recipe: Recipe, times: int) -> Recipe:
    """Return a recipe that learns so many times as long, whether it counts rounds or steps."""
    if recipe.steps is not None:
        return replace(recipe, steps=times * recipe.steps)
    return replace(recipe, epochs=times * recipe.epochs)


def length_of(recipe: Recipe) -> str:
    """Say in words how long a recipe learns: "1 round", "3 rounds" or "30 steps"."""
    count, unit = (recipe.epochs, "round") if recipe.steps is None else (recipe.steps, "step")
    return f"{count:,} {unit}{'' if count == 1 else 's'}"


def _require(holds: bool, what: str, advice: str) -> None:
    if not holds:
        raise BadRecipe(what, advice)
