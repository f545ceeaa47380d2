"""Files from people, hostile until proven otherwise: looked at from outside first, bounded, and never executed.

Every function takes bytes and returns plain tensors and texts; nothing is written to disk.
"""

import bz2
import codecs
import contextlib
import copy
import csv
import functools
import io
import itertools
import json
import lzma
import re
import struct
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from torch import Tensor

from core.errors import BadInput

LARGEST = 50 * 2**20
"""Bytes of any file but one of weights; the server takes no more either."""

HEADER = 2**20
"""Bytes of a safetensors header or of the description in a torch file; a network of 100,000 tensors needs less."""

PIXELS = 25_000_000
"""Pixels of a picture; more would need hundreds of megabytes once unpacked."""

LONG_SIDE = 256
"""Pixels to which the longer side of a picture is brought down: what networks look at is smaller still."""

LONGEST_NAME = 1000
"""Characters of the name of a class."""

PICTURES, ROWS, COLUMNS, CHARACTERS = 1_000, 5_000, 50, 10_000
"""Pictures in a zip; rows and columns of a table; characters of one of its texts."""

LINES = 2_000_000
"""Lines of a table, most of which must be empty; spreadsheets may write a million of those."""

KINDS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "AVIF")
"""Formats of pictures, where Pillow has them; what phones call MPO is read as JPEG, a GIF by its first frame."""

HEIC = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"heif", b"mif1", b"msf1"}
"""Brands of files in the format of Apple's phones (ISO/IEC 23008-12), which Pillow does not read."""

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""Orientations of EXIF, and what makes a picture upright."""

SYSTEM = {"thumbs.db", "desktop.ini", "icon\r"}
"""Files that an operating system lays into folders, beside those whose names begin with a dot."""

SYSTEM_WROTE = "The operating system wrote this, it is no example."

DEEPEST = 8
"""Folders, from the inside, that are looked at for the name of a class."""

ORIENTATION, BITS, PHOTOMETRIC = 0x0112, 0x0102, 0x0106
"""Tags of EXIF and TIFF."""

BAND = 2**20
"""Pixels that are computed with at a time."""

PNG_BITS = re.compile(rb"\x89PNG\r\n\x1a\n....IHDR.{8}(.)", re.DOTALL)
"""The beginning of a PNG, up to how many bits each of its numbers has."""

IN_EIGHT_BITS: Mapping[int, Callable[[int], int]] = {
    1: lambda value: 255 if value else 0,
    2: lambda value: value * 85,
    4: lambda value: value * 17,
    8: lambda value: value,
    16: lambda value: value >> 8,
}
"""What a number of so many bits is as Pillow gives it."""

SEPARATORS = ",;\t|"

TEXT = ("text", "texts", "sentence", "review", "content", "headline", "message")
LABEL = ("label", "labels", "class", "category", "topic", "target")
"""Headings of the two columns, in lower case; the first one wins over the others."""

OTHER_FILES = (
    (b"PK\x03\x04", b"xl/workbook", "an Excel workbook"),
    (b"PK\x03\x04", b"opendocument.spreadsheet", "an OpenDocument spreadsheet"),
    (b"PK\x03\x04", b"Index/Document.iwa", "a Numbers spreadsheet"),
    (b"PK\x03\x04", b"word/document", "a Word document"),
    (b"PK\x03\x04", b"", "a zip"),
    (b"PK\x05\x06", b"", "an empty zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", "an Excel workbook, or another file of Office,"),
    (b"%PDF", b"", "a PDF"),
    (b"{\\rtf", b"", "a text with formats (RTF)"),
    (b"\x1f\x8b", b"", "a file packed with gzip"),
    (b"PAR1", b"", "a Parquet file"),
)
"""Files that are no CSV, by how they begin and what is in them."""

SAVE_AS_CSV = "Save it as CSV: in Excel with File, Save As, CSV UTF-8."

MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before that of UTF-16, with which it begins
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}

ZEROS = {
    (False, True, False, True): "utf-16-le",
    (True, False, True, False): "utf-16-be",
    (False, True, True, True): "utf-32-le",
    (True, True, True, False): "utf-32-be",
}
"""Which of the first four bytes are zero in encodings of two and four bytes, without a byte order mark."""

SAMPLE = 20_000
"""Bytes by which an encoding is told."""

WESTERN = frozenset("àáâãäåæçèéêëìíîïñòóôõöøœùúûüßµªº")
"""Letters beyond ASCII of the languages for which Windows has its code page 1252, without the rare ones."""

MANY_SPECIAL = re.compile(r"[^\W\d_A-Za-z]{3}")
"""Three special letters in a row."""

SIGN_AMID = re.compile(r"(?<=[^\W\d_])[^\w\s\x00-\x7f\u2019\u2013\u2014\u2026\u00b7\u00ad](?=[^\W\d_])")
"""A sign between two letters which is no apostrophe, dash, ellipsis, middle dot or hyphen."""

OTHER_ENCODINGS = (
    *("cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "mac_roman", "cp850", "koi8_r"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949"),
)
"""What spreadsheets of the world save in, beside UTF-8, UTF-16 and cp1252."""

DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}


@dataclass(frozen=True)
class Difference:
    """One tensor that is not as the architecture wants it: what is expected and what the file has; "" for nothing."""

    name: str
    expected: str
    found: str


class DoesNotFit(BadInput):
    """A state dict of another network; `differences` say how it differs."""

    def __init__(self, differences: Sequence[Difference]) -> None:
        super().__init__(
            f"This file does not fit the network: {len(differences):,} of its tensors differ.",
            "Compare names, shapes and dtypes in the table, and choose the architecture that it was saved from.",
        )
        self.differences = tuple(differences)


def read_weights(content: bytes, wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Read a state dict, safetensors or a torch file, that has exactly the wanted names, shapes and dtypes.

    Raises DoesNotFit with what differs before any tensor is read from safetensors, BadInput for anything else.
    """
    _bounded(content, largest(wanted))
    if content[:4] == b"PK\x03\x04":
        tensors = _from_torch(content, largest(wanted))
        compare({name: (tuple(value.shape), value.dtype) for name, value in tensors.items()}, wanted)
    else:
        compare(_described(content), wanted)
        try:
            tensors = load_safetensors(content)
        except (SafetensorError, ValueError) as error:
            raise BadInput("The file is damaged: its tensors are not where it says.", "Save it again.") from error
    broken = [name for name, value in tensors.items() if value.is_floating_point() and not value.isfinite().all()]
    if broken:
        raise BadInput(
            f"{len(broken)} tensors hold values that are not numbers (NaN or infinite), the first is {broken[0]}.",
            "Train again with a gentler learning rate, or choose an earlier checkpoint.",
        )
    return {name: value.contiguous().clone() for name, value in tensors.items()}


