"""Ways to vary pictures for training: mirrored, moved, partly hidden.

Written for whole batches: torchvision's transforms draw one choice a call, so a batch would be varied all alike, and
picture by picture they take many times as long (`tests.bench tune`).
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from core.tasks.vision.data import BLACK

AUGMENTATIONS = ("flip", "shift", "nudge", "erase")

PATCH = 8
"""Pixels of a side of the square that "erase" hides."""


def vary(inputs: Tensor, generator: torch.Generator, augment: tuple[str, ...], ground: float = BLACK) -> Tensor:
    """Vary each normalised picture (n, 1, h, w) at random; return as many of the same size.

    augment: some of AUGMENTATIONS; "shift" moves by up to two pixels, "nudge" by up to one.
    ground: value of what comes in from outside and of what hides.
    """
    varied = inputs
    if "flip" in augment:
        varied = flip(varied, generator)
    reach = 2 if "shift" in augment else 1 if "nudge" in augment else 0
    if reach:
        varied = move(varied, generator, reach, ground)
    if "erase" in augment:
        varied = erase(varied, generator, ground)
    return varied


def flip(inputs: Tensor, generator: torch.Generator) -> Tensor:
    """Mirror about every second picture (n, c, h, w), left for right."""
    flipped = torch.rand(len(inputs), generator=generator) < 0.5
    return torch.where(flipped[:, None, None, None], inputs.flip(-1), inputs)


def move(inputs: Tensor, generator: torch.Generator, reach: int, ground: float = BLACK) -> Tensor:
    """Move each picture (n, 1, h, w) by up to `reach` pixels in both directions; ground comes in."""
    n, _, height, width = inputs.shape
    padded = F.pad(inputs[:, 0], [reach] * 4, value=ground)  # (n, h + 2 reach, w + 2 reach)
    across = torch.randint(0, 2 * reach + 1, (n, 1), generator=generator)
    down = torch.randint(0, 2 * reach + 1, (n, 1), generator=generator)
    rows, columns = torch.arange(height) + down, torch.arange(width) + across
    # (n, 1, 1), (n, h, 1) and (n, 1, w) together pick (n, h, w)
    return padded[torch.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]].unsqueeze(1)


def erase(inputs: Tensor, generator: torch.Generator, ground: float = BLACK) -> Tensor:
    """Hide a square at a random place of about every second picture (n, 1, h, w)."""
    hit = torch.rand(len(inputs), generator=generator) < 0.5
    hidden = hit[:, None, None] & random_squares(inputs, generator, PATCH)
    return inputs.masked_fill(hidden[:, None], ground)


def random_squares(inputs: Tensor, generator: torch.Generator, side: int) -> Tensor:
    """Draw the place of a square in each picture (n, c, h, w); return which pixels it covers, bool (n, h, w)."""
    n, _, height, width = inputs.shape
    top = torch.randint(0, height - side + 1, (n, 1), generator=generator)
    left = torch.randint(0, width - side + 1, (n, 1), generator=generator)
    rows = (torch.arange(height) >= top) & (torch.arange(height) < top + side)
    columns = (torch.arange(width) >= left) & (torch.arange(width) < left + side)
    return rows[:, :, None] & columns[:, None, :]
