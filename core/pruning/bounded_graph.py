"""Graphs of what hangs together, which are followed for so long and no longer."""

import time
from collections.abc import Iterable, Iterator
from typing import Any

import torch_pruning as tp
from torch import nn

MOST_SECONDS = 60.0
"""Of a processor, for one graph. On some networks Torch-Pruning goes round and round; usual ones take a few."""


class TakesTooLong(RuntimeError):
    """Report a graph that could not be followed to its end."""


class _Bounded(list[Any]):
    """A list that is not gone through any more from some time of this thread on."""

    def __init__(self, items: Iterable[Any], until: float) -> None:
        super().__init__(items)
        self._until = until

    def __iter__(self) -> Iterator[Any]:
        if time.thread_time() > self._until:
            raise TakesTooLong("This graph takes too long.")
        return super().__iter__()


def bounded(graph: tp.DependencyGraph) -> tp.DependencyGraph:
    """Let a graph raise TakesTooLong once it was followed for MOST_SECONDS; it is changed in place, and returned."""
    until = time.thread_time() + MOST_SECONDS
    for node in graph.module2node.values():
        node.dependencies = _Bounded(node.dependencies, until)
    return graph


def has_shifted_windows(model: nn.Module) -> bool:
    """Whether a network is torchvision's Swin, which is known never to come to an end."""
    return any(type(module).__name__.startswith("ShiftedWindowAttention") for module in model.modules())