def largest(wanted: Mapping[str, Tensor]) -> int:
    """Return how many bytes a file of these tensors may have: twice what they take, since some are kept in doubles."""
    return HEADER + 2 * sum(value.nbytes for value in wanted.values())


def compare(found: Mapping[str, tuple[tuple[int, ...], torch.dtype]], wanted: Mapping[str, Tensor]) -> None:
    """Raise DoesNotFit unless names, shapes and dtypes are the wanted ones."""
    expected = {name: (tuple(value.shape), value.dtype) for name, value in wanted.items()}
    names = [*expected, *(name for name in found if name not in expected)]
    differences = [
        Difference(name[:200], _written(expected.get(name)), _written(found.get(name)))
        for name in names
        if expected.get(name) != found.get(name)
    ]
    if differences:
        raise DoesNotFit(differences)


@dataclass(frozen=True)
class LeftOut:
    """Something of a labelled set that is not judged.

    what: what it is, as in "line 7", "Coat/Thumbs.db" or "folder socks (12 files)".
    why: the reason, a sentence.
    """

    what: str
    why: str


@dataclass(frozen=True, eq=False)
class Examples:
    """What could be read of a labelled set, and what could not.

    items: pictures or texts.
    labels: the place of each one's class; where there may be several, a tuple of their places.
    left_out: what is not among the items, in the order of the file.
    of: how many examples were given in all; files that an operating system laid beside them are none.
    """

    items: Sequence[Any]
    labels: Sequence[Any]
    left_out: tuple[LeftOut, ...]
    of: int


class NoClass(BadInput):
    """A folder or a label that is named like no class, or like several; `reason` goes on with "..., which"."""

    def __init__(self, given: str, reason: str, names: Sequence[str]) -> None:
        super().__init__(f"{_clean(given)!r} {reason}.", f"Use: {_listed(names)}.")
        self.reason = reason


NO_ALIASES: Mapping[str, str] = {}
"""Where classes have no other names."""


def match_label(given: str, names: Sequence[str], aliases: Mapping[str, str] = NO_ALIASES) -> int:
    """Return the place of the class that the name of a folder, or a label, stands for.

    aliases: other names that are known -> the class of each. What is meant is looked for exactly first, then in any
    case, then by letters and digits alone; never further than where it is found, nor where several classes are.
    Raises NoClass.
    """
    places = {name: place for place, name in enumerate(names)}
    own = list(enumerate(names))
    known = own + [(places[name], other) for other, name in aliases.items() if name in places]
    asked = given if len(given) <= LONGEST_NAME else ""
    for among, alike in ((own, _tidy), (known, _tidy), (known, _uncased), (known, _letters)):
        meant = alike(asked)
        found = {place for place, name in among if alike(name) == meant} if meant else set()
        if len(found) > 1:
            raise NoClass(given, f"could be any of {_listed([names[place] for place in sorted(found)])}", names)
        if found and (alike is not _letters or any(_folded(name) == _folded(asked) for _, name in known)):
            return found.pop()
    raise NoClass(given, "is no class here", names)


