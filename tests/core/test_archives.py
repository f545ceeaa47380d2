"""Zips of pictures from people: what is good in them is judged, the rest is named, nothing is unpacked without end."""

import bz2
import contextlib
import io
import struct
import tracemalloc
import unicodedata
import zipfile
import zlib
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core.errors import BadInput
from core.tasks.brought import Labelled, judge, read_labelled
from core.tasks.demo import UploadAdapter
from core.uploads import readers
from core.uploads.readers import LeftOut, NoClass, match_label
from tests.core.test_inbox import huge_png, picture, saved, zipped
from tests.core.test_pictures import box

CLASSES = ("T-shirt", "Trousers", "Coat")
NAMES = {"T-shirt/top": "T-shirt", "Trouser": "Trousers"}
METHODS = {
    "stored": zipfile.ZIP_STORED,
    "deflate": zipfile.ZIP_DEFLATED,
    "bzip2": zipfile.ZIP_BZIP2,
    "lzma": zipfile.ZIP_LZMA,
}


def looker(**own):
    """A task that takes pictures and names the class by how light they are."""
    inputs = lambda given: torch.tensor([[float(np.asarray(each).mean())] for each in given])  # noqa: E731
    return SimpleNamespace(own=UploadAdapter("picture", inputs, **own), classes=CLASSES)


def left(read):
    return {each.what: each.why for each in read.left_out}


@pytest.mark.parametrize("method", METHODS)
def test_whatever_way_a_zip_is_packed_it_is_read(method):
    read = readers.read_pictures(
        zipped({"Coat/1.png": picture(), "T-shirt/2.png": picture()}, METHODS[method]), CLASSES
    )
    assert read.labels == [2, 0]
    assert (read.left_out, read.of) == ((), 2)


STRAY = {
    "Coat/Thumbs.db": (b"\xd0\xcf\x11\xe0" + bytes(400), "operating system"),
    "Coat/desktop.ini": (b"[.ShellClassInfo]", "operating system"),
    "Coat/.DS_Store": (bytes(100), "operating system"),
    "Coat/._1.png": (bytes(100), "operating system"),
    "Coat/notes.txt": (b"bought in May", "not a picture"),
    "Coat/phone.HEIC": (box(b"heic", b"mif1"), "HEIC"),
    "Coat/film.mov": (box(b"qt  "), "not a picture"),
    "Coat/empty.png": (b"", "empty"),
    "Coat/half.png": (picture((200, 200))[:300], "damaged"),
    "Coat/small.png": (picture((4, 4)), "4 by 4 pixels"),
    "Coat/huge.png": (huge_png(10_000, 10_000), "million pixels"),
    "Coat/inner.zip": (zipped({"a.png": picture()}), "not a picture"),
}


def test_stray_files_in_a_class_folder_are_left_out_and_named():
    files = {name: content for name, (content, _) in STRAY.items()}
    read = readers.read_pictures(zipped({"Coat/1.png": picture(), **files, "Coat/2.png": picture()}), CLASSES)
    assert read.labels == [2, 2]
    assert set(left(read)) == set(STRAY)
    assert {name: why for name, why in left(read).items() if STRAY[name][1] not in why} == {}
    assert read.of == 2 + sum("operating system" not in why for why in left(read).values())


@pytest.mark.parametrize("name", STRAY)
def test_a_zip_of_nothing_else_is_refused_and_says_why(name):
    content, says = STRAY[name]
    with pytest.raises(BadInput) as told:
        readers.read_pictures(zipped({name: content}), CLASSES)
    if says == "operating system":
        assert "no pictures in folders" in told.value.what
    else:
        assert says in told.value.what and name in told.value.what


def test_what_macos_adds_is_counted_in_one_line():
    extra = {f"__MACOSX/Coat/._{n}.png": bytes(50) for n in range(30)}
    read = readers.read_pictures(zipped({"Coat/1.png": picture(), **extra}), CLASSES)
    assert list(left(read)) == ["folder __MACOSX (30 files)"]
    assert read.of == 1


