"""Photographs that people bring, turned into what the networks know: 28 by 28, grey, light on black."""

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from core.tasks.records import PictureBytes
from core.tasks.vision.data import SIDE, Images, inverted, turned

INK = 0.2
"""Share of the brightest pixel's light above which a pixel belongs to a digit."""


def clothes_pixels(pictures: list[Image.Image]) -> Tensor:
    """Turn photographs into light clothes on black, uint8 (n, 1, 28, 28).

    A picture with a light edge is taken for clothes on a light ground and turned into its negative.
    """
    return _small([_light_on_black(picture) for picture in pictures])


def digit_pixels(pictures: list[Image.Image]) -> Tensor:
    """Turn photographs of handwritten digits into light digits on black that fill the picture, uint8 (n, 1, 28, 28)."""
    return _small([_filled(_light_on_black(picture)) for picture in pictures])


def _small(pictures: list[Image.Image]) -> Tensor:
    small = [np.asarray(ImageOps.pad(picture, (SIDE, SIDE), color=0)) for picture in pictures]
    return Images.from_bytes(np.stack(small), np.zeros(len(small))).pixels


def normal(pixels: Tensor) -> Tensor:
    """Scale bytes as networks see them, float (n, 1, 28, 28)."""
    return Images(pixels, torch.zeros(len(pixels))).inputs()


AS_CLOTHES = PictureBytes(clothes_pixels, normal)

AS_LIGHT_CLOTHES = PictureBytes(clothes_pixels, lambda pixels: inverted(normal(pixels)))
"""Dark clothes on white."""

AS_TURNED_CLOTHES = PictureBytes(
    clothes_pixels, lambda pixels: turned(normal(pixels)).contiguous(memory_format=torch.channels_last)
)
"""Upright clothes, laid on their side."""

AS_DIGITS = PictureBytes(digit_pixels, normal)


def _light_on_black(picture: Image.Image) -> Image.Image:
    grey = picture.convert("L")
    return ImageOps.autocontrast(ImageOps.invert(grey) if _has_light_edge(np.asarray(grey)) else grey)


def _filled(picture: Image.Image) -> Image.Image:
    """Cut away what is dark around a digit."""
    pixels = np.asarray(picture)
    rows, columns = np.nonzero(pixels > INK * pixels.max())
    if not len(rows):
        return picture
    return picture.crop((int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1))


def _has_light_edge(pixels: np.ndarray) -> bool:
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    return bool(np.median(edge) > 127)
