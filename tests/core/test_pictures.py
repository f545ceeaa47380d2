"""Pictures from people: upright, scaled, on white, whatever they come in; what is no picture ends in a sentence."""

import contextlib
import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, features

from core.errors import BadInput
from core.uploads import readers

SIDE = 16
DARK = 34  # a multiple of 17, so that pictures of 4 bits hold it too


def packed(picture, kind="PNG", **choices):
    file = io.BytesIO()
    picture.save(file, kind, **choices)
    return file.getvalue()


def png(pixels, bits, colour, clear=None, palette=None):
    """A PNG by hand: pixels (h, w) or (h, w, n), `bits` of each number, the file's own kind of colour and its tRNS."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    def row_of(numbers):
        written = "".join(format(int(each), f"0{bits}b") for each in numbers.reshape(-1))
        written += "0" * (-len(written) % 8)
        return b"\0" + int(written, 2).to_bytes(len(written) // 8, "big")

    height, width = pixels.shape[:2]
    chunks = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    chunks += chunk(b"PLTE", palette) if palette else b""
    chunks += chunk(b"tRNS", clear) if clear else b""
    chunks += chunk(b"IDAT", zlib.compress(b"".join(row_of(row) for row in pixels)))
    return b"\x89PNG\r\n\x1a\n" + chunks + chunk(b"IEND", b"")


def halves(left, right):
    """Numbers (SIDE, SIDE), or (SIDE, SIDE, n): one on the left, another on the right."""
    pixels = np.zeros((SIDE, SIDE, *np.shape(left)), int)
    pixels[:, : SIDE // 2], pixels[:, SIDE // 2 :] = left, right
    return pixels


def rgba(left=(DARK, DARK, DARK, 255), right=(0, 0, 0, 0)):
    return Image.fromarray(halves(left, right).astype(np.uint8))


def bmp(pixels):
    """A BMP by hand, with a header that knows of alpha: pixels (h, w, 4) as blue, green, red, alpha."""
    data = pixels.astype(np.uint8).tobytes()
    head = struct.pack("<IiiHHIIiiII", 108, SIDE, -SIDE, 1, 32, 3, len(data), 0, 0, 0, 0)
    masks = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000) + b"BGRs" + bytes(48)
    return b"BM" + struct.pack("<IHHI", 122 + len(data), 0, 0, 122) + head + masks + data


def two_bytes(*numbers):
    return struct.pack(f">{len(numbers)}H", *numbers)


GREYS = bytes(each for grey in range(256) for each in (grey, grey, grey))

CUT_OUT = {
    # what is dark and opaque on the left, and on the right transparent, with black below
    "RGBA": packed(rgba()),
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
    "PA": packed(rgba().convert("PA"), "TIFF"),
    "RGBA in TIFF": packed(rgba(), "TIFF"),
    "RGBA in BMP": bmp(halves([DARK, DARK, DARK, 255], [0] * 4)),
    "GIF": packed(rgba(), "GIF"),
    "GIF of greys": packed(Image.fromarray(halves(DARK, 0).astype(np.uint8)), "GIF", transparency=0),
    "WebP": packed(rgba(), "WEBP", lossless=True),
    "AVIF": packed(rgba(), "AVIF", quality=100) if features.check("avif") else packed(rgba()),
}


@pytest.mark.parametrize("what", CUT_OUT)
def test_what_is_transparent_lies_on_white(what):
    found = readers.read_picture(CUT_OUT[what])
    assert (found.mode, found.size) == ("RGB", (SIDE, SIDE))
    pixels = np.asarray(found).astype(int)
    dark = 0 if "of 1 bit" in what or "L of 2 bits" in what else DARK
    assert np.abs(pixels[:, : SIDE // 2 - 1] - dark).max() <= 2
    assert pixels[:, SIDE // 2 + 1 :].min() >= 253


def test_what_is_half_transparent_is_half_white():
    found = np.asarray(readers.read_picture(packed(rgba((200, 100, 0, 128), (0, 0, 0, 64))))).astype(int)
    for place, colour, alpha in ((0, (200, 100, 0), 128), (-1, (0, 0, 0), 64)):
        blended = [each * alpha / 255 + 255 * (1 - alpha / 255) for each in colour]
        assert np.abs(found[0, place] - blended).max() <= 1


def test_a_large_cut_out_has_no_dark_seam():
    clothes = np.full((800, 800, 4), 255, np.uint8)
    clothes[:, 400:] = 0  # black, and not there
    found = np.asarray(readers.read_picture(packed(Image.fromarray(clothes))))
    assert found.shape == (256, 256, 3)
    assert found.min() == 255


def test_a_grey_that_is_not_transparent_stays():
    # 1 is transparent of the numbers 0 to 15; Pillow gives it as 17, and 1 of the numbers 0 to 255 is another grey
    found = np.asarray(readers.read_picture(png(halves(15, 0), 4, 0, two_bytes(1))))
    assert (int(found[0, 0, 0]), int(found[0, -1, 0])) == (255, 0)


RAMP = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)  # every grey of a byte once


def tiff(pixels, bits, tags=(), order="<", kind=1):
    """A TIFF by hand, one strip, not packed; kind: 1 for whole numbers, 2 with a sign, 3 for fractions."""
    data = pixels.tobytes()
    told = {256: SIDE, 257: SIDE, 258: bits, 259: 1, 262: 1, 273: 8, 277: 1, 278: SIDE, 279: len(data), 339: kind}
    told.update(tags)
    entries = b"".join(struct.pack(f"{order}HHII", tag, 4, 1, value) for tag, value in sorted(told.items()))
    magic = b"II*\0" if order == "<" else b"MM\0*"
    tail = struct.pack(f"{order}H", len(told)) + entries + bytes(4)
    return magic + struct.pack(f"{order}I", 8 + len(data)) + data + tail


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
    found = np.asarray(readers.read_picture(WIDE[what])).astype(int)
    assert np.abs(found - RAMP[..., None]).max() <= 1


def test_a_dark_picture_of_sixteen_bits_stays_dark():
    found = np.asarray(readers.read_picture(png(np.full((SIDE, SIDE), 255), 16, 0)))
    assert found.max() == 1


def test_numbers_that_are_none_are_no_crash():
    values = RAMP.astype("<f4")
    values[0, 0], values[0, 1], values[0, 2] = np.nan, np.inf, -np.inf
    assert readers.read_picture(tiff(values, 32, kind=3)).mode == "RGB"


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
    return packed(stored, kind, exif=exif((0x0112, 3, 1, orientation), *entries), **choices)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "MPO"])
@pytest.mark.parametrize("orientation", STORED)
def test_a_picture_is_upright(kind, orientation):
    found = np.asarray(readers.read_picture(turned(orientation, kind)))[..., 0].astype(int)
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
    assert readers.read_picture(turned(6, kind, WRONG[what])).size in ((48, 32), (32, 48))


def test_a_wrong_tag_beside_it_leaves_the_orientation_as_it_is():
    assert readers.read_picture(turned(6, "JPEG", WRONG["a resolution in letters"])).size == (48, 32)


@pytest.mark.parametrize(
    "value", [(2, 4, b"six\0"), (3, 2, 77 + 6 * 65536), (3, 1, 77), (5, 1, 0), (12, 1, 9), (7, 4, 6)]
)
def test_an_orientation_that_is_none_leaves_the_picture_as_it_is(value):
    stored = Image.fromarray(UPRIGHT)
    assert readers.read_picture(packed(stored, "JPEG", exif=exif((0x0112, *value)))).size == (48, 32)


TIFF_WRONG = {272: (2, 2**30), 282: (2, 8), 34665: (2, 8), 34853: (2, 8), 700: (12, 2**20)}


@pytest.mark.parametrize("tag", TIFF_WRONG)
def test_a_tiff_with_a_tag_of_a_wrong_type_is_read(tag):
    content = tiff(RAMP.astype(np.uint8), 8, {274: 6, tag: 8})
    kind, count = TIFF_WRONG[tag]
    wrong = content.replace(struct.pack("<HHII", tag, 4, 1, 8), struct.pack("<HHII", tag, kind, count, 8))
    assert wrong != content
    found = np.asarray(readers.read_picture(wrong))[..., 0]
    assert any(np.array_equal(found, expected) for expected in (RAMP, np.rot90(RAMP, -1)))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "MPO", "AVIF"])
def test_what_cameras_and_programs_write_is_read(kind):
    if kind == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
    grey = Image.fromarray(np.full((40, 60), 200, np.uint8)).convert("RGB")
    found = readers.read_picture(packed(grey, kind))
    assert (found.mode, found.size) == ("RGB", (60, 40))
    assert np.abs(np.asarray(found).astype(int) - 200).max() <= 3


def test_of_many_pictures_in_one_file_the_first_is_read():
    first, second = (Image.new("RGB", (30, 20), colour) for colour in ("red", "blue"))
    for kind in ("GIF", "TIFF", "WEBP", "PNG", "MPO"):
        found = readers.read_picture(packed(first, kind, save_all=True, append_images=[second]))
        red, _, blue = found.getpixel((10, 10))
        assert red > 240 and blue < 20, kind


def box(major, *others):
    brands = b"".join((major, bytes(4), *others))
    return struct.pack(">I", 8 + len(brands)) + b"ftyp" + brands + b"\0\0\0\x08mdat" + bytes(200)


@pytest.mark.parametrize(
    "content",
    [box(b"heic", b"mif1", b"heic"), box(b"heix"), box(b"mif1", b"mif1", b"heic"), box(b"msf1", b"hevc"), box(b"mif1")],
)
def test_a_heic_picture_is_named_as_one(content):
    with pytest.raises(BadInput) as told:
        readers.read_picture(content)
    assert "HEIC" in told.value.what and "JPEG" in told.value.what


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")
def test_an_avif_in_the_same_container_is_read():
    content = packed(Image.new("RGB", (30, 20), "red"), "AVIF")
    assert content[8:12] == b"avif" and b"mif1" in content[16:32]
    assert readers.read_picture(content[:8] + b"mif1" + content[12:]).size == (30, 20)


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
    "a film": (box(b"qt  "), "not a picture"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_shown_is_a_sentence(what):
    content, says = REFUSED[what]
    with pytest.raises(BadInput, match=says):
        readers.read_picture(content)


def photograph():
    waves = np.sin(np.arange(40 * 30 * 3).reshape(30, 40, 3) / 7) * 120 + 128
    return Image.fromarray(waves.astype(np.uint8))


GOOD = {
    "JPEG": packed(photograph(), "JPEG", exif=exif((0x0112, 3, 1, 6), (0x011A, 5, 1, 8))),
    "progressive JPEG": packed(photograph(), "JPEG", progressive=True),
    "PNG": packed(photograph()),
    "PNG with a palette": packed(photograph().quantize(9), transparency=0),
    "PNG of 16 bits": WIDE["PNG"],
    "WEBP": packed(photograph(), "WEBP"),
    "lossless WEBP": packed(rgba(), "WEBP", lossless=True),
    "BMP": packed(photograph(), "BMP"),
    "GIF": packed(photograph(), "GIF"),
    "TIFF": packed(photograph(), "TIFF", compression="tiff_lzw"),
    "TIFF by hand": tiff(RAMP.astype(np.uint8), 8, {274: 6}),
    "MPO": packed(photograph(), "MPO", save_all=True, append_images=[photograph()]),
    "AVIF": packed(photograph(), "AVIF") if features.check("avif") else packed(photograph()),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("what", GOOD)
@settings(max_examples=150)
@given(data=st.data())
def test_one_changed_byte_ends_in_a_picture_or_a_sentence(what, data):
    content = bytearray(GOOD[what])
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(BadInput):
        assert readers.read_picture(bytes(content)).mode == "RGB"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("what", GOOD)
def test_a_picture_that_was_cut_off_ends_in_a_picture_or_a_sentence(what):
    for length in range(1, len(GOOD[what]), max(1, len(GOOD[what]) // 60)):
        with contextlib.suppress(BadInput):
            assert readers.read_picture(GOOD[what][:length]).mode == "RGB"


@pytest.mark.parametrize("error", [TypeError, OverflowError, MemoryError, AttributeError, struct.error, zlib.error])
def test_whatever_pillow_fails_with_is_a_sentence(error, monkeypatch):
    def fail(*_):
        raise error("somewhere inside")

    monkeypatch.setattr(Image.Image, "thumbnail", fail)
    with pytest.raises(BadInput, match="damaged"):
        readers.read_picture(GOOD["PNG"])
