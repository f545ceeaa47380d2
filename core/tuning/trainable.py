"""Which parameters of a network learn; the others stay as they are."""

import re
from collections.abc import Mapping

from torch import nn

from core.language import text

TRAINABLE: Mapping[str, str] = {
    "all": text("Everything"),
    "last-1": text("The last layer"),
    "last-2": text("The last two layers"),
    "biases-norms": text("Biases and normalisation only"),
}
"""What a form offers, and how people read it; a recipe takes any number of last layers."""


def is_known(learns: str) -> bool:
    """Say whether this is one of the choices: "all", "biases-norms" or "last-N"."""
    return learns in TRAINABLE or bool(re.fullmatch(r"last-[1-9]\d{0,2}", learns))


def trainable(model: nn.Module, prunable: tuple[str, ...], learns: str) -> set[str]:
    """Name the parameters that learn.

    prunable: the weights that count as layers. The last N learn with all that comes behind the first of them.
    """
    names = [name for name, _ in model.named_parameters()]
    if learns == "biases-norms":
        return {name for name, parameter in model.named_parameters() if parameter.ndim < 2}
    if learns == "all":
        return set(names)
    layers = [name for name in names if name in prunable]
    first = layers[-min(int(learns.removeprefix("last-")), len(layers))]
    return set(names[names.index(first) :])
