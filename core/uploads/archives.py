"""Zips from people: looked at from outside first, then unpacked file by file, never to more than they say.

Nothing is written to disk.
"""

import bz2
import contextlib
import copy
import functools
import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from core.errors import BadInput
from core.language import text
from core.uploads.limits import MAX_FILE_BYTES, MAX_ZIP_FILES, UNPACKED_RATIO, check_size
from core.uploads.wording import printable

ZIP_BEGINS = b"PK\x03\x04"
"""The first bytes of a zip that holds something."""

SYSTEM_FILES = {"thumbs.db", "desktop.ini", "icon\r"}
"""Files that an operating system lays into folders, in lower case, beside those whose names begin with a dot."""

SYSTEM_FOLDER = "__MACOSX"
"""The folder in which macOS keeps what it knows about each file of a zip."""

UTF8_FLAG = 0x800
"""The bit of a zip by which a file says that its name is in UTF-8."""


@dataclass(frozen=True)
class ZippedFile:
    """Describe one file of a zip.

    path, size: where it says it is, and how many bytes it says it has.
    read: () -> its bytes; raises BadInput where it is damaged, locked or larger than it says.
    """

    path: PurePosixPath
    size: int
    read: Callable[[], bytes]


def files_in_zip(content: bytes, max_bytes: int = MAX_FILE_BYTES) -> Iterator[ZippedFile]:
    """Yield the files of a zip of at most so many bytes, each once its name was looked at.

    Raises BadInput for a zip that is damaged, unpacks to too much, or has a path that leads out of it.
    """
    check_size(content, max_bytes)
    archive, entries = _opened(content)
    _check_sizes(entries, len(content), max_bytes)
    for entry in entries:
        name = _decoded_name(entry)
        path = PurePosixPath(name.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:[\\/]", name) or "\0" in entry.orig_filename:
            raise BadInput(
                text("This zip has a file with a path that leads out of it: {name!r}.", name=printable(name)),
                text("Pack it again."),
            )
        yield ZippedFile(path, entry.file_size, functools.partial(_unpacked, archive, entry, max_bytes))


def is_system_file(path: PurePosixPath) -> bool:
    """Tell whether an operating system laid this file beside those of a person."""
    return SYSTEM_FOLDER in path.parts or path.name.startswith(".") or path.name.lower() in SYSTEM_FILES


def _opened(content: bytes) -> tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]:
    """Open a zip and list its files. Raises BadInput."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        return archive, [entry for entry in archive.infolist() if not entry.filename.endswith(("/", "\\"))]
    except Exception as error:  # zips of strangers fail in any way they like
        if content.startswith(b"PK"):
            raise BadInput(text("This zip is damaged."), text("Pack it again.")) from error
        raise BadInput(
            text("This is not a zip, or a damaged one."), text("Pack the files as a zip, and choose that.")
        ) from error


def _check_sizes(entries: list[zipfile.ZipInfo], zip_bytes: int, max_bytes: int) -> None:
    """Refuse a zip by what it says of its files. Raises BadInput."""
    if len(entries) > MAX_ZIP_FILES:
        raise BadInput(
            text("This zip holds {count:,} files.", count=len(entries)),
            text("Give at most {max_zip_files:,}.", max_zip_files=MAX_ZIP_FILES),
        )
    if sum(entry.file_size for entry in entries) > UNPACKED_RATIO * max_bytes:
        raise BadInput(
            text("This zip would unpack to more than it is safe to hold."),
            text("At most {unpacked_ratio:.0f} MB.", unpacked_ratio=UNPACKED_RATIO * max_bytes / 1000000.0),
        )
    if sum(entry.compress_size for entry in entries) > zip_bytes:
        raise BadInput(text("This zip is damaged: its files lie one upon another."), text("Pack it again."))


def _decoded_name(entry: zipfile.ZipInfo) -> str:
    """Return the name of a file in a zip; macOS writes it in UTF-8 without saying so."""
    if not entry.flag_bits & UTF8_FLAG:  # then it was taken for code page 437
        with contextlib.suppress(UnicodeError):
            return entry.filename.encode("cp437").decode()
    return entry.filename


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, max_bytes: int) -> bytes:
    """Unpack one file of a zip, never to more than it says it holds: 722 bytes of bzip2 can be a gigabyte.

    `zipfile` bounds what it unpacks by deflate alone, so it is asked for the packed bytes, as if they were stored.
    Raises BadInput.
    """
    if entry.file_size > max_bytes:
        raise BadInput(
            text("This file has {file_size:,.1f} MB.", file_size=entry.file_size / 1000000.0),
            text("Give one of at most {max_bytes:.1f} MB.", max_bytes=max_bytes / 1000000.0),
        )
    packed = copy.copy(entry)
    packed.compress_type, packed.file_size = zipfile.ZIP_STORED, entry.compress_size
    del packed.CRC  # that of the unpacked bytes
    try:
        with archive.open(packed) as stream:
            content = UNPACKERS[entry.compress_type](stream.read(), entry.file_size + 1)
    except KeyError as error:
        raise BadInput(
            text("This file is packed in a way that is not read here."), text("Pack it again, as a usual zip.")
        ) from error
    except RuntimeError as error:
        raise BadInput(
            text("This file is locked with a password."), text("Pack it again, without a password.")
        ) from error
    except Exception as error:  # and their files do, too
        raise BadInput(text("This file is damaged inside the zip."), text("Pack it again.")) from error
    if len(content) > entry.file_size:
        raise BadInput(text("This file holds more than it says."), text("Pack it again."))
    if len(content) < entry.file_size or zlib.crc32(content) != entry.CRC:
        raise BadInput(text("This file is damaged inside the zip."), text("Pack it again."))
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


UNPACKERS: Mapping[int, Callable[[bytes, int], bytes]] = {
    zipfile.ZIP_STORED: lambda packed, most: packed[:most],
    zipfile.ZIP_DEFLATED: lambda packed, most: zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, most),
    zipfile.ZIP_BZIP2: lambda packed, most: bz2.BZ2Decompressor().decompress(packed, most),
    zipfile.ZIP_LZMA: _from_lzma,
}
"""Ways to pack a file of a zip: (packed bytes, how many unpacked ones are wanted at most) -> these."""
