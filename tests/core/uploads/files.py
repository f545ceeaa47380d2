"""Files made by hand, good and bad, for tests of what people bring."""

import io
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import torch
from PIL import Image


def torch_file(value):
    packed = io.BytesIO()
    torch.save(value, packed)
    return packed.getvalue()


def zipped(files, method=zipfile.ZIP_DEFLATED):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def picture(size=(28, 28), kind="PNG"):
    packed = io.BytesIO()
    pixels = np.arange(size[0] * size[1], dtype=np.uint32).astype(np.uint8).reshape(size[::-1])
    Image.fromarray(pixels).save(packed, kind)
    return packed.getvalue()


def huge_png(width, height):
    """A PNG that says it has so many pixels and holds next to none."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 10)) + chunk(b"IEND", b"")


class Payload:
    """What a pickle of a stranger would do."""

    def __init__(self, file):
        self.file = file

    def __reduce__(self):
        return (Path.touch, (Path(self.file),))


SIDE = 16
DARK = 34  # a multiple of 17, so that pictures of 4 bits hold it too
RAMP = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)  # every grey of a byte once


def encoded(picture, kind="PNG", **choices):
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


def two_bytes(*numbers):
    return struct.pack(f">{len(numbers)}H", *numbers)


def tiff(pixels, bits, tags=(), order="<", kind=1):
    """A TIFF by hand, one strip, not packed; kind: 1 for whole numbers, 2 with a sign, 3 for fractions."""
    data = pixels.tobytes()
    told = {256: SIDE, 257: SIDE, 258: bits, 259: 1, 262: 1, 273: 8, 277: 1, 278: SIDE, 279: len(data), 339: kind}
    told.update(tags)
    entries = b"".join(struct.pack(f"{order}HHII", tag, 4, 1, value) for tag, value in sorted(told.items()))
    magic = b"II*\0" if order == "<" else b"MM\0*"
    tail = struct.pack(f"{order}H", len(told)) + entries + bytes(4)
    return magic + struct.pack(f"{order}I", 8 + len(data)) + data + tail


def iso_media(major, *others):
    brands = b"".join((major, bytes(4), *others))
    return struct.pack(">I", 8 + len(brands)) + b"ftyp" + brands + b"\0\0\0\x08mdat" + bytes(200)


def left(read):
    return {each.what: each.why for each in read.left_out}
