"""Layers that are not like most: those that keep weights in another way than torch's own, and batch norm."""

import sys

from torch import nn

NORMS = nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d
"""Layers that normalise by the statistics of a batch."""


def keeps_inputs_first(layer: nn.Module) -> bool:
    """Whether a layer keeps its weights as (in, out): Conv1D of `transformers`, of which GPT-2 is made."""
    library = sys.modules.get("transformers.pytorch_utils")  # no network has such a layer before this is imported
    return library is not None and isinstance(layer, library.Conv1D)
