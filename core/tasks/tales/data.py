"""Tales of Grimm and Andersen: the texts that ship, and how they are cut into passages."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.language import text
from core.tasks.asset_files import load_json
from core.tasks.assets import Assets
from core.tasks.tales.pieces import Pieces

SOURCE = text(
    "52 tales of the brothers Grimm and of Andersen in English translations of 1823 to 1912 (out of copyright)"
)

ORDER_SEED = 1812
"""Seed of the order in which passages are judged, so that a few of them are of many tales."""


@dataclass(frozen=True, eq=False)
class Tales:
    """Hold the tales of a split: their titles and texts."""

    titles: list[str]
    texts: list[str]


def read_tales(assets: Assets, split: str) -> Tales:
    """Read a split. Raises TaskUnavailable when its file is not as shipped."""
    content = load_json(assets, f"data/tales-{split}.json.gz")
    return Tales(content["titles"], content["texts"])


@dataclass(frozen=True, eq=False)
class Passages:
    """Hold the passages of a split, cut side by side out of its tales, in an order that mixes the tales.

    pieces: int (n, length + 1), each with the piece behind its last one; tale: the place of each one's tale, int (n,).
    titles: of the tales.
    """

    pieces: Tensor
    tale: Tensor
    titles: list[str]

    def batch(self, which: Tensor | slice) -> tuple[Tensor, Tensor]:
        """Return some of the passages, int (n, length), and for each of their pieces the one that comes next."""
        chosen = self.pieces[which]
        return chosen[:, :-1], chosen[:, 1:]


@dataclass(frozen=True, eq=False)
class TaleData:
    """Put the tales in reach of a network, as numbers of word pieces.

    tales: (split) -> its tales; length: pieces of a passage.
    """

    tales: Callable[[str], Tales]
    pieces: Pieces
    length: int

    def encoded(self, split: str) -> list[Tensor]:
        """Return each tale of a split as the numbers of its pieces, int (pieces,)."""
        return [torch.tensor(self.pieces.encode(text)) for text in self.tales(split).texts]

    def passages(self, split: str) -> Passages:
        """Cut all tales of a split into passages; what is left at the end of a tale is left out."""
        found, owner = [], []
        for place, numbers in enumerate(self.encoded(split)):
            cut = numbers.unfold(0, self.length + 1, self.length) if len(numbers) > self.length else numbers[:0]
            found.append(cut.reshape(-1, self.length + 1))
            owner += [place] * len(found[-1])
        order = torch.from_numpy(np.random.default_rng(ORDER_SEED).permutation(len(owner)))
        return Passages(torch.cat(found)[order], torch.tensor(owner)[order], self.tales(split).titles)

    def windows(self, split: str) -> tuple[Tensor, Tensor]:
        """Return all pieces of a split in one row, int (pieces,), and every place where a window of a tale can begin.

        A window has `length` + 1 pieces and lies in one tale.
        """
        tales = self.encoded(split)
        starts, upto = [], 0
        for numbers in tales:
            starts.append(torch.arange(upto, upto + max(len(numbers) - self.length, 0)))
            upto += len(numbers)
        return torch.cat(tales), torch.cat(starts)
