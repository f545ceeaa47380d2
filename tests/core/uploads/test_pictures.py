"""Pictures from people: upright, whatever they come in; what is no picture ends in a sentence."""

import contextlib
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, features

from core.errors import BadInput
from core.uploads import read_picture
from tests.core.uploads.files import RAMP, encoded, iso_media, png, rgba, tiff

UPRIGHT = np.repeat(np.repeat(np.array([[10, 60, 110], [160, 200, 250]]), 16, 0), 16, 1).astype(np.uint8)  # (32, 48)
STORED = {
    # EXIF 2.32, orientation: which side of what one sees the first row and the first column of the file are
    1: UPRIGHT,
    2: UPRIGHT[:, ::-1],
    3: UPRIGHT[::-1, ::-1],
    4: UPRIGHT[::-1],
    5: UPRIGHT.T,
    6: np.rot90(UPRIGHT),
    7: UPRIGHT[::-1, ::-1].T,
    8: np.rot90(UPRIGHT, -1),
}


def exif(*entries):
    """EXIF by hand, with entries of (tag, type, count, four bytes or a number)."""
    told = b"".join(
        struct.pack("<HHI", tag, kind, count) + (value if isinstance(value, bytes) else struct.pack("<I", value))
        for tag, kind, count, value in entries
    )
    return b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + told + bytes(4)


def turned(orientation, kind, *entries):
    stored = Image.fromarray(np.ascontiguousarray(STORED[orientation]))
    choices = {"WEBP": {"lossless": True}, "JPEG": {"quality": 95}}.get(kind, {})
    return encoded(stored, kind, exif=exif((0x0112, 3, 1, orientation), *entries), **choices)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "MPO"])
@pytest.mark.parametrize("orientation", STORED)
def test_a_picture_is_upright(kind, orientation):
    found = np.asarray(read_picture(turned(orientation, kind)))[..., 0].astype(int)
    assert found.shape == UPRIGHT.shape
    assert np.abs(found[8::16, 8::16] - UPRIGHT[8::16, 8::16]).max() < 12


WRONG = {
    "a resolution in letters": (0x011A, 2, 4, b"abc\0"),
    "a resolution without values": (0x011A, 5, 0, 0),
    "a resolution out of reach": (0x011A, 5, 1, 2**31),
    "a maker of fractions": (0x010F, 12, 4000, 8),
    "more tags at a place in letters": (0x8769, 2, 4, b"abc\0"),
    "more tags at no place": (0x8769, 4, 1, 2**32 - 1),
    "more tags at themselves": (0x8769, 4, 1, 8),
    "a place on earth as a fraction": (0x8825, 11, 1, struct.pack("<f", 1.5)),
    "a type that does not exist": (0x0131, 99, 1, 0),
    "a number of bytes": (0x0100, 7, 4, b"\xff\xff\xff\xff"),
    "a thumbnail in letters": (0x0201, 2, 4, b"abc\0"),
    "strips in letters": (0x0111, 2, 4, b"abc\0"),
    "a rational of shorts": (0x829A, 3, 2, 7),
}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("what", WRONG)
def test_a_tag_of_a_wrong_type_costs_no_picture(kind, what):
    assert read_picture(turned(6, kind, WRONG[what])).size in ((48, 32), (32, 48))


def test_a_wrong_tag_beside_it_leaves_the_orientation_as_it_is():
    assert read_picture(turned(6, "JPEG", WRONG["a resolution in letters"])).size == (48, 32)


@pytest.mark.parametrize(
    "value", [(2, 4, b"six\0"), (3, 2, 77 + 6 * 65536), (3, 1, 77), (5, 1, 0), (12, 1, 9), (7, 4, 6)]
)
def test_an_orientation_that_is_none_leaves_the_picture_as_it_is(value):
    stored = Image.fromarray(UPRIGHT)
    assert read_picture(encoded(stored, "JPEG", exif=exif((0x0112, *value)))).size == (48, 32)


TIFF_WRONG = {272: (2, 2**30), 282: (2, 8), 34665: (2, 8), 34853: (2, 8), 700: (12, 2**20)}


@pytest.mark.parametrize("tag", TIFF_WRONG)
def test_a_tiff_with_a_tag_of_a_wrong_type_is_read(tag):
    content = tiff(RAMP.astype(np.uint8), 8, {274: 6, tag: 8})
    kind, count = TIFF_WRONG[tag]
    wrong = content.replace(struct.pack("<HHII", tag, 4, 1, 8), struct.pack("<HHII", tag, kind, count, 8))
    assert wrong != content
    found = np.asarray(read_picture(wrong))[..., 0]
    assert any(np.array_equal(found, expected) for expected in (RAMP, np.rot90(RAMP, -1)))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "MPO", "AVIF"])
def test_what_cameras_and_programs_write_is_read(kind):
    if kind == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
    grey = Image.fromarray(np.full((40, 60), 200, np.uint8)).convert("RGB")
    found = read_picture(encoded(grey, kind))
    assert (found.mode, found.size) == ("RGB", (60, 40))
    assert np.abs(np.asarray(found).astype(int) - 200).max() <= 3