@functools.lru_cache(maxsize=2048)
def _tidy(name: str) -> str:
    """Return a name without spaces around it; macOS writes an accent as a character of its own, others do not."""
    return unicodedata.normalize("NFC", name).strip()


@functools.lru_cache(maxsize=2048)
def _uncased(name: str) -> str:
    return unicodedata.normalize("NFC", _tidy(name).casefold())


@functools.lru_cache(maxsize=2048)
def _letters(name: str) -> str:
    """Reduce a name to its letters and digits, so that "T-shirt" and "t_shirt" are the same."""
    return "".join(each for each in _plain(name) if unicodedata.category(each)[0] in "LMN")  # M: vowels of India


@functools.lru_cache(maxsize=2048)
def _folded(name: str) -> str:
    """Reduce a name to what tells it from others: "C#" is not "C", "-1" is not "+1", and "1.0" is not "10"."""
    plain = re.sub(r"(?<!\w)-(?=\d)", "\N{MINUS SIGN}", _plain(name))  # a sign, as all of category S are kept
    spaced = "".join(each if unicodedata.category(each)[0] in "LMNS" or each in "#%&*@" else " " for each in plain)
    return re.sub(r"(?<=\d) +(?=\d)", "_", spaced).replace(" ", "")


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def _listed(names: Sequence[str], most: int = 12) -> str:
    """Join names for a sentence, the first few of many."""
    more = [f"and {len(names) - most:,} more"] if len(names) > most else []
    return ", ".join([*(_clean(name) for name in names[:most]), *more])


def _clean(name: object, most: int = 60) -> str:
    """Return what a stranger named something, fit for a sentence: short, and of characters that can be seen."""
    seen = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in str(name)[: 10 * most])
    return seen if len(seen) <= most else f"{seen[: most // 2]}...{seen[-most // 3 :]}"


def read_picture(content: bytes) -> Image.Image:
    """Read one picture, upright, in colour, on white where it is transparent, its longer side at most LONG_SIDE.

    Raises BadInput for what is no picture, too large, or too small.
    """
    _bounded(content)
    brands = {content[at : at + 4] for at in (8, *range(16, min(int.from_bytes(content[:4], "big"), 256), 4))}
    if content[4:8] == b"ftyp" and brands & HEIC and not brands & {b"avif", b"avis"}:
        raise BadInput(
            "This is a HEIC picture, which cannot be read here: save it as JPEG.",
            "An iPhone takes JPEG with Settings, Camera, Formats, Most Compatible.",
        )
    no_picture = BadInput(
        "This is not a picture that can be read.", f"Give a picture as {', '.join(KINDS[:-1])} or {KINDS[-1]}."
    )
    try:
        with Image.open(io.BytesIO(content), formats=_kinds()) as picture:  # reads no pixels yet
            width, height = picture.size
            if min(width, height) < 1:
                raise no_picture
            if width * height > PIXELS:
                raise BadInput(
                    f"This picture has {width * height / 1e6:,.0f} million pixels.",
                    f"Give one of at most {PIXELS / 1e6:.0f} million.",
                )
            if min(width, height) < 8:
                raise BadInput(f"This picture is {width} by {height} pixels.", "Give one of at least 8 by 8.")
            return _upright_on_white(picture, content)
    except BadInput:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadInput(
            "This picture has far too many million pixels.", f"Give one of at most {PIXELS / 1e6:.0f} million."
        ) from error
    except (UnidentifiedImageError, EOFError) as error:
        raise no_picture from error
    except Exception as error:  # pictures of strangers fail in any way they like
        raise BadInput("This picture is damaged.", "Save it again, for example as PNG.") from error


@functools.cache
def _kinds() -> tuple[str, ...]:
    """List those of KINDS that this Pillow has."""
    Image.init()
    return tuple(kind for kind in KINDS if kind in Image.OPEN)


def _upright_on_white(picture: Image.Image, content: bytes) -> Image.Image:
    """Decode a picture whose size was looked at."""
    picture.draft("RGB", (2 * LONG_SIDE, 2 * LONG_SIDE))
    if picture.format == "TIFF":  # Pillow turns a TIFF while it decodes it, and stumbles over tags of a wrong type
        turn = _orientation(picture)
        exif = picture.getexif()
        exif.load(b"")
        exif[ORIENTATION] = turn
    picture.load()
    turn = _orientation(picture)
    small = _in_eight_bits(picture, content)
    small.thumbnail((LONG_SIDE, LONG_SIDE))
    if turn in TURNS:
        small = small.transpose(TURNS[turn])
    if small.mode in ("LA", "RGBA"):
        white = Image.new("RGBA", small.size, "white")
        small = Image.alpha_composite(white, small.convert("RGBA"))
    return small.convert("RGB")


