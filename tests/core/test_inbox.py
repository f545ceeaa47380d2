"""Files from people: good ones are read, hostile ones end in a sentence, run nothing, and leave no memory behind."""

import gc
import io
import json
import os
import pickle
import re
import struct
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from safetensors.torch import save

from core.errors import BadInput
from core.tasks.brought import with_checkpoint
from core.uploads import readers

CLASSES = ("T-shirt", "Ankle boot")
WANTED = {"a.weight": torch.zeros(3, 4), "a.bias": torch.zeros(3), "count": torch.tensor(0)}


def saved(value):
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


def changed(**tensors):
    return {**WANTED, **tensors}


def swollen():
    """A tensor of a billion numbers that stands on one."""
    return {"a.weight": torch.zeros(1).expand(10**9), "a.bias": torch.zeros(3), "count": torch.tensor(0)}


HEAD = struct.pack("<Q", 2**40) + b"{"
LYING = json.dumps({"a.weight": {"dtype": "F32", "shape": [10**6, 10**6], "data_offsets": [0, 4]}}).encode()

HOSTILE = {
    "an empty file": (readers.read_weights, b"", "empty"),
    "a file above the limit": (readers.read_weights, bytes(readers.LARGEST + 1), "MB"),
    "noise": (readers.read_weights, bytes(range(256)) * 40, "neither safetensors nor"),
    "a plain pickle": (readers.read_weights, pickle.dumps(WANTED), "neither safetensors nor"),
    "a torch file with a program": (readers.read_weights, saved({"a": Payload("/tmp/never")}), "could be a program"),
    "a torch file of a list": (readers.read_weights, saved([torch.zeros(3)]), "no state dict"),
    "a torch file of a whole network": (readers.read_weights, saved(torch.nn.Linear(2, 2)), "could be a program"),
    "a torch file that swells": (readers.read_weights, saved(swollen()), "does not fit"),
    "a sparse tensor": (readers.read_weights, saved(changed(count=torch.eye(3).to_sparse())), "no state dict"),
    "a tensor without values": (
        readers.read_weights,
        saved(changed(count=torch.zeros(3, device="meta"))),
        "state dict",
    ),
    "a huge header": (readers.read_weights, HEAD + bytes(2000), "description"),
    "a header that is not JSON": (readers.read_weights, struct.pack("<Q", 4) + b"{{{{" + bytes(9), "neither"),
    "a header of endless brackets": (readers.read_weights, struct.pack("<Q", 99_999) + b"[" * 99_999, "neither"),
    "a header that promises terabytes": (
        readers.read_weights,
        struct.pack("<Q", len(LYING)) + LYING + bytes(4),
        "does not fit",
    ),
    "a wrong dtype": (readers.read_weights, save(changed(**{"a.bias": torch.zeros(3).double()})), "does not fit"),
    "a wrong shape": (readers.read_weights, save(changed(**{"a.weight": torch.zeros(4, 3)})), "does not fit"),
    "a missing tensor": (readers.read_weights, save({"count": torch.tensor(0)}), "does not fit"),
    "one tensor too many": (readers.read_weights, save(changed(more=torch.zeros(2))), "does not fit"),
    "weights that are not numbers": (
        readers.read_weights,
        save(changed(**{"a.bias": torch.tensor([1.0, float("nan"), 2.0])})),
        "not numbers",
    ),
    "safetensors cut off": (readers.read_weights, save(WANTED)[:-9], "damaged"),
    "no picture": (readers.read_picture, b"GIF89a" + bytes(50), "not a picture"),
    "a picture cut off": (readers.read_picture, picture((200, 200))[:300], "damaged"),
    "one pixel": (readers.read_picture, picture((1, 1)), "1 by 1 pixels"),
    "100 megapixels": (readers.read_picture, huge_png(10_000, 10_000), "million pixels"),
    "a billion pixels": (readers.read_picture, huge_png(40_000, 40_000), "million pixels"),
    "a zip that climbs out": (readers.read_pictures, zipped({"../T-shirt/a.png": picture()}), "leads out"),
    "a zip with a root": (readers.read_pictures, zipped({"/T-shirt/a.png": picture()}), "leads out"),
    "a zip with a drive": (readers.read_pictures, zipped({"C:\\T-shirt\\a.png": picture()}), "leads out"),
    "a zip bomb": (readers.read_pictures, zipped({"T-shirt/a.png": bytes(2 * readers.LARGEST + 1)}), "unpack to more"),
    "a zip of endless files": (readers.read_pictures, zipped({f"{i}": b"" for i in range(10_001)}), "10,001 files"),
    "a zip in a zip": (readers.read_pictures, zipped({"T-shirt/a.png": zipped({"b": b"c"})}), "not a picture"),
    "a zip without folders": (readers.read_pictures, zipped({"a.png": picture()}), "no pictures in folders"),
    "a damaged zip": (readers.read_pictures, zipped({"T-shirt/a.png": picture()})[:-30], "damaged"),
    "a table of a million columns": (readers.read_texts, b"text,label" + b"," * 10**6 + b"\n", "characters|columns"),
    "a line of a million columns": (readers.read_texts, b"text,label\na,b" + b"," * 10**6 + b"\n", "characters"),
    "a table of sixty columns": (readers.read_texts, b"text,label" + b",x" * 60 + b"\n", "50 columns"),
    "a table without headings": (readers.read_texts, b"hello,T-shirt\n", "no rows|no text"),
    "a label that is no class": (readers.read_texts, b"text,label\nhello,sandal\n", "no class"),
    "too many rows": (readers.read_texts, b"text,label\n" + b"a,T-shirt\n" * 5_001, "5,000 rows"),
    "an endless text": (readers.read_texts, b"text,label\n" + b"a" * 10_001 + b",T-shirt\n", "10,001 characters"),
    "a table in an unknown encoding": (readers.read_texts, b"text,label\n\x81\x8d\x90,T-shirt\n", "encoding"),
    "an open quotation": (readers.read_texts, b'text,label\n"a,T-shirt\n', "no text or no label|read"),
}


