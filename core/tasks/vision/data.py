"""Pictures of clothes (Fashion-MNIST): how they are read, kept as bytes, and normalised when they are used."""

import functools
import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from core.language import text
from core.tasks.asset_files import load_arrays
from core.tasks.assets import Assets
from core.tasks.base import SPLITS

CLASSES = (
    "T-shirt",
    "Trousers",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)

SOURCE = text("Fashion-MNIST (Xiao et al. 2017, MIT licence)")

OTHER_NAMES = {"T-shirt/top": "T-shirt", "Trouser": "Trousers"}
"""The names that the data's own authors give to two of the classes."""

MEAN, DEVIATION = 0.2860, 0.3530
"""Of all training pixels, on a scale from 0 (black) to 1 (white)."""

BLACK = -MEAN / DEVIATION
"""Value of a black pixel, once normalised."""

WHITE = (1 - MEAN) / DEVIATION
"""Value of a white pixel, once normalised."""

CLOTHES_DATA = "fashion-mnist"
"""The manifest's name of the clothes."""

SIDE = 28
"""Pixels of a side."""


@dataclass(frozen=True, eq=False)
class Images:
    """Hold pictures with their labels, int (n,).

    pixels: (n, channels, h, w), normalised floats, or uint8 of 0 to 255, which take a quarter of the memory.
    """

    pixels: Tensor
    labels: Tensor

    @classmethod
    def from_bytes(cls, pixels: np.ndarray, labels: np.ndarray) -> "Images":
        """Hold grey pictures, uint8 (n, h, w) of 0 to 255, and labels (n,)."""
        kept = torch.from_numpy(np.require(pixels, np.uint8, "W")).unsqueeze(1)  # (n, 1, h, w)
        return cls(kept.to(memory_format=torch.channels_last), torch.from_numpy(labels.astype(np.int64)))

    def inputs(self, places: slice | Tensor = slice(None)) -> Tensor:
        """Return the pictures at these places as networks see them, normalised floats (n, channels, h, w)."""
        chosen = self.pixels[places]
        return chosen.float().div_(255).sub_(MEAN).div_(DEVIATION) if chosen.dtype == torch.uint8 else chosen

    def normalised(self) -> "Images":
        """Return the same pictures normalised once and for all, for those that are used again and again."""
        return Images(self.inputs(), self.labels)


Splits = Callable[[str], Images]
"""(name of a split) -> its pictures."""


def read_images(assets: Assets, split: str, data: str = CLOTHES_DATA) -> Images:
    """Read the shipped pictures of a split, which all networks share. Raises TaskUnavailable if they are damaged.

    data: the manifest's name of what they are. Those of validation are normalised at once, since each step of a slider
    is judged by all of them.
    """
    file = split_file(data, split)
    return _read_images(assets, file, assets.digest(file), normalised=split == "validation")


def split_file(data: str, split: str) -> str:
    """Name the file that holds a split."""
    return f"data/{data}-{split}.npz"


@functools.lru_cache(maxsize=2 * len(SPLITS))
def _read_images(assets: Assets, file: str, digest: str, normalised: bool) -> Images:
    """Read the pictures of a file; its digest belongs to what they are remembered by, or they could be outdated."""
    images = Images.from_bytes(*load_arrays(assets, file, "images", "labels"))
    return images.normalised() if normalised else images


def inverted(pixels: Tensor) -> Tensor:
    """Exchange dark and light in pictures, bytes or normalised floats of any shape."""
    return 255 - pixels if pixels.dtype == torch.uint8 else BLACK + WHITE - pixels


def turned(pixels: Tensor) -> Tensor:
    """Turn pictures (n, channels, h, w) by a quarter, against the clock."""
    return pixels.rot90(1, (2, 3))


def png(pixels: Tensor) -> bytes:
    """Turn one normalised picture (h, w) into a PNG."""
    grey = (pixels * DEVIATION + MEAN).mul(255).round().clamp(0, 255).to(torch.uint8).numpy()
    file = io.BytesIO()
    Image.fromarray(grey).save(file, "PNG")
    return file.getvalue()