def _orientation(picture: Image.Image) -> int:
    """Return how a camera was held, by EXIF; 1, upright, where that cannot be told."""
    try:
        return int(picture.getexif().get(ORIENTATION, 1))
    except Exception:  # other tags may be of any type and length, and are not worth a picture
        return 1


def _in_eight_bits(picture: Image.Image, content: bytes) -> Image.Image:
    """Return a decoded picture as L, LA, RGB or RGBA, with what is transparent in its alpha."""
    mode, clear = picture.mode, picture.info.get("transparency")
    if mode in ("I", "F") or mode.startswith("I;16"):
        return _from_wide_grey(picture, clear)
    if mode in ("P", "PA"):
        return picture.convert("RGBA")
    if mode == "1":
        picture, mode = picture.convert("L"), "L"
    if mode not in ("L", "LA", "RGB", "RGBA"):
        return picture.convert("RGBA" if mode == "RGBa" else "RGB")
    if clear is not None and mode in ("L", "RGB"):
        if told := PNG_BITS.match(content):  # a PNG says it in its own bits, and Pillow gives the pixels in 8
            in_eight = IN_EIGHT_BITS[told[1][0]]
            clear = tuple(map(in_eight, clear)) if mode == "RGB" else in_eight(clear)
        picture.info["transparency"] = clear
        return picture.convert("RGBA")
    return picture


def _from_wide_grey(picture: Image.Image, clear: object) -> Image.Image:
    """Bring greys of more than 8 bits down to 8, scaled, not clipped; `clear` is the grey that is transparent."""
    pixels, tags = np.asarray(picture), getattr(picture, "tag_v2", {})
    from_white = False
    if picture.mode.startswith("I;16"):
        bits = tags.get(BITS, (16,))  # cameras for science write 12 of them
        top = 2.0 ** (bits[0] if isinstance(bits, tuple) else bits) - 1
        from_white = tags.get(PHOTOMETRIC) == 0  # then 0 is white, and Pillow leaves it so
    else:  # a scale that no file names: that of a byte, of two bytes, or up to whatever is brightest
        largest = float(pixels.max(where=np.isfinite(pixels), initial=0))
        top = 255.0 if largest <= 255 else max(largest, 65535.0)
        if picture.mode == "F" and 0 < largest <= 1:
            top = 1.0
    grey = np.empty(pixels.shape, np.uint8)
    for begin in range(0, pixels.size, BAND):  # fractions take four bytes each, so never of all at once
        some = np.nan_to_num(pixels.reshape(-1)[begin : begin + BAND].astype(np.float32))
        shares = (some / top).clip(0, 1)
        grey.reshape(-1)[begin : begin + BAND] = (255 * (1 - shares if from_white else shares)).round()
    found = Image.fromarray(grey)
    if isinstance(clear, int):
        found.putalpha(Image.fromarray(np.where(pixels == clear, 0, 255).astype(np.uint8)))
    return found


def read_pictures(
    content: bytes,
    classes: Sequence[str],
    aliases: Mapping[str, str] = NO_ALIASES,
    check: Callable[[Image.Image], object] | None = None,
) -> Examples:
    """Read a zip with one folder of pictures for each class.

    Folders are found by name, as `match_label` does with `aliases`, the innermost first. What lies outside of them, is
    no picture, or is refused by `check` with a BadInput, is left out. Raises BadInput for anything that is too many or
    strangely named, and if no picture is left.
    """
    pictures, labels, left_out, given = [], [], [], 0
    elsewhere: Counter[tuple[PurePosixPath, str]] = Counter()
    first: BadInput | None = None  # of what was wrong with a file
    for entry in _entries(content):
        name, folder = _clean(entry.path), entry.path.parent
        if "__MACOSX" in entry.path.parts:
            elsewhere[PurePosixPath("__MACOSX"), SYSTEM_WROTE] += 1
            continue
        if entry.path.name.startswith(".") or entry.path.name.lower() in SYSTEM:
            left_out.append(LeftOut(name, SYSTEM_WROTE))
            continue
        given += 1
        try:
            place = _place_of(folder, classes, aliases)
        except NoClass as error:
            if folder.name:
                elsewhere[folder, f"The name {_clean(folder.name)!r} {error.reason}."] += 1
            else:
                left_out.append(LeftOut(name, "It lies in no folder that is named like a class."))
            continue
        if len(pictures) == PICTURES:
            raise BadInput(f"This zip holds more than {PICTURES:,} pictures.", "Give fewer.")
        try:
            picture = read_picture(entry.read())
            if check is not None:
                check(picture)
        except BadInput as error:
            left_out.append(LeftOut(name, error.what))
            first = first or BadInput(f"No picture of this zip can be used. {name}: {error.what}", error.advice)
        else:
            pictures.append(picture)
            labels.append(place)
    if not pictures:
        raise first or BadInput(
            "This zip has no pictures in folders that are named like a class.",
            f"Name the folders: {_listed(classes)}.",
        )
    for (folder, why), count in elsewhere.items():
        left_out.append(LeftOut(f"folder {_clean(folder)} ({count:,} {'file' if count == 1 else 'files'})", why))
    return Examples(pictures, labels, tuple(left_out), given)


