"""Whether a state dict would fit another network, by the names and shapes of its tensors alone."""

from collections.abc import Mapping

import torch

from core.errors import BadInput
from core.uploads.checkpoints.extras import fill_missing, leave_extras
from core.uploads.checkpoints.names import match_names
from core.uploads.checkpoints.state import State

Shapes = Mapping[str, tuple[int, ...]]


def fit(found: Shapes, wanted: Shapes) -> str:
    """Say how tensors of these shapes fit a network: "whole", "body" where only its last layer differs, "" for not."""
    with torch.device("meta"):
        state = State({name: torch.zeros(shape) for name, shape in found.items()})
        network = {
            name: torch.zeros(shape) for name, shape in wanted.items() if not name.endswith("num_batches_tracked")
        }
    try:
        state = fill_missing(leave_extras(match_names(state, network), network), network)
    except (BadInput, RuntimeError):
        return ""
    if state.tensors.keys() != network.keys():
        return ""
    other = [name for name, value in network.items() if state.tensors[name].shape != value.shape]
    if not other:
        return "whole"
    owners = {name.rpartition(".")[0] for name in other}
    rows = {state.tensors[name].shape[:1] for name in other}
    inner = all(state.tensors[name].shape[1:] == network[name].shape[1:] for name in other)
    return "body" if len(owners) == len(rows) == 1 and inner else ""
