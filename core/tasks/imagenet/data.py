"""The photographs of Imagenette: ten classes of ImageNet, and which of them no network has learned from."""

import functools
import re
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from core.errors import TaskUnavailable
from core.language import text
from core.tasks.imagenet.networks import torchvision
from core.tasks.imagenet.view import View

CLASSES = {
    "n01440764": "tench",
    "n02102040": "English springer",
    "n02979186": "cassette player",
    "n03000684": "chain saw",
    "n03028079": "church",
    "n03394916": "French horn",
    "n03417042": "garbage truck",
    "n03425413": "gas pump",
    "n03445777": "golf ball",
    "n03888257": "parachute",
}
"""Imagenette's ten classes by WordNet number, which names their folder, in the order of the answers."""

SIDE = 160
"""Pixels of a side, unless a network needs more: the size in which Imagenette is fetched."""

SIZES = {"validation": 300, "test": 500}
"""At most so many of the pictures that no network learned from serve for each; drawn once, the same everywhere."""

UNSEEN, LEARNED = "ILSVRC2012_val_", re.compile(r"n\d{8}_")
"""How the names of ImageNet's own validation pictures begin, and of those that networks learned from; Imagenette has
both in each of its folders."""

Sample = tuple[str, int]
"""Path of a picture, and the place of its class."""


class Photographs:
    """Pictures in folders named by class; the validation part is kept in memory once it was read."""

    def __init__(self, folder: Path, view: View) -> None:
        self.view = view
        self._splits = split_samples(folder)
        self._validation = functools.cache(self._read_validation)

    def count(self, split: str) -> int:
        """Return how many pictures a split holds."""
        return len(self._splits[split])

    def labels(self, split: str) -> Tensor:
        """Return the true classes, int (n,)."""
        return torch.tensor([label for _, label in self._splits[split]])

    def read(self, split: str, places: list[int]) -> Tensor:
        """Read pictures of a split, uint8 (n, 3, side, side)."""
        return self._validation()[places] if split == "validation" else self._read(split, places)

    def inputs(self, split: str, places: list[int]) -> Tensor:
        """Return pictures of a split as a network sees them, float (n, 3, side, side)."""
        return self.view.normal(self.read(split, places))

    def _read_validation(self) -> Tensor:
        return self._read("validation", list(range(self.count("validation"))))

    def _read(self, split: str, places: list[int]) -> Tensor:
        squares = []
        for place in places:
            with Image.open(self._splits[split][place][0]) as picture:
                squares.append(self.view.square(picture))
        return torch.stack(squares)


def split_samples(folder: Path) -> dict[str, list[Sample]]:
    """Split the pictures below a folder: those that networks learned from train, the others validate and test.

    Raises TaskUnavailable when folders are missing, or when nothing is left to judge networks by.
    """
    try:
        parts = {part: torchvision().datasets.ImageFolder(folder / part).samples for part in ("train", "val")}
    except OSError as error:
        raise TaskUnavailable(
            text("The pictures are damaged."), text("Delete {folder} and fetch again.", folder=folder)
        ) from error
    samples = [(sample, _is_unseen(Path(sample[0]).name, part)) for part, found in parts.items() for sample in found]
    unseen = sorted((sample for sample, is_unseen in samples if is_unseen), key=lambda sample: Path(sample[0]).name)
    if len(unseen) < 2:
        raise TaskUnavailable(
            text("Networks have learned from all of these pictures, so that none is left to judge them by."),
            text("Delete {folder} and fetch again.", folder=folder),
        )
    order = torch.randperm(len(unseen), generator=torch.Generator().manual_seed(0)).tolist()
    shuffled = [unseen[place] for place in order]
    middle = min(SIZES["validation"], len(shuffled) // 2)
    return {
        "train": [sample for sample, is_unseen in samples if not is_unseen],
        "validation": shuffled[:middle],
        "test": shuffled[middle : middle + SIZES["test"]],
    }


def _is_unseen(name: str, part: str) -> bool:
    """Say whether no network learned from a picture, by its file's name and the part of Imagenette it lies in."""
    return name.startswith(UNSEEN) or (part == "val" and not LEARNED.match(name))
