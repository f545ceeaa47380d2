"""Pictures that are shifted: the same ones as they would be on a worse day, at five strengths.

Source: Hendrycks and Dietterich 2019, Benchmarking neural network robustness.
"""

import math
from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from core.language import text
from core.tasks.vision.augment import random_squares

Corruption = Callable[[Tensor, int, float], Tensor]
"""(pictures (n, 1, h, w), strength from 1 to 5, value of the ground) -> pictures of the same shape."""


def noise(images: Tensor, strength: int, ground: float) -> Tensor:
    """Add normal noise to each pixel: a tenth a step of the way from the ground to what is furthest from it."""
    drawn = torch.randn(images.shape, generator=_seeded())
    full_range = float((images - ground).abs().max())
    return images + 0.1 * strength * full_range * drawn


def blur(images: Tensor, strength: int, ground: float) -> Tensor:
    """Blur with a Gaussian of half a pixel a step."""
    from torchvision.transforms.v2 import functional as transforms  # a second, for those who shift

    reach = 2 * math.ceil(1.5 * strength) + 1
    return transforms.gaussian_blur(images - ground, [reach, reach], [0.5 * strength] * 2) + ground


def contrast(images: Tensor, strength: int, ground: float) -> Tensor:
    """Take away a sixth of the contrast a step, towards each picture's mean."""
    mean = images.mean((1, 2, 3), keepdim=True)
    return mean + (1 - strength / 6) * (images - mean)


def rotation(images: Tensor, strength: int, ground: float) -> Tensor:
    """Turn by 8 degrees a step, every second picture the other way."""
    from torchvision.transforms.v2 import functional as transforms

    turned = images.clone()
    for first, direction in ((0, -1), (1, 1)):
        part = images[first::2] - ground
        if len(part):
            angle = 8.0 * strength * direction
            turned[first::2] = transforms.rotate(part, angle, transforms.InterpolationMode.BILINEAR) + ground
    return turned


def shift(images: Tensor, strength: int, ground: float) -> Tensor:
    """Move one pixel a step to the side and down."""
    padded = F.pad(images, [strength, 0, strength, 0], value=ground)
    return padded[..., : images.shape[-2], : images.shape[-1]]


def occlusion(images: Tensor, strength: int, ground: float) -> Tensor:
    """Cover a square of 3 pixels a step at a random place of each picture."""
    covered = random_squares(images, _seeded(), 3 * strength)
    return images.masked_fill(covered[:, None], ground)


CORRUPTIONS: Mapping[str, Corruption] = {
    text("noise"): noise,
    text("blur"): blur,
    text("contrast"): contrast,
    text("rotation"): rotation,
    text("shift"): shift,
    text("occlusion"): occlusion,
}


def _seeded() -> torch.Generator:
    return torch.Generator().manual_seed(0)
