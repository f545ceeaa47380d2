"""Files from people, hostile until proven otherwise: looked at from outside first, bounded, and never executed.

Every function takes bytes and returns plain tensors and texts; nothing is written to disk.
"""

import csv
import io
import itertools
import json
import struct
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import torch
from PIL import Image, ImageOps, UnidentifiedImageError
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

PICTURES, ROWS, COLUMNS, CHARACTERS = 1_000, 5_000, 50, 10_000
"""Pictures in a zip; rows and columns of a table; characters of one of its texts."""

KINDS = ("PNG", "JPEG", "WEBP", "BMP")

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


def read_picture(content: bytes) -> Image.Image:
    """Read one picture, upright, in colour, its longer side at most LONG_SIDE.

    Raises BadInput for what is no picture, too large, or too small.
    """
    _bounded(content)
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(io.BytesIO(content), formats=KINDS) as picture:  # reads no pixels yet
                width, height = picture.size
                if width * height > PIXELS:
                    raise BadInput(
                        f"This picture has {width * height / 1e6:,.0f} million pixels.",
                        f"Give one of at most {PIXELS / 1e6:.0f} million.",
                    )
                if min(width, height) < 8:
                    raise BadInput(f"This picture is {width} by {height} pixels.", "Give one of at least 8 by 8.")
                picture.draft("RGB", (2 * LONG_SIDE, 2 * LONG_SIDE))
                upright = ImageOps.exif_transpose(picture)
                upright.thumbnail((LONG_SIDE, LONG_SIDE))
                return upright.convert("RGB")
        except BadInput:
            raise
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise BadInput(
                "This picture has far too many million pixels.", f"Give one of at most {PIXELS / 1e6:.0f} million."
            ) from error
        except UnidentifiedImageError as error:
            raise BadInput(
                "This is not a picture that can be read.", f"Give a picture as {', '.join(KINDS)}."
            ) from error
        except (OSError, SyntaxError, ValueError) as error:
            raise BadInput("This picture is damaged.", "Save it again, for example as PNG.") from error


def read_pictures(content: bytes, classes: Sequence[str]) -> tuple[list[Image.Image], list[int]]:
    """Read a zip with one folder of pictures for each class; return the pictures and their classes' places.

    Folders are found by name, whatever the case; what lies outside of them is left out. Raises BadInput for anything
    that is too many, too large, or strangely named.
    """
    known = {_plain(name): place for place, name in enumerate(classes)}
    pictures, labels = [], []
    for entry in _entries(content):
        folder = next((_plain(part) for part in reversed(entry.path.parts[:-1]) if _plain(part) in known), None)
        if folder is None or entry.path.name.startswith("."):
            continue
        if len(pictures) == PICTURES:
            raise BadInput(f"This zip holds more than {PICTURES:,} pictures.", "Give fewer.")
        pictures.append(read_picture(entry.read()))
        labels.append(known[folder])
    if not pictures:
        raise BadInput(
            "This zip has no pictures in folders that are named like a class.",
            f"Name the folders: {', '.join(classes)}.",
        )
    return pictures, labels


def read_texts(content: bytes, classes: Sequence[str]) -> tuple[list[str], list[int]]:
    """Read a table (CSV) with the columns text and label; return texts and their classes' places."""
    _bounded(content)
    known = {_plain(name): place for place, name in enumerate(classes)}
    try:
        table = io.StringIO(content.decode("utf-8-sig"), newline="")
    except UnicodeDecodeError as error:
        raise BadInput("This table is not written in UTF-8.", "Save it as CSV in UTF-8.") from error
    texts, labels = [], []
    try:
        for number, row in enumerate(csv.DictReader(_lines(table)), 2):
            text, label = row.get("text"), row.get("label")
            if text is None or label is None:
                raise BadInput(f"Line {number} has no text or no label.", "The first line must be: text,label")
            if len(text) > CHARACTERS:
                raise BadInput(f"The text in line {number} has {len(text):,} characters.", f"At most {CHARACTERS:,}.")
            if _plain(label) not in known:
                raise BadInput(
                    f"Line {number} has the label {label[:60]!r}, which is no class here.",
                    f"Use: {', '.join(classes)}.",
                )
            if len(texts) == ROWS:
                raise BadInput(f"This table has more than {ROWS:,} rows.", "Give fewer.")
            texts.append(text)
            labels.append(known[_plain(label)])
    except csv.Error as error:
        raise BadInput(f"This is not a table that can be read: {error}.", "Save it as CSV.") from error
    if not texts:
        raise BadInput("This table has no rows.", "Give a line text,label and then one line for each text.")
    return texts, labels


def _lines(table: io.StringIO) -> Iterator[str]:
    """Yield the lines of a table, none of which may be long enough to hold endless columns."""
    longest = 2 * CHARACTERS
    for number in itertools.count(1):
        line = table.readline(longest + 1)
        if not line:
            return
        if len(line) > longest:
            raise BadInput(f"Line {number} has more than {longest:,} characters.", "Keep two columns: text and label.")
        if number == 1 and line.count(",") >= COLUMNS:
            raise BadInput(f"This table has more than {COLUMNS} columns.", "Keep two: text and label.")
        yield line


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
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise BadInput("This zip is damaged.", "Pack it again.") from error
    if len(entries) > 5 * PICTURES:
        raise BadInput(f"This zip holds {len(entries):,} files.", f"Give at most {5 * PICTURES:,}.")
    if sum(entry.file_size for entry in entries) > 2 * most:
        raise BadInput("This zip would unpack to more than it is safe to hold.", f"At most {2 * most / 1e6:.0f} MB.")
    for entry in entries:
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in entry.filename or "\0" in entry.filename:
            raise BadInput(
                f"This zip has a file with a path that leads out of it: {entry.filename[:60]!r}.", "Pack it again."
            )

        def read(entry: zipfile.ZipInfo = entry) -> bytes:
            try:
                with archive.open(entry) as stream:
                    unpacked = stream.read(entry.file_size + 1)
            except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError) as error:
                raise BadInput("This zip is damaged or locked.", "Pack it again, without a password.") from error
            if len(unpacked) > entry.file_size:
                raise BadInput("This zip holds more than it says.", "Pack it again.")
            return unpacked

        yield _Entry(path, entry.file_size, read)


def _plain(name: str) -> str:
    """Reduce a name to its letters and digits, so that "T-shirt" and "t_shirt" are the same."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _written(what: tuple[tuple[int, ...], torch.dtype] | None) -> str:
    return "" if what is None else f"{' x '.join(map(str, what[0])) or 'one number'}, {str(what[1])[6:]}"
