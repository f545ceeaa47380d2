"""Keep N of every M neighbours."""

import torch
from torch import Tensor, nn

from core.language import text
from core.pruning.granularities import N_OF_M, Granularity


def keep_n_of_m(scores: Tensor, n: int, m: int) -> Tensor:
    """Keep the n highest of every m neighbours along the input dimension: bool, of the scores' shape (out, in, ...).

    A ragged group at the end keeps at most n too. Of equal scores the first stay; what is not a number stays.
    Source: Mishra et al. 2021, Accelerating sparse deep neural networks; Zhou et al. 2021 for other N and M.
    """
    last = scores.movedim(1, -1)  # (out, ..., in)
    inputs = last.shape[-1]
    padded = nn.functional.pad(last.nan_to_num(torch.inf, torch.inf), (0, -inputs % m), value=-torch.inf)
    groups = padded.unflatten(-1, (-1, m))  # (out, ..., groups, m)
    order = groups.sort(dim=-1, descending=True, stable=True).indices[..., :n]
    kept = torch.zeros(groups.shape, dtype=torch.bool).scatter_(-1, order, True)
    return kept.flatten(-2)[..., :inputs].movedim(-1, 1).contiguous()


CHOICE = Granularity(
    name=N_OF_M,
    label=text("N of every M (2:4)"),
    help=text(
        "N of every M neighbours stay: the pattern decides, not the slider. Some graphics chips compute this faster."
    ),
    source=text("Mishra et al. 2021"),
    order=20,
    keep=keep_n_of_m,
)
