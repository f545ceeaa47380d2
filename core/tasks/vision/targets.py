"""What the networks for clothes can learn besides: handwritten digits, and the same clothes seen otherwise."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from core.language import text
from core.tasks.adapting import choose_examples
from core.tasks.assets import Assets
from core.tasks.targets import Target
from core.tasks.vision.data import CLOTHES_DATA, SOURCE, Images, Splits, inverted, read_images, split_file, turned
from core.tasks.vision.kinds import CLOTHES, DIGITS, LIGHT_CLOTHES, TURNED_CLOTHES, PictureKind

DIGITS_DATA = "digits"
"""The manifest's name of the digits."""

DIGITS_SOURCE = text("Optical recognition of handwritten digits (Alpaydin and Kaynak 1998, UCI, CC BY 4.0)")


@dataclass(frozen=True)
class PictureTarget:
    """Hold one target.

    kind: what its pictures are; data: the manifest's name of what it is made of.
    change: pictures (n, 1, 28, 28), as bytes or normalised -> the same otherwise, None for as they are.
    """

    target: Target
    kind: PictureKind
    data: str = CLOTHES_DATA
    change: Callable[[Tensor], Tensor] | None = None

    @property
    def fresh_classes(self) -> int | None:
        """How many outputs a fresh head needs; None where the classes are those of the clothes, so that theirs fits."""
        return None if self.kind.classes == CLOTHES.classes else len(self.kind.classes)


TARGETS: Mapping[str, PictureTarget] = {
    each.target.name: each
    for each in (
        PictureTarget(
            Target(
                "digits",
                text("Handwritten digits"),
                text(
                    "1,797 pictures of the digits 0 to 9. They have little in common with clothes, so see whether "
                    "anything is gained by what was learned before."
                ),
                DIGITS_SOURCE,
            ),
            DIGITS,
            DIGITS_DATA,
        ),
        PictureTarget(
            Target(
                "light",
                text("Clothes on a light ground"),
                text(
                    "The same clothes with dark and light exchanged, as another shop would show them. The classes "
                    "stay, and so does the last layer."
                ),
                SOURCE,
            ),
            LIGHT_CLOTHES,
            change=inverted,
        ),
        PictureTarget(
            Target(
                "turned",
                text("Clothes lying on their side"),
                text("The same clothes turned by a quarter. The classes stay, and so does the last layer."),
                SOURCE,
            ),
            TURNED_CLOTHES,
            change=turned,
        ),
    )
}
"""Name -> target, the most different first. Each network for clothes can learn each of them."""


def target_images(assets: Assets, name: str, examples: int | None, seed: int) -> tuple[Splits, dict[str, int]]:
    """Return a target's pictures, and how many each split holds; of training pictures those that may be seen.

    Raises BadInput for more than there are, TaskUnavailable when a file is damaged.
    """
    target = TARGETS[name]
    learned_from = read_images(assets, "train", target.data)
    places = choose_examples(learned_from.labels, examples, seed)
    counts = {**assets.manifest["data"][target.data]["splits"], "train": len(places)}

    @functools.cache
    def train() -> Images:
        chosen = Images(learned_from.pixels[places], learned_from.labels[places])
        return chosen if target.change is None else _changed(chosen, target.change)

    def images(split: str) -> Images:
        return (
            train()
            if split == "train"
            else _held_back(assets, name, split, assets.digest(split_file(target.data, split)))
        )

    return images, counts


@functools.lru_cache(maxsize=6)
def _held_back(assets: Assets, name: str, split: str, digest: str) -> Images:
    """Return the pictures that nobody learns from, which all networks share; `digest` belongs to the key."""
    target = TARGETS[name]
    images = read_images(assets, split, target.data)
    return images if target.change is None else _changed(images, target.change)


def _changed(images: Images, change: Callable[[Tensor], Tensor]) -> Images:
    pixels = change(images.pixels)
    return Images(pixels.contiguous(memory_format=torch.channels_last), images.labels)
