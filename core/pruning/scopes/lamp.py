"""Compare each weight with those of its layer that would stay."""

import numpy as np
import torch
from torch import Tensor

from core.language import text
from core.pruning.scopes import Scope


def lamp(scores: Tensor) -> Tensor:
    """Rescale a layer's scores so that layers can be compared: its square over the sum of all squares not below it.

    The last one of each layer has 1, so no layer is emptied before all others are; a layer of zeros has zeros.
    Source: Lee, Park, Mo, Ahn, Shin 2021, Layer-adaptive sparsity for the magnitude-based pruning.
    """
    flat = scores.detach().reshape(-1).numpy()
    order = np.argsort(flat, kind="stable")
    squares = np.square(flat[order], dtype=np.float64)
    rest = np.cumsum(np.nan_to_num(squares)[::-1])[::-1]
    scaled = np.divide(squares, rest, out=np.zeros_like(squares), where=rest > 0)
    found = np.empty_like(flat)
    found[order] = scaled
    found[np.isnan(flat)] = np.nan
    return torch.from_numpy(found).reshape(scores.shape)


CHOICE = Scope(
    name="lamp",
    label=text("Adapted to each layer (LAMP)"),
    help=text("A weight is compared with those of its layer that would stay, so that no layer is emptied."),
    source=text("Lee et al. 2021"),
    order=30,
    rescale=lamp,
    chance_scope="global",
)
