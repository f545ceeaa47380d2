"""Weights from people: a state dict as safetensors or as a torch file, read without running what is in it."""

import io
import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from torch import Tensor

from core.errors import BadInput
from core.uploads.archives import ZIP_BEGINS, files_in_zip
from core.uploads.limits import MAX_DESCRIPTION_BYTES, MAX_FOREIGN_NAME, WEIGHTS_FILE_RATIO, check_size

SAFETENSORS_DTYPES = {
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
"""Name of a dtype in a safetensors header -> the dtype."""

ShapeAndDtype = tuple[tuple[int, ...], torch.dtype]


@dataclass(frozen=True)
class Difference:
    """Name one tensor that is not as the architecture wants it: what is expected, and found; "" for nothing."""

    name: str
    expected: str
    found: str


class DoesNotFit(BadInput):
    """Refuse a state dict of another network; `differences` say how it differs."""

    def __init__(self, differences: Sequence[Difference]) -> None:
        super().__init__(
            f"This file does not fit the network: {len(differences):,} of its tensors differ.",
            "Compare names, shapes and dtypes in the table, and choose the architecture that it was saved from.",
        )
        self.differences = tuple(differences)


def read_weights(content: bytes, wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Read a state dict, safetensors or a torch file, that has exactly the wanted names, shapes and dtypes.

    Raises DoesNotFit with what differs, before any tensor of a safetensors file is read; BadInput for anything else.
    """
    check_size(content, max_weights_bytes(wanted))
    read = _from_torch_file if content.startswith(ZIP_BEGINS) else _from_safetensors
    tensors = read(content, wanted)
    broken = [name for name, value in tensors.items() if value.is_floating_point() and not value.isfinite().all()]
    if broken:
        raise BadInput(
            f"{len(broken)} tensors hold values that are not numbers (NaN or infinite), the first is {broken[0]}.",
            "Train again with a gentler learning rate, or choose an earlier checkpoint.",
        )
    return {name: value.contiguous().clone() for name, value in tensors.items()}


def max_weights_bytes(wanted: Mapping[str, Tensor]) -> int:
    """Return how many bytes a file of these tensors may have."""
    return MAX_DESCRIPTION_BYTES + WEIGHTS_FILE_RATIO * sum(value.nbytes for value in wanted.values())


def _check_fit(found: Mapping[str, ShapeAndDtype], wanted: Mapping[str, Tensor]) -> None:
    """Raise DoesNotFit unless names, shapes and dtypes are the wanted ones."""
    expected = _shapes_and_dtypes(wanted)
    names = [*expected, *(name for name in found if name not in expected)]
    differences = [
        Difference(name[:MAX_FOREIGN_NAME], _in_words(expected.get(name)), _in_words(found.get(name)))
        for name in names
        if expected.get(name) != found.get(name)
    ]
    if differences:
        raise DoesNotFit(differences)


def _shapes_and_dtypes(tensors: Mapping[str, Tensor]) -> dict[str, ShapeAndDtype]:
    return {name: (tuple(value.shape), value.dtype) for name, value in tensors.items()}


def _in_words(kind: ShapeAndDtype | None) -> str:
    """Write a shape and a dtype, as in "3 x 4, float32"."""
    return "" if kind is None else f"{' x '.join(map(str, kind[0])) or 'one number'}, {str(kind[1])[6:]}"


def _from_safetensors(content: bytes, wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Read the tensors of a safetensors file whose header fits. Raises BadInput."""
    _check_fit(_safetensors_header(content), wanted)
    try:
        return load_safetensors(content)
    except (SafetensorError, ValueError) as error:
        raise BadInput("The file is damaged: its tensors are not where it says.", "Save it again.") from error


def _safetensors_header(content: bytes) -> dict[str, ShapeAndDtype]:
    """Read what a safetensors file says it holds, and no more than that. Raises BadInput."""
    wrong = BadInput(
        "This is neither safetensors nor a torch file of today.",
        "Save the network's state dict with safetensors, or with torch.save(network.state_dict(), ...).",
    )
    if len(content) < 8:
        raise wrong
    (length,) = struct.unpack("<Q", content[:8])
    if length > min(MAX_DESCRIPTION_BYTES, len(content) - 8):
        if content[8:9] == b"{":
            raise BadInput(
                f"The description in this file has {length:,} bytes.", f"At most {MAX_DESCRIPTION_BYTES:,} are read."
            )
        raise wrong
    try:
        header = json.loads(content[8 : 8 + length])
        return {
            name: (tuple(int(size) for size in entry["shape"]), SAFETENSORS_DTYPES[entry["dtype"]])
            for name, entry in header.items()
            if name != "__metadata__"
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise wrong from error


def _from_torch_file(content: bytes, wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Read a torch file that holds nothing but fitting tensors by name; refuse what it would execute.

    Raises BadInput.
    """
    for file in files_in_zip(content, max_weights_bytes(wanted)):
        if file.path.suffix == ".pkl" and file.size > MAX_DESCRIPTION_BYTES:
            raise BadInput(f"The description in this file has {file.size:,} bytes.", "Save the state dict alone.")
    try:
        loaded = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # pickles of strangers fail in any way they like
        raise BadInput(
            "This torch file is damaged, or holds more than tensors, which could be a program; it was not opened.",
            "Save the state dict alone: torch.save(network.state_dict(), ...), or as safetensors.",
        ) from error
    if isinstance(loaded, Mapping) and isinstance(loaded.get("state_dict"), Mapping):
        loaded = loaded["state_dict"]
    if not isinstance(loaded, Mapping) or not all(isinstance(n, str) and _is_plain(v) for n, v in loaded.items()):
        raise BadInput("This file holds no state dict.", "Save it with torch.save(network.state_dict(), ...).")
    tensors = {name: value.detach() for name, value in loaded.items()}
    _check_fit(_shapes_and_dtypes(tensors), wanted)
    return tensors


def _is_plain(value: object) -> bool:
    """Tell whether something is a tensor in memory, neither sparse nor quantised nor without values."""
    return (
        isinstance(value, Tensor)
        and value.layout is torch.strided
        and value.device.type == "cpu"
        and not value.is_quantized
    )