def _place_of(folder: PurePosixPath, classes: Sequence[str], aliases: Mapping[str, str]) -> int:
    """Return the place of the class that a folder, or one around it, is named like. Raises NoClass."""
    for part in reversed(folder.parts[-DEEPEST:]):
        with contextlib.suppress(NoClass):
            return match_label(part, classes, aliases)
    return match_label(folder.name, classes, aliases)  # which says why not


def read_texts(
    content: bytes,
    classes: Sequence[str],
    aliases: Mapping[str, str] = NO_ALIASES,
    check: Callable[[str], object] | None = None,
    multi: bool = False,
) -> Examples:
    """Read a table (CSV and its relatives) with a column of texts and one of labels; others are not looked at.

    aliases: see `match_label`; check: raises BadInput for a text that is to be left out.
    multi: whether a text may have several labels, with ";" or "|" between them, or none.
    Rows that are no good are left out. Raises BadInput for what is no such table, and if no row is left.
    """
    _bounded(content)
    _require_table(content)
    written = _decoded(content)
    if written.count("\n") + written.count("\r") > 2 * LINES:  # which is how a line may end twice
        raise BadInput(f"This table has more than {LINES:,} lines.", "Give fewer.")
    table = io.StringIO(written, newline="")
    heading = _heading(table)
    texts, labels, left_out, given = [], [], [], 0
    first: BadInput | None = None  # of what was wrong with a row
    for name, row in _rows(table, heading):
        given += 1
        if given > ROWS:
            raise BadInput(f"This table has more than {ROWS:,} rows.", "Give fewer.")
        try:
            text, label = _cells(row, heading)
            found = _places_in(label, classes, aliases) if multi else _place_in(label, classes, aliases)
            if check is not None:
                check(text)
        except BadInput as error:
            left_out.append(LeftOut(name, error.what))
            first = first or BadInput(
                f"No row of this table can be used. {name.capitalize()}: {error.what}", error.advice
            )
        else:
            texts.append(text)
            labels.append(found)
    if not texts:
        raise first or _no_rows()
    return Examples(texts, labels, tuple(left_out), given)


@dataclass(frozen=True)
class _Heading:
    """What the first line of a table tells: the separator, where texts and labels stand, how many columns there are.

    lines: how many lines were read for it.
    """

    separator: str
    text: int
    label: int
    columns: int
    lines: int


def _heading(table: io.StringIO) -> _Heading:
    """Read the line of headings. Raises BadInput if it does not say which columns are text and label."""
    separators, lines = SEPARATORS, 0
    while True:
        line, lines = table.readline(), lines + 1
        if not line:
            raise _no_rows()
        if told := re.match(r'"?sep=([^\w\r\n" ])', line, re.IGNORECASE):  # a line for Excel alone
            separators = told[1]
        elif line.strip():
            break
    if len(line) > 2 * CHARACTERS:
        raise BadInput(f"Line {lines} has more than {2 * CHARACTERS:,} characters.", "Keep two columns: text, label.")
    read = [(each, [_plain_heading(cell) for cell in next(csv.reader([line], delimiter=each))]) for each in separators]
    found = [(_columns(names, TEXT), _columns(names, LABEL), names, each) for each, names in read]
    texts, labels, names, separator = max(found, key=lambda one: (bool(one[0]) + bool(one[1]), len(one[2])))
    if len(names) > COLUMNS:
        raise BadInput(f"This table has more than {COLUMNS} columns.", "Keep two: text and label.")
    written = ", ".join(repr(_clean(name, 20)) for name in names[:6]) + (", ..." if len(names) > 6 else "")
    if not texts or not labels:
        kind = {"{": "JSON", "[": "JSON", "<": "a web page, or XML"}.get(line.lstrip()[:1])
        if kind:
            raise BadInput(f"This is {kind}, it has no rows of text and label.", SAVE_AS_CSV)
        none = " and ".join(what for what, places in (("no text", texts), ("no label", labels)) if not places)
        raise BadInput(f"This table has {none} among its headings: {written}.", "The first line must be: text,label")
    for what, places in (("text", texts), ("label", labels)):
        if len(places) > 1:
            raise BadInput(
                f"Which column is the {what} cannot be told from these headings: {written}.",
                f"Name one of them {what}.",
            )
    return _Heading(separator, texts[0], labels[0], len(names), lines)