def test_folders_that_are_no_class_are_named_with_how_much_is_in_them():
    socks = {f"set/socks/{n}.png": picture() for n in range(12)}
    files = {"set/Coat/1.png": picture(), **socks, "set/hats/1.png": picture(), "readme.txt": b"hello"}
    read = readers.read_pictures(zipped(files), CLASSES)
    assert set(left(read)) == {"folder set/socks (12 files)", "folder set/hats (1 file)", "readme.txt"}
    assert "'socks' is no class here" in left(read)["folder set/socks (12 files)"]
    assert read.of == 15


def test_folders_named_as_the_data_names_them_are_matched():
    files = {"T-shirt_top/1.png": picture(), "Trouser/2.png": picture(), "T-shirt/top/3.png": picture()}
    read = read_labelled(looker(aliases=NAMES), zipped(files))
    assert (read.labels, read.left_out, read.of) == ([0, 1, 0], (), 3)
    assert read.counts == {"T-shirt": 2, "Trousers": 1, "Coat": 0}


def test_without_other_names_the_same_folders_are_left_out_and_named():
    files = {"T-shirt_top/1.png": picture(), "Trouser/2.png": picture(), "Coat/3.png": picture()}
    read = read_labelled(looker(), zipped(files))
    assert (read.labels, read.of) == ([2], 3)
    assert set(left(read)) == {"folder T-shirt_top (1 file)", "folder Trouser (1 file)"}


def test_what_a_task_refuses_is_left_out_with_its_reason():
    def check(given):
        if given.width > 100:
            raise BadInput("This picture is too wide.", "Cut it.")

    files = {"Coat/wide.png": picture((200, 20)), "Coat/good.png": picture()}
    read = read_labelled(looker(check=check), zipped(files))
    assert read.left_out == (LeftOut("Coat/wide.png", "This picture is too wide."),)
    assert read.counts["Coat"] == 1


@pytest.mark.parametrize("name", ["Coat/12:30.png", "Coat/a:b:c.png", "20:15/Coat/1.png", "Coat/C:.png", "Coat/a..png"])
def test_a_name_that_only_looks_strange_is_read(name):
    assert readers.read_pictures(zipped({name: picture()}), CLASSES).labels == [2]


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
        readers.read_pictures(raw_name(name, name), CLASSES)


def test_a_name_with_a_hidden_end_is_refused():
    with pytest.raises(BadInput, match="leads out"):
        readers.read_pictures(raw_name("", "Coat/a.png\0/../../b"), CLASSES)


def test_names_that_macos_writes_are_read_as_they_are_meant():
    # UTF-8 with accents as characters of their own, and without the flag that says so
    name = unicodedata.normalize("NFD", "Mäntel").encode()
    plain = b"x" * len(name)
    content = zipped({f"{plain.decode()}/1.png": picture()}, zipfile.ZIP_STORED).replace(plain, name)
    assert readers.read_pictures(content, ("Hüte", "Mäntel")).labels == [1]


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
    read = readers.read_pictures(damaged(content, ["Coat/1.png"]), CLASSES)
    assert len(read.items) == 2 and read.of == 3
    assert list(left(read)) == ["Coat/1.png"] and "damaged" in left(read)["Coat/1.png"]
    with pytest.raises(BadInput, match=r"Coat/0\.png: .*damaged"):
        readers.read_pictures(damaged(content, files), CLASSES)


GOOD = {
    name: zipped({"Coat/1.png": picture(), "T-shirt/2.jpg": picture((20, 20), "JPEG")}, METHODS[name])
    for name in METHODS
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=300)
@given(data=st.data())
def test_one_changed_byte_ends_in_pictures_or_a_sentence(method, data):
    content = bytearray(GOOD[method])
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(BadInput):
        read = readers.read_pictures(bytes(content), CLASSES)
        assert len(read.items) + len(read.left_out) >= 1


@pytest.mark.filterwarnings("ignore")
@given(st.data())
def test_one_changed_byte_in_weights_ends_in_weights_or_a_sentence(data):
    wanted = {"a": torch.arange(12.0).reshape(3, 4)}
    content = bytearray(data.draw(st.sampled_from([saved(wanted), inbox_safetensors(wanted)])))
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(BadInput):
        assert readers.read_weights(bytes(content), wanted)["a"].shape == (3, 4)


