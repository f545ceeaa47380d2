"""Pixels of every depth and mode, brought to eight bits with what is transparent in an alpha channel."""

import re
from collections.abc import Callable, Mapping

import numpy as np
from PIL import Image

from core.uploads.limits import PIXELS_AT_A_TIME

BITS_TAG, PHOTOMETRIC_TAG = 0x0102, 0x0106
"""Tags of TIFF: the bits of each number, and what 0 stands for."""

PNG_BITS = re.compile(rb"\x89PNG\r\n\x1a\n....IHDR.{8}(.)", re.DOTALL)
"""The beginning of a PNG, up to how many bits each of its numbers has."""

IN_EIGHT_BITS: Mapping[int, Callable[[int], int]] = {
    1: lambda value: 255 if value else 0,
    2: lambda value: value * 85,
    4: lambda value: value * 17,
    8: lambda value: value,
    16: lambda value: value >> 8,
}
"""Bits of a number in a file -> its value as Pillow gives it."""


def in_eight_bits(picture: Image.Image, content: bytes) -> Image.Image:
    """Return a decoded picture as L, LA, RGB or RGBA, with what is transparent in its alpha.

    content: the file that it was decoded from.
    """
    mode, transparent = picture.mode, picture.info.get("transparency")
    if mode in ("I", "F") or mode.startswith("I;16"):
        return _from_deep_grey(picture, transparent)
    if mode in ("P", "PA"):
        return picture.convert("RGBA")
    if mode == "1":
        picture, mode = picture.convert("L"), "L"
    if mode not in ("L", "LA", "RGB", "RGBA"):
        return picture.convert("RGBA" if mode == "RGBa" else "RGB")
    if transparent is not None and mode in ("L", "RGB"):
        if found := PNG_BITS.match(content):  # a PNG says it in its own bits, and Pillow gives the pixels in 8
            scaled = IN_EIGHT_BITS[found[1][0]]
            transparent = tuple(map(scaled, transparent)) if mode == "RGB" else scaled(transparent)
        picture.info["transparency"] = transparent
        return picture.convert("RGBA")
    return picture


def _from_deep_grey(picture: Image.Image, transparent: object) -> Image.Image:
    """Bring greys of more than 8 bits down to 8, scaled, not clipped; `transparent` is the grey that is not seen."""
    pixels = np.asarray(picture)  # (h, w)
    white, inverted = _grey_scale(picture, pixels)
    grey = np.empty(pixels.shape, np.uint8)
    for begin in range(0, pixels.size, PIXELS_AT_A_TIME):
        some = np.nan_to_num(pixels.reshape(-1)[begin : begin + PIXELS_AT_A_TIME].astype(np.float32))
        shares = (some / white).clip(0, 1)
        grey.reshape(-1)[begin : begin + PIXELS_AT_A_TIME] = (255 * (1 - shares if inverted else shares)).round()
    found = Image.fromarray(grey)
    if isinstance(transparent, int):
        found.putalpha(Image.fromarray(np.where(pixels == transparent, 0, 255).astype(np.uint8)))
    return found


def _grey_scale(picture: Image.Image, pixels: np.ndarray) -> tuple[float, bool]:
    """Return the value at the end of the scale of a picture's greys, and whether that end is black."""
    if picture.mode.startswith("I;16"):
        tags = getattr(picture, "tag_v2", {})
        bits = tags.get(BITS_TAG, (16,))  # cameras for science write 12 of them
        white = 2.0 ** (bits[0] if isinstance(bits, tuple) else bits) - 1
        return white, tags.get(PHOTOMETRIC_TAG) == 0  # then 0 is white, and Pillow leaves it so
    # a scale that no file names: that of a byte, of two bytes, or up to whatever is brightest
    brightest = float(pixels.max(where=np.isfinite(pixels), initial=0))
    if picture.mode == "F" and 0 < brightest <= 1:
        return 1.0, False
    return (255.0 if brightest <= 255 else max(brightest, 65535.0)), False
