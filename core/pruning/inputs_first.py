"""Layers that keep their weights as (in, out), told to the graph of what hangs together."""

from collections.abc import Sequence
from typing import Any

from torch import nn

from core.pruning.graph_library import tp
from core.tasks.layers import keeps_inputs_first


class _InputsFirstPruner(tp.pruner.function.BasePruningFunc):
    """Take units out of Conv1D of `transformers`: `nx` inputs, `nf` outputs."""

    def prune_out_channels(self, layer: Any, idxs: Sequence[int]) -> nn.Module:
        kept = [place for place in range(layer.nf) if place not in set(idxs)]
        layer.nf = len(kept)
        layer.weight = self._prune_parameter_and_grad(layer.weight, kept, 1)
        layer.bias = self._prune_parameter_and_grad(layer.bias, kept, 0)
        return layer

    def prune_in_channels(self, layer: Any, idxs: Sequence[int]) -> nn.Module:
        kept = [place for place in range(layer.nx) if place not in set(idxs)]
        layer.nx = len(kept)
        layer.weight = self._prune_parameter_and_grad(layer.weight, kept, 0)
        return layer

    def get_out_channels(self, layer: Any) -> int:
        return int(layer.nf)

    def get_in_channels(self, layer: Any) -> int:
        return int(layer.nx)


def pruners_of(model: nn.Module) -> dict[type[nn.Module], tp.pruner.function.BasePruningFunc]:
    """Return how such layers of a model are pruned, by their class; none for most models."""
    kinds = {type(layer) for layer in model.modules() if keeps_inputs_first(layer)}
    return {kind: _InputsFirstPruner() for kind in kinds}
