"""Compare each weight with those that feed the same output."""

import torch
from torch import Tensor

from core.language import text
from core.pruning.scopes import Scope


def places_in_rows(scores: Tensor) -> Tensor:
    """Replace each score by its place within its output row, 0 to 1, so that one cut takes the same share of each row.

    scores: (out, in, ...); a row is all that one output reads. What is not a number stays so.
    Source: Sun, Liu, Bair, Kolter 2023, A simple and effective pruning approach for large language models (Wanda),
    which compares weights within an output.
    """
    flat = scores.detach().reshape(len(scores), -1)
    places = flat.argsort(dim=1, stable=True).argsort(dim=1, stable=True)
    found = (places.to(torch.float32) + 0.5) / max(flat.shape[1], 1)
    return found.masked_fill(flat.isnan(), torch.nan).reshape(scores.shape)


CHOICE = Scope(
    name="row",
    label=text("Within each output (row)"),
    help=text("A weight is compared with those that feed the same output only; each output gives the same share."),
    source=text("Sun et al. 2023, Wanda"),
    order=50,
    rescale=places_in_rows,
    within=text("one output row"),
)
