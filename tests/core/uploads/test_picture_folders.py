"""Zips of labelled pictures: the good ones are judged, and all else in them is named."""

import pytest

from core.errors import BadInput
from core.uploads.picture_folders import read_picture_folders
from tests.core.uploads.files import huge_png, iso_media, left, picture, zipped


def test_pictures_in_class_folders_are_found_whatever_the_case():
    files = {"set/t_shirt/1.png": picture(), "set/ANKLE BOOT/2.jpg": picture((60, 40), "JPEG"), "notes.txt": b"no"}
    read = read_picture_folders(zipped(files), ("T-shirt", "Ankle boot"))
    assert read.labels == [0, 1]
    assert [each.size for each in read.items] == [(28, 28), (60, 40)]
    assert {each.mode for each in read.items} == {"RGB"}
    assert ([each.what for each in read.left_out], read.of) == (["notes.txt"], 3)


CLASSES = ("T-shirt", "Trousers", "Coat")
STRAY = {
    "Coat/Thumbs.db": (b"\xd0\xcf\x11\xe0" + bytes(400), "operating system"),
    "Coat/desktop.ini": (b"[.ShellClassInfo]", "operating system"),
    "Coat/.DS_Store": (bytes(100), "operating system"),
    "Coat/._1.png": (bytes(100), "operating system"),
    "Coat/notes.txt": (b"bought in May", "not a picture"),
    "Coat/phone.HEIC": (iso_media(b"heic", b"mif1"), "HEIC"),
    "Coat/film.mov": (iso_media(b"qt  "), "not a picture"),
    "Coat/empty.png": (b"", "empty"),
    "Coat/half.png": (picture((200, 200))[:300], "damaged"),
    "Coat/small.png": (picture((4, 4)), "4 by 4 pixels"),
    "Coat/huge.png": (huge_png(10_000, 10_000), "million pixels"),
    "Coat/inner.zip": (zipped({"a.png": picture()}), "not a picture"),
}


def test_stray_files_in_a_class_folder_are_left_out_and_named():
    files = {name: content for name, (content, _) in STRAY.items()}
    read = read_picture_folders(zipped({"Coat/1.png": picture(), **files, "Coat/2.png": picture()}), CLASSES)
    assert read.labels == [2, 2]
    assert set(left(read)) == set(STRAY)
    assert {name: why for name, why in left(read).items() if STRAY[name][1] not in why} == {}
    assert read.of == 2 + sum("operating system" not in why for why in left(read).values())


@pytest.mark.parametrize("name", STRAY)
def test_a_zip_of_nothing_else_is_refused_and_says_why(name):
    content, says = STRAY[name]
    with pytest.raises(BadInput) as told:
        read_picture_folders(zipped({name: content}), CLASSES)
    if says == "operating system":
        assert "no pictures in folders" in told.value.what
    else:
        assert says in told.value.what and name in told.value.what


def test_what_macos_adds_is_counted_in_one_line():
    extra = {f"__MACOSX/Coat/._{n}.png": bytes(50) for n in range(30)}
    read = read_picture_folders(zipped({"Coat/1.png": picture(), **extra}), CLASSES)
    assert list(left(read)) == ["folder __MACOSX (30 files)"]
    assert read.of == 1


def test_folders_that_are_no_class_are_named_with_how_much_is_in_them():
    socks = {f"set/socks/{n}.png": picture() for n in range(12)}
    files = {"set/Coat/1.png": picture(), **socks, "set/hats/1.png": picture(), "readme.txt": b"hello"}
    read = read_picture_folders(zipped(files), CLASSES)
    assert set(left(read)) == {"folder set/socks (12 files)", "folder set/hats (1 file)", "readme.txt"}
    assert "'socks' is no class here" in left(read)["folder set/socks (12 files)"]
    assert read.of == 15