@pytest.fixture(autouse=True, scope="module")
def quick_collection():
    """Let the garbage collector look at what is new only, or each look would go through all of torch."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def memory():
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_ends_in_a_sentence(what):
    read, content, says = HOSTILE[what]
    before = memory()
    about = {readers.read_weights: (WANTED,), readers.read_picture: ()}.get(read, (CLASSES,))
    with pytest.raises(BadInput) as told:
        read(content, *about)
    assert re.search(says, told.value.what), told.value.what
    assert told.value.what[-1] == "." and told.value.advice[-1] in ".,l)"
    assert len(str(told.value)) < 500
    del told
    assert memory() - before < 60, "memory does not come back"
    assert not Path("/tmp/never").exists()


@pytest.mark.parametrize("write", [save, saved, lambda tensors: saved({"state_dict": tensors, "epoch": 3})])
def test_a_state_dict_is_read_bit_by_bit(write):
    tensors = {"a.weight": torch.randn(3, 4), "a.bias": torch.randn(3), "count": torch.tensor(7)}
    found = readers.read_weights(write(tensors), WANTED)
    assert all(torch.equal(found[name], value) for name, value in tensors.items())


def test_what_differs_is_told_tensor_by_tensor():
    with pytest.raises(readers.DoesNotFit) as told:
        readers.read_weights(save({"a.weight": torch.zeros(4, 3), "b": torch.zeros(1).half()}), WANTED)
    assert [(each.name, each.expected, each.found) for each in told.value.differences] == [
        ("a.weight", "3 x 4, float32", "4 x 3, float32"),
        ("a.bias", "3, float32", ""),
        ("count", "one number, int64", ""),
        ("b", "", "1, float16"),
    ]


@given(st.binary(max_size=400))
def test_any_bytes_end_in_a_sentence_or_are_read(content):
    for read, about in (
        (readers.read_weights, WANTED),
        (readers.read_pictures, CLASSES),
        (readers.read_texts, CLASSES),
    ):
        with pytest.raises(BadInput):
            read(content, about)
    with pytest.raises(BadInput):
        readers.read_picture(content)


def test_pictures_in_class_folders_are_found_whatever_the_case():
    files = {"set/t_shirt/1.png": picture(), "set/ANKLE BOOT/2.jpg": picture((60, 40), "JPEG"), "notes.txt": b"no"}
    read = readers.read_pictures(zipped(files), CLASSES)
    assert read.labels == [0, 1]
    assert [each.size for each in read.items] == [(28, 28), (60, 40)]
    assert {each.mode for each in read.items} == {"RGB"}
    assert ([each.what for each in read.left_out], read.of) == (["notes.txt"], 3)


def test_a_table_is_read():
    content = '\ufefftext,label,other\n"one, two\nthree",T-Shirt,x\nfour,ankle boot,\n'.encode()
    read = readers.read_texts(content, CLASSES)
    assert (read.items, read.labels) == (["one, two\nthree", "four"], [0, 1])
    assert (read.left_out, read.of) == ((), 2)


def test_a_network_with_weights_of_ones_own_says_whose_they_are(mlp):
    changed_weights = {name: value + 1 for name, value in mlp.model.state_dict().items()}
    mine = with_checkpoint(mlp, save(changed_weights))
    assert mine.info == replace(mlp.info, title=f"{mlp.info.title}, your weights", weights="brought by you")
    assert "this project" not in mine.info.weights
    assert all(torch.equal(value, changed_weights[name]) for name, value in mine.model.state_dict().items())
    assert not any(torch.equal(value, changed_weights[name]) for name, value in mlp.model.state_dict().items())
