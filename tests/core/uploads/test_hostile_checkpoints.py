"""Checkpoints that mean harm: endless, circular, swollen or lying ones end in a sentence, quickly."""

import io
import pickle
import struct
import zipfile

import pytest
import torch
from safetensors.torch import save

from core.errors import BadInput
from core.uploads import read_checkpoint
from core.uploads.checkpoints.torch_file import SETTINGS
from core.uploads.limits import MAX_FILE_BYTES
from tests.core.uploads.files import Payload, torch_file, zipped
from tests.core.uploads.test_checkpoints import WANTED, legacy


def nested(depth):
    inner = {"weights": dict(WANTED)}
    for _ in range(depth):
        inner = {"model": inner}
    return inner


def circular():
    around = {"state": {}}
    around["state"]["again"] = around
    return around


def saved_deep(value):
    """A file of a value that is deeper than Python would pickle: its opening and closing marks by hand."""
    depth = 10_000
    file = torch_file({"here": value})
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    key = b"X" + struct.pack("<I", 1) + b"k"
    name = next(each for each in files if each.endswith("data.pkl"))
    files[name] = b"\x80\x02" + (b"}" + key) * depth + b"}" + b"s" * depth + b"."
    return zipped(files, zipfile.ZIP_STORED)


def lying_bits(**changed):
    parts = {
        "a.weight.bits": torch.zeros(2, dtype=torch.uint8),
        "a.weight.values": torch.zeros(0),
        "a.weight.shape": torch.tensor([3, 4]),
        "a.bias": torch.zeros(3),
        "count": torch.tensor(0),
    }
    return save({**parts, **{f"a.weight.{name}": value for name, value in changed.items()}})


def legacy_of_endless_marks():
    return legacy(WANTED)[:60] + b"(" * 3_000_000


def giant(*shape):
    """A tensor that stands on one number."""
    return torch.zeros(1).expand(*shape)


def of_another_dtype():
    told = b'{"a":{"dtype":"F4","shape":[1],"data_offsets":[0,1]}}'
    return struct.pack("<Q", len(told)) + told + b"\0"


def quantised():
    return torch.quantize_per_tensor(torch.ones(3, 4), 0.1, 0, torch.qint8)


HOSTILE = {
    "nested 10,000 deep": (lambda: saved_deep(WANTED), "no state dict|damaged"),
    "circular": (lambda: torch_file(circular()), "no state dict"),
    "a name of 10,000 letters": (lambda: save({**WANTED, "n" * 10_000: torch.zeros(1)}), "does not fit"),
    "names of 900 parts": (lambda: save({"a." * 450 + f"{i}": torch.zeros(1) for i in range(300)}), "does not fit"),
    "a view of a giant": (lambda: torch_file({**WANTED, "a.weight": giant(30_000, 40_000)}), "shows|does not"),
    "a mask that swells": (
        lambda: torch_file({"a.weight_orig": giant(10**5, 10**5), "a.weight_mask": giant(10**5, 10**5)}),
        "does not fit",
    ),
    "bits of terabytes": (lambda: lying_bits(shape=torch.tensor([10**6, 10**6])), "bits"),
    "bits with too few values": (lambda: lying_bits(bits=torch.full((2,), 255, dtype=torch.uint8)), "bits"),
    "bits of a negative size": (lambda: lying_bits(shape=torch.tensor([-3, -4])), "bits"),
    "quantised": (lambda: torch_file({**WANTED, "a.weight": quantised()}), "not read here|could be a program"),
    "a program among settings": (lambda: torch_file({"state_dict": WANTED, "args": Payload("/tmp/never")}), "program"),
    "a plain pickle in a zip": (lambda: zipped({"model.bin": pickle.dumps(WANTED)}), "neither"),
    "a zip of pictures": (lambda: zipped({"cat/1.png": b"x"}), "no file of weights"),
    "a bomb of a zip": (lambda: zipped({"model.bin": bytes(3 * MAX_FILE_BYTES)}), "unpack to more"),
    "a torch file of old without end": (legacy_of_endless_marks, "damaged"),
    "a description with another dtype": (of_another_dtype, "kind"),
    "ONNX": (lambda: b"\x08\x07\x12" + bytes(60), "ONNX"),
    "Keras": (lambda: b"\x89HDF\r\n\x1a\n" + bytes(60), "Keras"),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_checkpoint_ends_in_a_sentence(what):
    build, says = HOSTILE[what]
    content = build()
    with pytest.raises(BadInput, match=says) as told:
        read_checkpoint(content, WANTED)
    assert told.value.what.endswith(".") and len(str(told.value)) < 500


def test_shared_storage_is_read_and_taken_apart():
    base = torch.arange(100.0)
    shared = {"a.weight": base[:12].reshape(3, 4), "a.bias": base[10:40:10], "count": torch.tensor(0)}
    found = read_checkpoint(torch_file(shared), WANTED).weights
    assert found["a.bias"].tolist() == [10, 20, 30]
    assert found["a.weight"].untyped_storage().nbytes() == 48


def test_depth_is_no_limit_to_what_is_found_or_named():
    found = read_checkpoint(torch_file(nested(30)), WANTED)
    assert all(len(step) < 200 for step in found.steps)


def test_nothing_that_a_stand_in_is_read_for_can_be_called():
    assert not {name.partition(".")[0] for name in SETTINGS} & {
        "os",
        "posix",
        "subprocess",
        "builtins",
        "sys",
        "shutil",
    }
