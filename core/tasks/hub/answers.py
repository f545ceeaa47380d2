"""What the outputs of a classifier of the Hub mean: one class of several, labels by themselves, or numbers."""

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any

import torch.nn.functional as F
from torch import Tensor

from core.language import text
from core.tasks.demo import Answer
from core.tasks.outputs import ANSWER, predicted_classes

FIGURE: str = text("Figure")
OUTPUT: str = text("Output")
"""Further columns of the table in which a network's answers stand."""


class Purpose(Enum):
    """Say what outputs are for, as the pipelines of `transformers` take them."""

    CLASSES = "one class of several"
    LABELS = "each label by itself"
    NUMBERS = "numbers"


def purpose_of(config: Any) -> Purpose:
    """Say what the outputs of a configured network are for."""
    if config.problem_type == "regression" or config.num_labels == 1:
        return Purpose.NUMBERS
    return Purpose.LABELS if config.problem_type == "multi_label_classification" else Purpose.CLASSES


def numbers_in_words(config: Any, names: Sequence[str]) -> Callable[[Tensor], Answer]:
    """Return a way to put an output (1, numbers) in words.

    A single output that nobody calls a regression is a share, 0 to 1, by a sigmoid, as pipelines have it.
    """
    plain = config.problem_type == "regression"

    def in_words(output: Tensor) -> Answer:
        if int(predicted_classes(output)) < 0:
            return Answer(text("no answer"))
        figures = (output if plain else output.sigmoid())[0].tolist()
        rows = tuple(
            {ANSWER: name, FIGURE: round(figure, 4), OUTPUT: round(raw, 4)}
            for name, figure, raw in zip(names, figures, output[0].tolist(), strict=True)
        )
        if len(names) == 1:
            return Answer(f"{figures[0]:.3f}", rows)
        return Answer(", ".join(f"{name} {figure:.3f}" for name, figure in zip(names, figures, strict=True)), rows)

    return in_words


def mean_square(output: Tensor, target: Tensor, smoothing: float) -> Tensor:
    """Return the mean squared error of outputs (n, numbers), a scalar tensor; nothing is smoothed."""
    return F.mse_loss(output, target.to(output.dtype).reshape(output.shape))