def inbox_safetensors(tensors):
    from safetensors.torch import save

    return save(tensors)


def entry(content, method, size, crc=0, name=b"Coat/a.png"):
    """A zip by hand: one file, packed as given, which says that it unpacks to `size` bytes."""
    common = struct.pack("<HHHHHIIIHH", 20, 0, method, 0, 0, crc, len(content), size, len(name), 0)
    local = b"PK\3\4" + common + name + content
    directory = b"PK\1\2" + struct.pack("<H", 20) + common + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name
    return local + directory + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(directory), len(local), 0)


def test_a_zip_by_hand_is_a_zip():
    content = picture()
    assert readers.read_pictures(entry(content, 0, len(content), zlib.crc32(content)), CLASSES).labels == [2]


@pytest.mark.parametrize("size", [100, 90_000_000])
def test_a_bomb_of_bzip2_is_never_unpacked_beyond_what_it_says(size):
    bomb = bz2.compress(bytes(50_000_000))
    assert len(bomb) < 1000
    tracemalloc.start()
    with pytest.raises(BadInput, match=r"more than it says|MB"):
        readers.read_pictures(entry(bomb, zipfile.ZIP_BZIP2, size), CLASSES)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 10_000_000


def test_an_lzma_window_of_gigabytes_is_not_made():
    content = bytearray(zipped({"Coat/1.png": picture()}, zipfile.ZIP_LZMA))
    begin = content.index(b"\x09\x04\x05\x00") if b"\x09\x04\x05\x00" in content else content.index(b"\x05\x00\x5d") - 2
    content[begin + 5 : begin + 9] = b"\xff\xff\xff\xff"
    tracemalloc.start()
    assert readers.read_pictures(bytes(content), CLASSES).labels == [2]
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
        readers.read_pictures(bytes(changed), CLASSES)


def test_what_is_packed_in_another_way_or_locked_is_named():
    good = picture()
    unknown = entry(good, 9, len(good), zlib.crc32(good))
    with pytest.raises(BadInput, match="not read here"):
        readers.read_pictures(unknown, CLASSES)
    locked = bytearray(entry(good, 0, len(good), zlib.crc32(good)))
    for magic, flag in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        locked[locked.index(magic) + flag] |= 1
    with pytest.raises(BadInput, match="password"):
        readers.read_pictures(bytes(locked), CLASSES)


@pytest.mark.parametrize("content", [picture(), b"Rar!\x1a\x07\x01\0" + bytes(99), b"7z\xbc\xaf\x27\x1c" + bytes(99)])
def test_what_is_no_zip_is_told(content):
    with pytest.raises(BadInput, match="not a zip"):
        readers.read_pictures(content, CLASSES)


LANGUAGES = ("C", "C++", "C#", "Java")

MATCHED = [
    ("C", LANGUAGES, 0),
    ("C++", LANGUAGES, 1),
    ("C#", LANGUAGES, 2),
    (" c++ ", LANGUAGES, 1),
    ("c", LANGUAGES, 0),
    ("java", LANGUAGES, 3),
    ("J_a-v a", LANGUAGES, 3),
    ("+1", ("+1", "-1"), 0),
    ("-1", ("+1", "-1"), 1),
    ("us", ("US", "us"), 1),
    ("money fx", ("money-fx", "ship"), 0),
    ("MONEY_FX", ("money-fx", "ship"), 0),
    ("\N{FULLWIDTH LATIN CAPITAL LETTER A}nkle boot", ("T-shirt", "Ankle boot"), 1),
    ("Strasse", ("Straße", "Weg"), 0),
    (unicodedata.normalize("NFD", "Öl"), ("Ol", "Öl"), 1),
    ("1-5", ("1 5", "6"), 0),
    ("😀", ("😀", "😢"), 0),
    ("का", ("की", "का"), 1),
]

