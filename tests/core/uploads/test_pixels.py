"""Pictures of every depth come out scaled, and on white where they are transparent."""

import struct

import numpy as np
import pytest
from PIL import Image, features

from core.uploads import read_picture
from tests.core.uploads.files import DARK, RAMP, SIDE, encoded, halves, png, rgba, tiff, two_bytes


def bmp(pixels):
    """A BMP by hand, with a header that knows of alpha: pixels (h, w, 4) as blue, green, red, alpha."""
    data = pixels.astype(np.uint8).tobytes()
    head = struct.pack("<IiiHHIIiiII", 108, SIDE, -SIDE, 1, 32, 3, len(data), 0, 0, 0, 0)
    masks = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000) + b"BGRs" + bytes(48)
    return b"BM" + struct.pack("<IHHI", 122 + len(data), 0, 0, 122) + head + masks + data


GREYS = bytes(each for grey in range(256) for each in (grey, grey, grey))
CUT_OUT = {
    # what is dark and opaque on the left, and on the right transparent, with black below
    "RGBA": encoded(rgba()),
    "RGBA of 16 bits": png(halves([DARK * 257] * 3 + [65535], [0] * 4), 16, 6),
    "LA": png(halves([DARK, 255], [0, 0]), 8, 4),
    "LA of 16 bits": png(halves([DARK * 257, 65535], [0, 0]), 16, 4),
    "L, one grey": png(halves(DARK, 0), 8, 0, two_bytes(0)),
    "L of 1 bit, one grey": png(halves(0, 1), 1, 0, two_bytes(1)),
    "L of 2 bits, one grey": png(halves(0, 2), 2, 0, two_bytes(2)),
    "L of 4 bits, one grey": png(halves(2, 1), 4, 0, two_bytes(1)),
    "L of 16 bits, one grey": png(halves(DARK * 257, 1), 16, 0, two_bytes(1)),
    "RGB, one colour": png(halves([DARK] * 3, [1, 2, 3]), 8, 2, two_bytes(1, 2, 3)),
    "RGB of 16 bits, one colour": png(halves([DARK * 257] * 3, [300, 600, 900]), 16, 2, two_bytes(300, 600, 900)),
    "P, one place": png(halves(DARK, 1), 8, 3, bytes([255, 0]), GREYS),
    "P, many places": png(halves(DARK, 1), 8, 3, bytes([9, 0, 9]), GREYS),
    "P of 2 bits": png(halves(1, 0), 2, 3, bytes([0]), bytes([0] * 3 + [DARK] * 3)),
    "PA": encoded(rgba().convert("PA"), "TIFF"),
    "RGBA in TIFF": encoded(rgba(), "TIFF"),
    "RGBA in BMP": bmp(halves([DARK, DARK, DARK, 255], [0] * 4)),
    "GIF": encoded(rgba(), "GIF"),
    "GIF of greys": encoded(Image.fromarray(halves(DARK, 0).astype(np.uint8)), "GIF", transparency=0),
    "WebP": encoded(rgba(), "WEBP", lossless=True),
    "AVIF": encoded(rgba(), "AVIF", quality=100) if features.check("avif") else encoded(rgba()),
}


@pytest.mark.parametrize("what", CUT_OUT)
def test_what_is_transparent_lies_on_white(what):
    found = read_picture(CUT_OUT[what])
    assert (found.mode, found.size) == ("RGB", (SIDE, SIDE))
    pixels = np.asarray(found).astype(int)
    dark = 0 if "of 1 bit" in what or "L of 2 bits" in what else DARK
    assert np.abs(pixels[:, : SIDE // 2 - 1] - dark).max() <= 2
    assert pixels[:, SIDE // 2 + 1 :].min() >= 253


def test_what_is_half_transparent_is_half_white():
    found = np.asarray(read_picture(encoded(rgba((200, 100, 0, 128), (0, 0, 0, 64))))).astype(int)
    for place, colour, alpha in ((0, (200, 100, 0), 128), (-1, (0, 0, 0), 64)):
        blended = [each * alpha / 255 + 255 * (1 - alpha / 255) for each in colour]
        assert np.abs(found[0, place] - blended).max() <= 1


def test_a_large_cut_out_has_no_dark_seam():
    clothes = np.full((800, 800, 4), 255, np.uint8)
    clothes[:, 400:] = 0  # black, and not there
    found = np.asarray(read_picture(encoded(Image.fromarray(clothes))))
    assert found.shape == (256, 256, 3)
    assert found.min() == 255


def test_a_grey_that_is_not_transparent_stays():
    # 1 is transparent of the numbers 0 to 15; Pillow gives it as 17, and 1 of the numbers 0 to 255 is another grey
    found = np.asarray(read_picture(png(halves(15, 0), 4, 0, two_bytes(1))))
    assert (int(found[0, 0, 0]), int(found[0, -1, 0])) == (255, 0)


WIDE = {
    "PNG": png(RAMP * 257, 16, 0),
    "TIFF": tiff((RAMP * 257).astype("<u2"), 16),
    "TIFF, the other way round": tiff((RAMP * 257).astype(">u2"), 16, order=">"),
    "TIFF, white is zero": tiff((65535 - RAMP * 257).astype("<u2"), 16, {262: 0}),
    "TIFF with a sign": tiff((RAMP * 257).astype("<i4"), 32, kind=2),
    "TIFF of 32 bits": tiff((RAMP * 257).astype("<i4"), 32, kind=2),
    "TIFF of 32 bits, the values of a byte": tiff(RAMP.astype("<i4"), 32, kind=2),
    "TIFF of fractions, the values of two bytes": tiff((RAMP * 257).astype("<f4"), 32, kind=3),
    "TIFF of fractions, the values of a byte": tiff(RAMP.astype("<f4"), 32, kind=3),
    "TIFF of fractions up to 1": tiff((RAMP / 255).astype("<f4"), 32, kind=3),
    "TIFF far above two bytes": tiff((RAMP * 1_000_000).astype("<f4"), 32, kind=3),
}


@pytest.mark.parametrize("what", WIDE)
def test_more_than_eight_bits_are_scaled_not_clipped(what):
    found = np.asarray(read_picture(WIDE[what])).astype(int)
    assert np.abs(found - RAMP[..., None]).max() <= 1


def test_a_dark_picture_of_sixteen_bits_stays_dark():
    found = np.asarray(read_picture(png(np.full((SIDE, SIDE), 255), 16, 0)))
    assert found.max() == 1


def test_numbers_that_are_none_are_no_crash():
    values = RAMP.astype("<f4")
    values[0, 0], values[0, 1], values[0, 2] = np.nan, np.inf, -np.inf
    assert read_picture(tiff(values, 32, kind=3)).mode == "RGB"
