"""Data that is shifted: the same examples as they would be on a worse day, at five strengths."""

import math
import random
from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

STRENGTHS = (1, 2, 3, 4, 5)

Corruption = Callable[[Tensor, int, float], Tensor]
"""(pictures (n, 1, h, w), strength, what black is) -> pictures of the same shape."""


def noise(images: Tensor, strength: int, black: float) -> Tensor:
    """Add normal noise of 0.1 to 0.5 grey levels' full range to each pixel."""
    drawn = torch.randn(images.shape, generator=torch.Generator().manual_seed(0))
    return images + 0.1 * strength * _range(images, black) * drawn


def blur(images: Tensor, strength: int, black: float) -> Tensor:
    """Blur with a Gaussian of 0.5 to 2.5 pixels."""
    from torchvision.transforms.v2 import functional as pictures  # a second, for those who shift

    reach = 2 * math.ceil(1.5 * strength) + 1
    return pictures.gaussian_blur(images - black, [reach, reach], [0.5 * strength] * 2) + black


def contrast(images: Tensor, strength: int, black: float) -> Tensor:
    """Take away a sixth of the contrast a step, towards each picture's mean."""
    mean = images.mean((1, 2, 3), keepdim=True)
    return mean + (1 - strength / 6) * (images - mean)


def rotation(images: Tensor, strength: int, black: float) -> Tensor:
    """Turn by 8 degrees a step, every second picture the other way."""
    from torchvision.transforms.v2 import functional as pictures

    ways = [1 if i % 2 else -1 for i in range(2)]
    turned = images.clone()
    for place, way in enumerate(ways):
        part = images[place::2] - black
        if len(part):
            turned[place::2] = pictures.rotate(part, 8.0 * strength * way, pictures.InterpolationMode.BILINEAR) + black
    return turned


def shift(images: Tensor, strength: int, black: float) -> Tensor:
    """Move one pixel a step to the side and down."""
    padded = F.pad(images, [strength, 0, strength, 0], value=black)
    return padded[..., : images.shape[-2], : images.shape[-1]]


def occlusion(images: Tensor, strength: int, black: float) -> Tensor:
    """Cover a square of 3 pixels a step at a random place of each picture."""
    n, _, height, width = images.shape
    side, drawn = 3 * strength, torch.Generator().manual_seed(0)
    top = torch.randint(0, height - side + 1, (n, 1), generator=drawn)
    left = torch.randint(0, width - side + 1, (n, 1), generator=drawn)
    rows = (torch.arange(height) >= top) & (torch.arange(height) < top + side)
    columns = (torch.arange(width) >= left) & (torch.arange(width) < left + side)
    return images.masked_fill((rows[:, :, None] & columns[:, None, :])[:, None], black)


IMAGES: Mapping[str, Corruption] = {
    "noise": noise,
    "blur": blur,
    "contrast": contrast,
    "rotation": rotation,
    "shift": shift,
    "occlusion": occlusion,
}


def dropped(text: str, strength: int) -> str:
    """Leave out a tenth of the words a step."""
    draw = random.Random(text)
    return " ".join(word for word in text.split() if draw.random() >= 0.1 * strength) or text


def swapped(text: str, strength: int) -> str:
    """Let a tenth of the words a step change places with the next one."""
    draw, words = random.Random(text), text.split()
    for place in range(len(words) - 1):
        if draw.random() < 0.1 * strength:
            words[place], words[place + 1] = words[place + 1], words[place]
    return " ".join(words)


def misspelt(text: str, strength: int) -> str:
    """Let two neighbouring letters change places in a tenth of the longer words a step."""
    draw, words = random.Random(text), text.split()
    for place, word in enumerate(words):
        if len(word) > 3 and draw.random() < 0.1 * strength:
            at = draw.randrange(len(word) - 1)
            words[place] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return " ".join(words)


TEXTS: Mapping[str, Callable[[str, int], str]] = {
    "dropped words": dropped,
    "swapped words": swapped,
    "misspelt": misspelt,
}


def _range(images: Tensor, black: float) -> float:
    """How far white is from black."""
    return float(images.max() - black)
