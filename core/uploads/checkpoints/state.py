"""What goes from step to step while a checkpoint is read: its tensors by name, and what was done to them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from core.language import text
from core.uploads.wording import printable

Tensors = Mapping[str, Tensor]


@dataclass(frozen=True, eq=False)
class State:
    """Hold tensors by name, and a sentence for each thing that was done to them."""

    tensors: Tensors
    steps: tuple[str, ...] = ()

    def after(self, tensors: Tensors, *steps: str) -> "State":
        """Return other tensors, and what was done to get them; empty sentences are left out."""
        return State(tensors, (*self.steps, *(step for step in steps if step)))


def is_plain(value: Tensor) -> bool:
    """Tell whether something is a tensor in memory, neither sparse nor quantised nor without values."""
    return value.layout is torch.strided and value.device.type == "cpu" and not value.is_quantized


def named(names: Iterable[str], most: int = 3) -> str:
    """List a few names as people can read them, and how many more there are."""
    listed = list(names)
    shown = ", ".join(f"`{short(name)}`" for name in listed[:most])
    return text("{names} and {more:,} more", names=shown, more=len(listed) - most) if len(listed) > most else shown


def short(name: object) -> str:
    """Return a name as it can stand in a sentence."""
    return printable(name).replace("`", "'")
