"""Photographs of clothes that people bring, turned into what the networks know."""

import numpy as np
from PIL import Image, ImageOps
from torch import Tensor

from core.tasks.vision.data import SIDE, Images


def as_clothes(pictures: list[Image.Image]) -> Tensor:
    """Turn photographs into what the networks know: 28 by 28, grey, light clothes on black, (n, 1, 28, 28).

    A picture with a light edge is taken for clothes on a light ground and turned into its negative.
    """
    small = []
    for picture in pictures:
        grey = picture.convert("L")
        dark = ImageOps.invert(grey) if _has_light_edge(np.asarray(grey)) else grey
        small.append(np.asarray(ImageOps.pad(ImageOps.autocontrast(dark), (SIDE, SIDE), color=0)))
    return Images.from_bytes(np.stack(small), np.zeros(len(small))).inputs()


def _has_light_edge(pixels: np.ndarray) -> bool:
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    return bool(np.median(edge) > 127)
