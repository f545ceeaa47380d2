"""Open shipped files: weights, arrays and JSON; what cannot be opened is told with the way to restore it."""

import gzip
import io
import json
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from torch import nn

from core.errors import TaskUnavailable
from core.tasks.assets import Assets


def load_weights(assets: Assets, file: str, model: nn.Module) -> nn.Module:
    """Fill a network with the weights of a safetensors file and return it in eval mode.

    Raises TaskUnavailable when the file is not as shipped or holds the weights of another network.
    """
    try:
        model.load_state_dict(load_safetensors(assets.read(file)))
    except (SafetensorError, RuntimeError) as error:
        raise TaskUnavailable(*assets.damaged(file)) from error
    return model.eval()


def load_arrays(assets: Assets, file: str, *names: str) -> list[np.ndarray]:
    """Return the arrays of these names from a .npz file. Raises TaskUnavailable when the file is not as shipped."""
    try:
        with np.load(io.BytesIO(assets.read(file)), allow_pickle=False) as stored:
            return [stored[name] for name in names]
    except (ValueError, KeyError, OSError) as error:
        raise TaskUnavailable(*assets.damaged(file)) from error


def load_json(assets: Assets, file: str) -> Any:
    """Return what a .json or .json.gz file holds. Raises TaskUnavailable when the file is not as shipped."""
    content = assets.read(file)
    try:
        return json.loads(gzip.decompress(content) if file.endswith(".gz") else content)
    except (ValueError, OSError) as error:
        raise TaskUnavailable(*assets.damaged(file)) from error
