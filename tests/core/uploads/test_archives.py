"""Zips from people, whoever packed them: nothing leads out of them, and nothing is unpacked without end."""

import bz2
import contextlib
import io
import struct
import tracemalloc
import unicodedata
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import BadInput
from core.uploads.picture_folders import read_picture_folders
from tests.core.uploads.files import left, picture, zipped

CLASSES = ("T-shirt", "Trousers", "Coat")
METHODS = {
    "stored": zipfile.ZIP_STORED,
    "deflate": zipfile.ZIP_DEFLATED,
    "bzip2": zipfile.ZIP_BZIP2,
    "lzma": zipfile.ZIP_LZMA,
}


@pytest.mark.parametrize("method", METHODS)
def test_whatever_way_a_zip_is_packed_it_is_read(method):
    read = read_picture_folders(zipped({"Coat/1.png": picture(), "T-shirt/2.png": picture()}, METHODS[method]), CLASSES)
    assert read.labels == [2, 0]
    assert (read.left_out, read.of) == ((), 2)


@pytest.mark.parametrize("name", ["Coat/12:30.png", "Coat/a:b:c.png", "20:15/Coat/1.png", "Coat/C:.png", "Coat/a..png"])
def test_a_name_that_only_looks_strange_is_read(name):
    assert read_picture_folders(zipped({name: picture()}), CLASSES).labels == [2]


def raw_name(name, inside):
    """A zip with a file name as no program writes it."""
    plain = "Coat/" + "x" * (len(inside) - 5)
    return zipped({plain: picture()}, zipfile.ZIP_STORED).replace(plain.encode(), inside.encode())


@pytest.mark.parametrize(
    "name",
    [
        "../Coat/a.png",
        "Coat/../../a.png",
        "/Coat/a.png",
        "\\\\server\\Coat\\a.png",
        "C:\\Coat\\a.png",
        "d:/Coat/a.png",
        "Coat\\..\\..\\a.png",
    ],
)
def test_a_name_that_leads_out_is_refused(name):
    with pytest.raises(BadInput, match="leads out"):
        read_picture_folders(raw_name(name, name), CLASSES)


def test_a_name_with_a_hidden_end_is_refused():
    with pytest.raises(BadInput, match="leads out"):
        read_picture_folders(raw_name("", "Coat/a.png\0/../../b"), CLASSES)


def test_names_that_macos_writes_are_read_as_they_are_meant():
    # UTF-8 with accents as characters of their own, and without the flag that says so
    name = unicodedata.normalize("NFD", "Mäntel").encode()
    plain = b"x" * len(name)
    content = zipped({f"{plain.decode()}/1.png": picture()}, zipfile.ZIP_STORED).replace(plain, name)
    assert read_picture_folders(content, ("Hüte", "Mäntel")).labels == [1]


def damaged(content, files):
    """The same zip with one byte changed in the data of each of these files."""
    changed = bytearray(content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in files:
            entry = archive.getinfo(name)
            (names, extra) = struct.unpack("<HH", content[entry.header_offset + 26 : entry.header_offset + 30])
            changed[entry.header_offset + 30 + names + extra + entry.compress_size // 2] ^= 0xFF
    return bytes(changed)


@pytest.mark.parametrize("method", METHODS)
def test_one_damaged_file_costs_that_file(method):
    files = {f"Coat/{n}.png": picture((40, 40)) for n in range(3)}
    content = zipped(files, METHODS[method])
    read = read_picture_folders(damaged(content, ["Coat/1.png"]), CLASSES)
    assert len(read.items) == 2 and read.of == 3
    assert list(left(read)) == ["Coat/1.png"] and "damaged" in left(read)["Coat/1.png"]
    with pytest.raises(BadInput, match=r"Coat/0\.png: .*damaged"):
        read_picture_folders(damaged(content, files), CLASSES)


READABLE = {
    name: zipped({"Coat/1.png": picture(), "T-shirt/2.jpg": picture((20, 20), "JPEG")}, METHODS[name])
    for name in METHODS
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=300)
@given(data=st.data())
def test_one_changed_byte_ends_in_pictures_or_a_sentence(method, data):
    content = bytearray(READABLE[method])
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(BadInput):
        read = read_picture_folders(bytes(content), CLASSES)
        assert len(read.items) + len(read.left_out) >= 1


def zip_by_hand(content, method, size, crc=0, name=b"Coat/a.png"):
    """A zip by hand: one file, packed as given, which says that it unpacks to `size` bytes."""
    common = struct.pack("<HHHHHIIIHH", 20, 0, method, 0, 0, crc, len(content), size, len(name), 0)
    local = b"PK\3\4" + common + name + content
    directory = b"PK\1\2" + struct.pack("<H", 20) + common + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name
    return local + directory + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(directory), len(local), 0)


def test_a_zip_by_hand_is_a_zip():
    content = picture()
    assert read_picture_folders(zip_by_hand(content, 0, len(content), zlib.crc32(content)), CLASSES).labels == [2]


@pytest.mark.parametrize("size", [100, 90_000_000])
def test_a_bomb_of_bzip2_is_never_unpacked_beyond_what_it_says(size):
    bomb = bz2.compress(bytes(50_000_000))
    assert len(bomb) < 1000
    tracemalloc.start()
    with pytest.raises(BadInput, match=r"more than it says|MB"):
        read_picture_folders(zip_by_hand(bomb, zipfile.ZIP_BZIP2, size), CLASSES)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 10_000_000


def test_an_lzma_window_of_gigabytes_is_not_made():
    content = bytearray(zipped({"Coat/1.png": picture()}, zipfile.ZIP_LZMA))
    begin = content.index(b"\x09\x04\x05\x00") if b"\x09\x04\x05\x00" in content else content.index(b"\x05\x00\x5d") - 2
    content[begin + 5 : begin + 9] = b"\xff\xff\xff\xff"
    tracemalloc.start()
    assert read_picture_folders(bytes(content), CLASSES).labels == [2]
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 10_000_000


def test_files_that_lie_one_upon_another_are_refused():
    one = zipped({f"Coat/{n}.png": bytes(1000) for n in range(50)}, zipfile.ZIP_STORED)
    changed, at = bytearray(one), one.index(b"PK\1\2")
    while at >= 0:  # each says that its packed bytes are all of the zip
        changed[at + 20 : at + 24] = struct.pack("<I", len(one))
        at = one.find(b"PK\1\2", at + 4)
    with pytest.raises(BadInput, match="damaged"):
        read_picture_folders(bytes(changed), CLASSES)


def test_what_is_packed_in_another_way_or_locked_is_named():
    good = picture()
    unknown = zip_by_hand(good, 9, len(good), zlib.crc32(good))
    with pytest.raises(BadInput, match="not read here"):
        read_picture_folders(unknown, CLASSES)
    locked = bytearray(zip_by_hand(good, 0, len(good), zlib.crc32(good)))
    for magic, flag in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        locked[locked.index(magic) + flag] |= 1
    with pytest.raises(BadInput, match="password"):
        read_picture_folders(bytes(locked), CLASSES)


@pytest.mark.parametrize("content", [picture(), b"Rar!\x1a\x07\x01\0" + bytes(99), b"7z\xbc\xaf\x27\x1c" + bytes(99)])
def test_what_is_no_zip_is_told(content):
    with pytest.raises(BadInput, match="not a zip"):
        read_picture_folders(content, CLASSES)
