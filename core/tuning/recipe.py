"""A recipe: every choice about how a network learns, small enough to put in a link."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from core.errors import BadRecipe
from core.language import text, text_of
from core.tasks.base import Task
from core.tuning.augmentations import AUGMENTATIONS
from core.tuning.limits import check_recipe
from core.tuning.optimizers import OPTIMIZERS
from core.tuning.presets import known_presets
from core.tuning.settings import Number, OneOf, Share, SomeOf, Switch, setting
from core.tuning.trainable import TRAINABLE


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
    optimizer: one of OPTIMIZERS.
    weight_decay: pull of every weight towards zero, 0 to 1.
    warmup: share of the steps over which the learning rate rises from near zero, 0 to 1.
    cosine: whether the learning rate falls along a cosine after the warm-up (Loshchilov and Hutter 2017).
    learns: "all", "last-N" (the last N layers) or "biases-norms" (biases and normalisation alone).
    augment: how training inputs are varied at random, any of AUGMENTATIONS. What a task does not know does nothing
        there.
    label_smoothing: share of the target spread over all classes, 0 up to 1 (Szegedy et al. 2016).
    distill: share of the loss that asks for the dense model's answers in place of the labels, 0 to 1
        (Hinton, Vinyals, Dean 2015); temperature: how far these answers are softened, above 0.
    recalibrate: whether batch norm gets its statistics anew from training data at the end, without learning.
    patience: how many looks at validation data in a row may bring nothing better before it stops; the best
        weights are restored, unless they are averaged. 0 goes on to the end and keeps the last ones.
    strategy: how pruning and tuning are interleaved, one of `core.tuning.strategies`; rounds: how many, for
        "iterative".
    seed: start of every random choice.

    Raises BadRecipe when a value is outside its range.
    """

    epochs: int = setting(1, Number(label=text("Rounds (epochs)"), step=1))
    learning_rate: float = setting(1e-3, Number(label=text("Learning rate"), step=1e-4, format="%.5f"))
    batch_size: int = setting(128, Number(label=text("Batch size"), step=32))
    optimizer: str = setting("adam", OneOf(label=text("Optimizer"), options={name: name for name in OPTIMIZERS}))
    weight_decay: float = setting(0.0, Number(label=text("Weight decay"), step=1e-4, format="%.5f"))
    warmup: float = setting(0.1, Share(label=text("Warm-up, share of the steps"), most=1.0, step=0.05))
    cosine: bool = setting(True, Switch(label=text("Learning rate falls (cosine)")))
    augment: tuple[str, ...] = setting((), SomeOf(label=text("Examples are varied"), options=AUGMENTATIONS))
    label_smoothing: float = setting(0.0, Share(label=text("Label smoothing"), most=0.5, step=0.05))
    seed: int = setting(0, Number(label=text("Seed"), step=1, least=0))
    seconds: float | None = setting(None, Number(label=text("Time limit, seconds"), step=5.0, empty=text("none")))
    learns: str = setting("all", OneOf(label=text("What learns"), options=TRAINABLE))
    distill: float = setting(
        0.0,
        Share(
            label=text("Learn from the dense model"),
            help=text("Share of the lesson that asks for the dense model's answers, not the labels (distillation)."),
            most=1.0,
            step=0.1,
        ),
    )
    temperature: float = setting(
        2.0,
        Number(
            label=text("Softness of these answers"),
            help=text("The higher, the more the answers that the dense model holds for unlikely count (temperature)."),
            step=0.5,
            format="%.1f",
        ),
    )
    recalibrate: bool = setting(
        False,
        Switch(
            label=text("Recalibrate batch norm"),
            help=text(
                "Measure the statistics of batch normalisation anew at the end. With 0 rounds, nothing else is done."
            ),
        ),
    )
    patience: int = setting(
        0,
        Number(
            label=text("Patience, looks"),
            help=text(
                "Stop when so many looks in a row bring nothing better, and take the best; 0 goes on to the end."
            ),
            step=1,
        ),
    )
    strategy: str = "one-shot"
    rounds: int = setting(3, Number(label=text("Pruning rounds"), step=1))
    steps: int | None = setting(
        None,
        Number(
            label=text("Steps instead of rounds"),
            help=text("So many optimiser steps, whatever the number of rounds; empty for whole rounds."),
            step=10,
            empty=text("none: whole rounds"),
        ),
    )
    average: float = setting(
        0.0,
        Share(
            label=text("Average the last weights"),
            help=text("Share of the run at its end over which the weights are averaged; what comes out is the mean."),
            most=0.9,
            step=0.1,
        ),
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "augment", tuple(self.augment or ()))
        check_recipe(self)

    @staticmethod
    def preset(name: str, **changes: Any) -> "Recipe":
        """Return a ready recipe, with single choices changed if named; `core.tuning.presets` says what each is for.

        Raises BadRecipe for any other name.
        """
        presets = known_presets()
        if name not in presets:
            raise BadRecipe(
                text("There is no recipe named {name!r}.", name=name),
                text("Choose one of {presets}.", presets=", ".join(presets)),
            )
        return replace(presets[name].recipe, **changes)

    def to_dict(self) -> dict[str, Any]:
        """Return the recipe as plain data, for a file or a link."""
        return {**asdict(self), "augment": list(self.augment)}


def preset_for(task: Task, name: str) -> Recipe:
    """Return a ready recipe as it suits a task. Raises BadRecipe for a name that is not one of the presets."""
    fitted = replace(Recipe.preset(name), **task.training.recipe_defaults.get(name, {}))
    return replace(fitted, augment=tuple(each for each in fitted.augment if each in task.training.augmentations))


def longer(recipe: Recipe, times: int) -> Recipe:
    """Return a recipe that learns so many times as long, whether it counts rounds or steps."""
    if recipe.steps is not None:
        return replace(recipe, steps=times * recipe.steps)
    return replace(recipe, epochs=times * recipe.epochs)


def length_of(recipe: Recipe) -> str:
    """Say in words how long a recipe learns: "1 round", "3 rounds" or "30 steps"."""
    if recipe.steps is None:
        return text_of("{count:,} round", "{count:,} rounds", recipe.epochs)
    return text_of("{count:,} step", "{count:,} steps", recipe.steps)