UNMATCHED = [
    ("C--", LANGUAGES, "could be any of C, C"),
    ("c.", LANGUAGES, "could be any of C, C"),
    ("C", ("C++", "Java"), "is no class"),
    ("C++", ("C", "Java"), "is no class"),
    ("-1", ("+1", "0"), "is no class"),
    ("1", ("+1", "-1"), r"could be any of \+1, -1"),
    ("1.0", ("10", "1"), "is no class"),
    ("1-5", ("15", "3"), "is no class"),
    ("Us", ("US", "us"), "could be any of US, us"),
    ("a b", ("a-b", "a_b"), "could be any of a-b, a_b"),
    ("same", ("same", "same"), "could be any of"),
    ("", ("---", "x"), "is no class"),
    ("***", ("---", "x"), "is no class"),
    ("!?", ("...", "x"), "is no class"),
    ("की", ("का", "x"), "is no class"),
    ("x" * 100_000, ("x",), "is no class"),
]


@pytest.mark.parametrize(("given", "names", "place"), MATCHED)
def test_a_label_stands_for_the_class_that_it_means(given, names, place):
    assert match_label(given, names) == place


@pytest.mark.parametrize(("given", "names", "says"), UNMATCHED)
def test_a_label_that_could_mean_several_or_none_is_told(given, names, says):
    with pytest.raises(NoClass, match=says) as told:
        match_label(given, names)
    assert len(str(told.value)) < 400


def test_other_names_are_looked_up_by_the_same_rule_and_never_before_a_class():
    aliases = {"T-shirt/top": "T-shirt", "Coat": "Trousers", "n04370456": "Trousers", "gone": "no such class"}
    for other, place in {
        "T-shirt_top": 0,
        "t-shirt/TOP": 0,
        "N04370456": 1,
        "Coat": 2,
        "coat": None,
        "gone": None,
    }.items():
        if place is None:
            with pytest.raises(NoClass):
                match_label(other, CLASSES, aliases)
        else:
            assert match_label(other, CLASSES, aliases) == place


@given(st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=5, unique=True))
def test_a_class_is_always_found_by_its_own_name(names):
    plain = [unicodedata.normalize("NFC", name).strip() for name in names]
    for place, name in enumerate(names):
        if plain[place] and plain.count(plain[place]) == 1:
            assert match_label(name, names) == place


@given(st.text(max_size=6), st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=4))
def test_any_label_is_a_class_or_a_sentence(given_label, names):
    with contextlib.suppress(NoClass):
        assert 0 <= match_label(given_label, names) < len(names)


def fixed(answers):
    """A network that says to a picture of this grey the answers of the table."""
    table = torch.tensor(answers)
    return lambda inputs: table[inputs[:, 0].long()]


def grey(value):
    file = io.BytesIO()
    Image.new("L", (10, 10), value).save(file, "PNG")
    return file.getvalue()


def test_what_gets_no_answer_is_wrong_and_a_network_without_answers_has_no_figure():
    task = looker()
    given = read_labelled(task, zipped({"T-shirt/0.png": grey(0), "T-shirt/1.png": grey(1), "Coat/2.png": grey(2)}))
    nan, inf = float("nan"), float("inf")
    *_, some = judge(task, fixed([[9.0, 0, 0], [nan, nan, nan], [0.0, 0, 9]]), given)
    assert (some.value, some.n) == (pytest.approx(2 / 3), 3)
    for nothing in ([nan, nan, nan], [inf, 0, 0], [nan, 5, 0]):
        *_, none = judge(task, fixed([nothing] * 3), given)
        assert np.isnan([none.value, none.low, none.high]).all()


def test_an_item_that_cannot_be_read_ends_nothing_half_way():
    def inputs(items):
        if any(item == "bad" for item in items):
            raise BadInput("None of these words is known.", "Type others.")
        return torch.tensor([[float(len(item))] for item in items])

    task = SimpleNamespace(own=UploadAdapter("text", inputs), classes=("a", "b"))
    items = ["x"] * 40 + ["bad"] + ["x"] * 9
    told = list(judge(task, lambda seen: torch.cat([seen, -seen], 1), Labelled(items, [0] * 50, (), 50, {"a": 50})))
    assert (told[-1].n, told[-1].value) == (50, 49 / 50)