def _no_rows() -> BadInput:
    return BadInput("This table has no rows.", "Give a line text,label and then one line for each text.")


def _plain_heading(cell: str) -> str:
    return cell.strip().strip("\"'").strip().casefold()


def _columns(names: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """Find the columns that have the first wanted name, or else any of them."""
    exactly = [place for place, name in enumerate(names) if name == wanted[0]]
    return exactly or [place for place, name in enumerate(names) if name in wanted]


def _rows(table: io.StringIO, heading: _Heading) -> Iterator[tuple[str, list[str]]]:
    """Yield the rows below the headings with the numbers of their lines, as in "line 7"; those of nothing are none.

    A row that is too long to be read is a single cell.
    """
    line = ""

    def lines() -> Iterator[str]:
        nonlocal line
        while line := table.readline():
            if line.count(heading.separator) > 2 * CHARACTERS:  # each would take memory of its own
                raise BadInput(
                    f"There are columns without end in {len(line):,} characters.", "Keep two: text and label."
                )
            yield line

    reader = csv.reader(lines(), delimiter=heading.separator, skipinitialspace=True)
    while True:
        begin = heading.lines + reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            end = heading.lines + reader.line_num
            if begin != end or line.count('"') % 2:  # the rest of the text would be taken for rows
                raise BadInput(
                    f"The text that begins in line {begin} does not end within {csv.field_size_limit():,} characters.",
                    "Look for a quotation mark that is missing there.",
                ) from error
            row = [line]
        end = heading.lines + reader.line_num
        if any(cell.strip() for cell in row):
            yield f"line {begin}" if begin == end else f"lines {begin} to {end}", row


def _cells(row: Sequence[str], heading: _Heading) -> tuple[str, str]:
    """Return text and label of a row. Raises BadInput with what is wrong with it."""
    if len(row) == 1 and len(row[0]) > csv.field_size_limit():
        raise BadInput(f"It has {len(row[0]):,} characters.", f"At most {CHARACTERS:,} are read.")
    if len(row) <= max(heading.text, heading.label):
        raise BadInput("It has no text or no label; a quotation mark may be missing.", "Give it both columns.")
    if any(cell.strip() for cell in row[heading.columns :]):
        raise BadInput(
            f"It has {len(row)} columns where the headings have {heading.columns}: a text that holds "
            f"{heading.separator!r} needs quotation marks around it.",
            "Save the table as CSV once more.",
        )
    text = row[heading.text]
    if not text.strip():
        raise BadInput("It has no text.", "Give it one.")
    if len(text) > CHARACTERS:
        raise BadInput(f"Its text has {len(text):,} characters.", f"At most {CHARACTERS:,} are read.")
    return text, row[heading.label]


def _place_in(label: str, classes: Sequence[str], aliases: Mapping[str, str]) -> int:
    """Return the place of the class that a cell names. Raises BadInput."""
    if not label.strip():
        raise BadInput("It has no label.", f"Use: {_listed(classes)}.")
    try:
        return match_label(label, classes, aliases)
    except NoClass as error:
        raise BadInput(f"It has the label {_clean(label)!r}, which {error.reason}.", error.advice) from error


def _places_in(label: str, classes: Sequence[str], aliases: Mapping[str, str]) -> tuple[int, ...]:
    """Return the places of all classes that a cell names, with ";" or "|" between them. Raises BadInput."""
    exactly = {_tidy(name): place for place, name in enumerate(classes)}
    most = max(len(re.findall("[;|]", name)) for name in classes)  # separators that are part of a name
    parts, found, at = re.split("([;|])", label), set(), 0  # every second part is a separator
    if len(parts) > 4 * len(classes) + 2 * most:
        raise BadInput("It has far more labels than there are classes.", f"Use: {_listed(classes)}.")
    while at < len(parts):
        for end in range(at + 2 * most + 1, at, -2):
            if (name := _tidy("".join(parts[at:end]))) in exactly:
                found.add(exactly[name])
                break
        else:
            end = at + 1
            if parts[at].strip():
                found.add(_place_in(parts[at], classes, aliases))
        at = end + 1
    return tuple(sorted(found))


def _require_table(content: bytes) -> None:
    """Raise BadInput for files of other programs that people take for a table."""
    for begins, holds, what in OTHER_FILES:
        if content.startswith(begins) and holds in content:
            raise BadInput(f"This is {what}, not a table as CSV.", SAVE_AS_CSV)


def _decoded(content: bytes) -> str:
    """Return a table as text, by its byte order mark, its zeros, or what spreadsheets usually write."""
    zeros = tuple(byte == 0 for byte in content[:4])  # headings begin with two plain letters
    encoding = next((each for mark, each in MARKS.items() if content.startswith(mark)), ZEROS.get(zeros, "utf-8"))
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        guess = _guessed(content) if encoding == "utf-8" else None
        with contextlib.suppress(UnicodeDecodeError, TypeError):
            return content.decode(guess)
        raise BadInput(
            "It cannot be told in which encoding this table is written.", "Save it as CSV in UTF-8."
        ) from error


def _guessed(content: bytes) -> str | None:
    """Tell the encoding of a table that is not in UTF-8 by its lines that are not plain; None if it cannot be told."""
    import charset_normalizer  # for those who need it

    special = (line for line in content.splitlines() if not line.isascii())
    sample = b"\n".join(itertools.islice(special, 200))[:SAMPLE]
    old_mac = b"\r" in content and b"\n" not in content
    for encoding in ("mac_roman", "cp1252") if old_mac else ("cp1252",):
        with contextlib.suppress(UnicodeDecodeError):
            if _western(sample.decode(encoding)):
                return encoding
    best, *others = charset_normalizer.from_bytes(sample, cp_isolation=list(OTHER_ENCODINGS)) or [None]
    if best is None or best.chaos > 0.1:
        return None
    rivals = [each for each in others if each.chaos < best.chaos + 0.02 and each.coherence > best.coherence - 0.1]
    return None if rivals else best.encoding


def _western(text: str) -> bool:
    """Whether a text looks as one of Western Europe does, not as other bytes taken for one.

    Its special letters are usual ones, no three of them follow one another, and no sign stands amid a word.
    """
    letters = {each.lower() for each in text if each.isalpha() and not each.isascii()}
    return letters <= WESTERN and not MANY_SPECIAL.search(text) and not SIGN_AMID.search(text)


def _bounded(content: bytes, most: int = LARGEST) -> None:
    if not content:
        raise BadInput("This file is empty.", "Choose another one.")
    if len(content) > most:
        raise BadInput(
            f"This file has {len(content) / 1e6:,.1f} MB, more than what it should hold can take.",
            f"Give one of at most {most / 1e6:.1f} MB.",
        )


def _described(content: bytes) -> dict[str, tuple[tuple[int, ...], torch.dtype]]:
    """Read what a safetensors file says it holds, and no more than that."""
    wrong = BadInput(
        "This is neither safetensors nor a torch file of today.",
        "Save the network's state dict with safetensors, or with torch.save(network.state_dict(), ...).",
    )
    if len(content) < 8:
        raise wrong
    (length,) = struct.unpack("<Q", content[:8])
    if length > min(HEADER, len(content) - 8):
        if content[8:9] == b"{":
            raise BadInput(f"The description in this file has {length:,} bytes.", f"At most {HEADER:,} are read.")
        raise wrong
    try:
        header = json.loads(content[8 : 8 + length])
        return {
            name: (tuple(int(size) for size in entry["shape"]), DTYPES[entry["dtype"]])
            for name, entry in header.items()
            if name != "__metadata__"
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise wrong from error


def _from_torch(content: bytes, most: int) -> dict[str, Tensor]:
    """Read a torch file that holds nothing but tensors by name; what it would execute is refused."""
    for entry in _entries(content, most):
        if entry.path.suffix == ".pkl" and entry.size > HEADER:
            raise BadInput(f"The description in this file has {entry.size:,} bytes.", "Save the state dict alone.")
    try:
        loaded = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # pickles of strangers fail in any way they like
        raise BadInput(
            "This torch file is damaged, or holds more than tensors, which could be a program; it was not opened.",
            "Save the state dict alone: torch.save(network.state_dict(), ...), or as safetensors.",
        ) from error
    if isinstance(loaded, Mapping) and isinstance(loaded.get("state_dict"), Mapping):
        loaded = loaded["state_dict"]
    if not isinstance(loaded, Mapping) or not all(isinstance(n, str) and _usual(v) for n, v in loaded.items()):
        raise BadInput("This file holds no state dict.", "Save it with torch.save(network.state_dict(), ...).")
    return {name: value.detach() for name, value in loaded.items()}


def _usual(value: object) -> bool:
    """Whether something is a plain tensor in memory, neither sparse nor quantised nor without values."""
    return (
        isinstance(value, Tensor)
        and value.layout is torch.strided
        and value.device.type == "cpu"
        and not value.is_quantized
    )


@dataclass(frozen=True)
class _Entry:
    """One file of a zip: where it says it is, how large it says it is, and a function that reads it."""

    path: PurePosixPath
    size: int
    read: Callable[[], bytes]


def _entries(content: bytes, most: int = LARGEST) -> Iterator[_Entry]:
    """Yield the files of a zip; sizes are checked first, each name before its file."""
    _bounded(content, most)
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        entries = [entry for entry in archive.infolist() if not entry.filename.endswith(("/", "\\"))]
    except Exception as error:  # zips of strangers fail in any way they like
        if content.startswith(b"PK"):
            raise BadInput("This zip is damaged.", "Pack it again.") from error
        raise BadInput("This is not a zip, or a damaged one.", "Pack the files as a zip, and choose that.") from error
    if len(entries) > 5 * PICTURES:
        raise BadInput(f"This zip holds {len(entries):,} files.", f"Give at most {5 * PICTURES:,}.")
    if sum(entry.file_size for entry in entries) > 2 * most:
        raise BadInput("This zip would unpack to more than it is safe to hold.", f"At most {2 * most / 1e6:.0f} MB.")
    if sum(entry.compress_size for entry in entries) > len(content):
        raise BadInput("This zip is damaged: its files lie one upon another.", "Pack it again.")
    for entry in entries:
        name = _name_in_zip(entry)
        path = PurePosixPath(name.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:[\\/]", name) or "\0" in entry.orig_filename:
            raise BadInput(f"This zip has a file with a path that leads out of it: {_clean(name)!r}.", "Pack it again.")
        yield _Entry(path, entry.file_size, functools.partial(_unpacked, archive, entry))


def _name_in_zip(entry: zipfile.ZipInfo) -> str:
    """Return the name of a file in a zip; macOS writes it in UTF-8 without saying so."""
    if not entry.flag_bits & 0x800:  # then it was taken for code page 437
        with contextlib.suppress(UnicodeError):
            return entry.filename.encode("cp437").decode()
    return entry.filename


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Unpack one file of a zip, never to more than it says it holds: 722 bytes of bzip2 can be a gigabyte.

    `zipfile` bounds what it unpacks by deflate alone, so it is asked for the packed bytes, as if they were stored.
    Raises BadInput.
    """
    if entry.file_size > LARGEST:
        raise BadInput(
            f"This file has {entry.file_size / 1e6:,.1f} MB.", f"Give one of at most {LARGEST / 1e6:.1f} MB."
        )
    packed = copy.copy(entry)
    packed.compress_type, packed.file_size = zipfile.ZIP_STORED, entry.compress_size
    del packed.CRC  # that of the unpacked bytes
    try:
        with archive.open(packed) as stream:
            content = UNPACK[entry.compress_type](stream.read(), entry.file_size + 1)
    except KeyError as error:
        raise BadInput(
            "This file is packed in a way that is not read here.", "Pack it again, as a usual zip."
        ) from error
    except RuntimeError as error:
        raise BadInput("This file is locked with a password.", "Pack it again, without a password.") from error
    except Exception as error:  # and their files do, too
        raise BadInput("This file is damaged inside the zip.", "Pack it again.") from error
    if len(content) > entry.file_size:
        raise BadInput("This file holds more than it says.", "Pack it again.")
    if len(content) < entry.file_size or zlib.crc32(content) != entry.CRC:
        raise BadInput("This file is damaged inside the zip.", "Pack it again.")
    return content


def _from_lzma(packed: bytes, most: int) -> bytes:
    """Unpack LZMA as it stands in a zip: two bytes of version, two that say that five of options follow."""
    options, window = struct.unpack("<4xBI", packed[:9])
    chosen = {
        "id": lzma.FILTER_LZMA1,
        "dict_size": max(4096, min(window, most)),
        "lc": options % 9,
        "lp": options // 9 % 5,
        "pb": options // 45,
    }
    return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[chosen]).decompress(packed[9:], most)


UNPACK: Mapping[int, Callable[[bytes, int], bytes]] = {
    zipfile.ZIP_STORED: lambda packed, most: packed[:most],
    zipfile.ZIP_DEFLATED: lambda packed, most: zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, most),
    zipfile.ZIP_BZIP2: lambda packed, most: bz2.BZ2Decompressor().decompress(packed, most),
    zipfile.ZIP_LZMA: _from_lzma,
}
"""Ways to pack a file of a zip: (packed bytes, how many unpacked ones are wanted at most) -> these."""


def _written(what: tuple[tuple[int, ...], torch.dtype] | None) -> str:
    return "" if what is None else f"{' x '.join(map(str, what[0])) or 'one number'}, {str(what[1])[6:]}"
