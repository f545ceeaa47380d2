"""Layers that keep their weights in another way than torch's own do."""

import sys

from torch import nn


def keeps_inputs_first(layer: nn.Module) -> bool:
    """Whether a layer keeps its weights as (in, out): Conv1D of `transformers`, of which GPT-2 is made."""
    library = sys.modules.get("transformers.pytorch_utils")  # no network has such a layer before this is imported
    return library is not None and isinstance(layer, library.Conv1D)