def test_of_many_pictures_in_one_file_the_first_is_read():
    first, second = (Image.new("RGB", (30, 20), colour) for colour in ("red", "blue"))
    for kind in ("GIF", "TIFF", "WEBP", "PNG", "MPO"):
        found = read_picture(encoded(first, kind, save_all=True, append_images=[second]))
        red, _, blue = found.getpixel((10, 10))
        assert red > 240 and blue < 20, kind


@pytest.mark.parametrize(
    "content",
    [
        iso_media(b"heic", b"mif1", b"heic"),
        iso_media(b"heix"),
        iso_media(b"mif1", b"mif1", b"heic"),
        iso_media(b"msf1", b"hevc"),
        iso_media(b"mif1"),
    ],
)
def test_a_heic_picture_is_named_as_one(content):
    with pytest.raises(BadInput) as told:
        read_picture(content)
    assert "HEIC" in told.value.what and "JPEG" in told.value.what


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")
def test_an_avif_in_the_same_container_is_read():
    content = encoded(Image.new("RGB", (30, 20), "red"), "AVIF")
    assert content[8:12] == b"avif" and b"mif1" in content[16:32]
    assert read_picture(content[:8] + b"mif1" + content[12:]).size == (30, 20)


def gif(width, height):
    return (
        b"GIF89a"
        + struct.pack("<HH", width, height)
        + b"\0\0\0,\0\0\0\0"
        + struct.pack("<HH", width, height)
        + b"\0\x02\x02L\x01\0;"
    )


REFUSED = {
    "a GIF of nothing": (b"GIF89a" + bytes(50), "not a picture"),
    "a GIF of 0 by 0": (gif(0, 0), "not a picture"),
    "a GIF of 0 by 20": (gif(0, 20), "not a picture"),
    "a GIF that is too large": (gif(50_000, 50_000), "million pixels"),
    "a TIFF that is too large": (tiff(RAMP.astype(np.uint8), 8, {256: 30_000, 257: 30_000}), "million pixels"),
    "a TIFF that says it is far larger": (tiff(RAMP.astype(np.uint8), 8, {256: 2**31 - 1, 257: 2**31 - 1}), "pixels"),
    "a TIFF of tiles of a billion": (
        tiff(RAMP.astype(np.uint8), 8, {259: 5, 322: 2**16, 323: 2**16, 324: 8, 325: 256}),
        "damaged|million",
    ),
    "a TIFF with a long strip": (tiff(RAMP.astype(np.uint8), 8, {259: 5, 278: 2**31, 279: 2**31}), "damaged"),
    "a GIF of seven pixels": (gif(7, 20), "7 by 20"),
    "a web page": (b"<!doctype html><html></html>", "not a picture"),
    "a drawing": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a picture"),
    "a PDF": (b"%PDF-1.7\n", "not a picture"),
    "a film": (iso_media(b"qt  "), "not a picture"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_shown_is_a_sentence(what):
    content, says = REFUSED[what]
    with pytest.raises(BadInput, match=says):
        read_picture(content)


def photograph():
    waves = np.sin(np.arange(40 * 30 * 3).reshape(30, 40, 3) / 7) * 120 + 128
    return Image.fromarray(waves.astype(np.uint8))


READABLE = {
    "JPEG": encoded(photograph(), "JPEG", exif=exif((0x0112, 3, 1, 6), (0x011A, 5, 1, 8))),
    "progressive JPEG": encoded(photograph(), "JPEG", progressive=True),
    "PNG": encoded(photograph()),
    "PNG with a palette": encoded(photograph().quantize(9), transparency=0),
    "PNG of 16 bits": png(RAMP * 257, 16, 0),
    "WEBP": encoded(photograph(), "WEBP"),
    "lossless WEBP": encoded(rgba(), "WEBP", lossless=True),
    "BMP": encoded(photograph(), "BMP"),
    "GIF": encoded(photograph(), "GIF"),
    "TIFF": encoded(photograph(), "TIFF", compression="tiff_lzw"),
    "TIFF by hand": tiff(RAMP.astype(np.uint8), 8, {274: 6}),
    "MPO": encoded(photograph(), "MPO", save_all=True, append_images=[photograph()]),
    "AVIF": encoded(photograph(), "AVIF") if features.check("avif") else encoded(photograph()),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("what", READABLE)
@settings(max_examples=150)
@given(data=st.data())
def test_one_changed_byte_ends_in_a_picture_or_a_sentence(what, data):
    content = bytearray(READABLE[what])
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(BadInput):
        assert read_picture(bytes(content)).mode == "RGB"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("what", READABLE)
def test_a_picture_that_was_cut_off_ends_in_a_picture_or_a_sentence(what):
    for length in range(1, len(READABLE[what]), max(1, len(READABLE[what]) // 60)):
        with contextlib.suppress(BadInput):
            assert read_picture(READABLE[what][:length]).mode == "RGB"


@pytest.mark.parametrize("error", [TypeError, OverflowError, MemoryError, AttributeError, struct.error, zlib.error])
def test_whatever_pillow_fails_with_is_a_sentence(error, monkeypatch):
    def fail(*_):
        raise error("somewhere inside")

    monkeypatch.setattr(Image.Image, "thumbnail", fail)
    with pytest.raises(BadInput, match="damaged"):
        read_picture(READABLE["PNG"])
