"""The shapes of all networks of the catalogue, and which of them a checkpoint would fit."""

import functools
from collections.abc import Iterator

import torch
from safetensors import safe_open

from core.tasks.assets import ROOT
from core.tasks.catalog import catalog
from core.tasks.imagenet.networks import PREFIX, fresh_network
from core.uploads import Shapes, fit


def networks_that_fit(shapes: Shapes) -> list[tuple[str, str]]:
    """List the networks of the catalogue that tensors of these shapes would fit, best first: (name, how well).

    How well is "whole", or "body" where only the last layer has another number of answers. Takes seconds the first
    time, for torchvision's networks have to be laid out.
    """
    found = [(name, fit(shapes, wanted)) for name, wanted in _shapes()]
    return sorted(((name, how) for name, how in found if how), key=lambda each: each[1] != "whole")


@functools.cache
def _shapes() -> tuple[tuple[str, Shapes], ...]:
    """Return name and shapes of each network of the catalogue."""
    return tuple(_lay_out())


def _lay_out() -> Iterator[tuple[str, Shapes]]:
    """Yield name and shapes of each network, without reading or making a weight."""
    for info in catalog():
        files = (ROOT / "models" / f"{info.name}.safetensors", ROOT / "models" / info.name / "model.safetensors")
        there = next((file for file in files if file.is_file()), None)
        if there is not None:
            with safe_open(there, "pt") as file:
                yield info.name, {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
        elif info.name.startswith(PREFIX):
            with torch.device("meta"):
                model = fresh_network(info.name.removeprefix(PREFIX))
            yield info.name, {name: tuple(value.shape) for name, value in model.state_dict().items()}
