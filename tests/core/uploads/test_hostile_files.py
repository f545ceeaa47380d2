"""Hostile files end in a sentence, run nothing, and leave no memory behind."""

import gc
import json
import os
import pickle
import re
import struct
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save

from core.errors import BadInput
from core.uploads import read_weights
from core.uploads.limits import MAX_FILE_BYTES
from core.uploads.picture_folders import read_picture_folders
from core.uploads.pictures import read_picture
from core.uploads.text_tables import read_text_table
from tests.core.uploads.files import Payload, huge_png, picture, torch_file, zipped

CLASSES = ("T-shirt", "Ankle boot")
WANTED = {"a.weight": torch.zeros(3, 4), "a.bias": torch.zeros(3), "count": torch.tensor(0)}


def changed(**tensors):
    return {**WANTED, **tensors}


def swollen():
    """A tensor of a billion numbers that stands on one."""
    return {"a.weight": torch.zeros(1).expand(10**9), "a.bias": torch.zeros(3), "count": torch.tensor(0)}


HEAD = struct.pack("<Q", 2**40) + b"{"
LYING = json.dumps({"a.weight": {"dtype": "F32", "shape": [10**6, 10**6], "data_offsets": [0, 4]}}).encode()
HOSTILE = {
    "an empty file": (read_weights, b"", "empty"),
    "a file above the limit": (read_weights, bytes(MAX_FILE_BYTES + 1), "MB"),
    "noise": (read_weights, bytes(range(256)) * 40, "neither safetensors nor"),
    "a plain pickle": (read_weights, pickle.dumps(WANTED), "neither safetensors nor"),
    "a torch file with a program": (read_weights, torch_file({"a": Payload("/tmp/never")}), "could be a program"),
    "a torch file of a list": (read_weights, torch_file([torch.zeros(3)]), "no state dict"),
    "a torch file of a whole network": (read_weights, torch_file(torch.nn.Linear(2, 2)), "could be a program"),
    "a torch file that swells": (read_weights, torch_file(swollen()), "does not fit"),
    "a sparse tensor": (read_weights, torch_file(changed(count=torch.eye(3).to_sparse())), "sparse"),
    "a tensor without values": (
        read_weights,
        torch_file(changed(count=torch.zeros(3, device="meta"))),
        "without values",
    ),
    "a huge header": (read_weights, HEAD + bytes(2000), "description"),
    "a header that is not JSON": (read_weights, struct.pack("<Q", 4) + b"{{{{" + bytes(9), "neither"),
    "a header of endless brackets": (read_weights, struct.pack("<Q", 99_999) + b"[" * 99_999, "neither"),
    "a header that promises terabytes": (
        read_weights,
        struct.pack("<Q", len(LYING)) + LYING + bytes(4),
        "damaged",
    ),
    "a wrong dtype": (read_weights, save(changed(**{"a.bias": torch.zeros(3).bool()})), "bool numbers"),
    "a wrong shape": (read_weights, save(changed(**{"a.weight": torch.zeros(4, 3)})), "does not fit"),
    "a missing tensor": (read_weights, save({"count": torch.tensor(0)}), "does not fit"),
    "one tensor too many": (read_weights, save(changed(more=torch.zeros(2))), "does not fit"),
    "weights that are not numbers": (
        read_weights,
        save(changed(**{"a.bias": torch.tensor([1.0, float("nan"), 2.0])})),
        "not numbers",
    ),
    "safetensors cut off": (read_weights, save(WANTED)[:-9], "damaged"),
    "no picture": (read_picture, b"GIF89a" + bytes(50), "not a picture"),
    "a picture cut off": (read_picture, picture((200, 200))[:300], "damaged"),
    "one pixel": (read_picture, picture((1, 1)), "1 by 1 pixels"),
    "100 megapixels": (read_picture, huge_png(10_000, 10_000), "million pixels"),
    "a billion pixels": (read_picture, huge_png(40_000, 40_000), "million pixels"),
    "a zip that climbs out": (read_picture_folders, zipped({"../T-shirt/a.png": picture()}), "leads out"),
    "a zip with a root": (read_picture_folders, zipped({"/T-shirt/a.png": picture()}), "leads out"),
    "a zip with a drive": (read_picture_folders, zipped({"C:\\T-shirt\\a.png": picture()}), "leads out"),
    "a zip bomb": (read_picture_folders, zipped({"T-shirt/a.png": bytes(2 * MAX_FILE_BYTES + 1)}), "unpack to more"),
    "a zip of endless files": (read_picture_folders, zipped({f"{i}": b"" for i in range(10_001)}), "10,001 files"),
    "a zip in a zip": (read_picture_folders, zipped({"T-shirt/a.png": zipped({"b": b"c"})}), "not a picture"),
    "a zip without folders": (read_picture_folders, zipped({"a.png": picture()}), "no pictures in folders"),
    "a damaged zip": (read_picture_folders, zipped({"T-shirt/a.png": picture()})[:-30], "damaged"),
    "a table of a million columns": (read_text_table, b"text,label" + b"," * 10**6 + b"\n", "characters|columns"),
    "a line of a million columns": (read_text_table, b"text,label\na,b" + b"," * 10**6 + b"\n", "characters"),
    "a table of sixty columns": (read_text_table, b"text,label" + b",x" * 60 + b"\n", "50 columns"),
    "a table without headings": (read_text_table, b"hello,T-shirt\n", "no rows|no text"),
    "a label that is no class": (read_text_table, b"text,label\nhello,sandal\n", "no class"),
    "too many rows": (read_text_table, b"text,label\n" + b"a,T-shirt\n" * 5_001, "5,000 rows"),
    "an endless text": (read_text_table, b"text,label\n" + b"a" * 10_001 + b",T-shirt\n", "10,001 characters"),
    "a table in an unknown encoding": (read_text_table, b"text,label\n\x81\x8d\x90,T-shirt\n", "encoding"),
    "an open quotation": (read_text_table, b'text,label\n"a,T-shirt\n', "no text or no label|read"),
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
    about = {read_weights: (WANTED,), read_picture: ()}.get(read, (CLASSES,))
    with pytest.raises(BadInput) as told:
        read(content, *about)
    assert re.search(says, told.value.what), told.value.what
    assert told.value.what[-1] == "." and told.value.advice[-1] in ".,l)"
    assert len(str(told.value)) < 500
    del told
    assert memory() - before < 60, "memory does not come back"
    assert not Path("/tmp/never").exists()


@given(st.binary(max_size=400))
def test_any_bytes_end_in_a_sentence_or_are_read(content):
    for read, about in (
        (read_weights, WANTED),
        (read_picture_folders, CLASSES),
        (read_text_table, CLASSES),
    ):
        with pytest.raises(BadInput):
            read(content, about)
    with pytest.raises(BadInput):
        read_picture(content)
