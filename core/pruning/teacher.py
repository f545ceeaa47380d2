"""What the dense network says, layer by layer, on a few examples: what a repaired one is to say again."""

import copy
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from core.errors import BadInput
from core.language import text
from core.pruning.layer_inputs import can_be_solved, draw_places, outputs_at, width_of
from core.tasks.base import Task
from core.tasks.layers import NORMS

FEWEST_ROWS, MOST_ROWS, ROWS_PER_INPUT = 4_000, 20_000, 8
"""Places at which one layer is compared, drawn by chance: pixels or words of all examples together, more of them where
an output has many inputs."""

MOST_AT_ONCE = 500_000_000
"""Bytes that the largest layer may say at once: all examples pass together, so there are fewer of large ones."""

MOST_BYTES = 500_000_000
"""Memory that the Gram matrix of one layer may take; a layer that would need more stays as it is."""


@dataclass(frozen=True, eq=False)
class Teacher:
    """What the dense network says on the examples on which others are repaired; kept, since it is always the same.

    inputs: the examples, (n, ...).
    places: layer -> where it is compared. said: layer -> what it says there, (rows, out).
    normed: layers whose outputs go straight to batch norm, which takes up any constant.
    left_out: layers that stay as they are, since several use one weight or their matrices would be too large.
    """

    inputs: Tensor
    places: Mapping[str, tuple[Tensor, ...]]
    said: Mapping[str, Tensor]
    normed: frozenset[str]
    left_out: tuple[str, ...]


def ask_dense(task: Task, examples: int = 2000) -> Teacher:
    """Note what each layer of the dense network says on training examples. Raises BadInput where there are none."""
    if not task.count("train"):
        raise BadInput(
            text("Repair looks at examples, and for this network there are none."),
            text("Bring some on the page Bring your own; labels are not needed."),
        )
    generator = torch.Generator().manual_seed(0)
    inputs, _ = next(iter(task.batches("train", min(examples, task.count("train")), generator, ())))
    inputs = inputs[: max(1, MOST_AT_ONCE // _bytes_of_one(task.model, inputs[:1]))]
    model, calls, latest = copy.deepcopy(task.model).eval(), Counter[str](), (("", inputs),)
    places: dict[str, tuple[Tensor, ...]] = {}
    said: dict[str, Tensor] = {}
    normed: set[str] = set()
    skipped = set(unrepaired(model))

    def after(name: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        def note(layer: Any, given: tuple[Tensor, ...], output: Tensor) -> None:
            nonlocal latest
            calls[name] += 1
            latest = ((name, output),)
            if name not in skipped:
                places[name] = draw_places(layer, output, _rows_for(layer), generator)
                said[name] = outputs_at(layer, output, places[name])

        return note

    def norm(_: nn.Module, given: tuple[Tensor, ...]) -> None:
        normed.update(name for name, output in latest if output is given[0])

    layers = {name: layer for name, layer in model.named_modules() if can_be_solved(layer)}
    for name, layer in layers.items():
        layer.register_forward_hook(after(name))
    for layer in model.modules():
        if isinstance(layer, NORMS):
            layer.register_forward_pre_hook(norm)
    with torch.no_grad():
        model(inputs)
    once = {name for name in said if calls[name] == 1 and bool(torch.isfinite(said[name]).all())}
    return Teacher(
        inputs,
        places,
        {name: said[name] for name in said if name in once},
        frozenset(normed),
        tuple(name for name in layers if name not in once),
    )


def unrepaired(model: nn.Module) -> tuple[str, ...]:
    """Name the layers that a repair leaves as they are: several use one weight, or their matrix would be too large."""
    owners = Counter(id(own) for layer in model.modules() for own in layer.parameters(recurse=False))
    layers: dict[str, Any] = {name: layer for name, layer in model.named_modules() if can_be_solved(layer)}
    return tuple(
        name for name, layer in layers.items() if 8 * width_of(layer) ** 2 > MOST_BYTES or owners[id(layer.weight)] > 1
    )


def _rows_for(layer: Any) -> int:
    return min(MOST_ROWS, max(FEWEST_ROWS, ROWS_PER_INPUT * width_of(layer)))


def _bytes_of_one(model: nn.Module, example: Tensor) -> int:
    """Return how many bytes the largest layer says about one example."""
    said, copied = [1], copy.deepcopy(model).eval()
    for layer in filter(can_be_solved, copied.modules()):
        layer.register_forward_hook(lambda _layer, _given, output: said.append(output.nbytes))
    with torch.no_grad():
        copied(example)
    return max(said)
