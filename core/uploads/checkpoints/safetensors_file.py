"""Files of safetensors: their description is checked before any tensor is read."""

import json
import math
import struct
from collections.abc import Sequence

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor

from core.errors import BadInput
from core.language import text
from core.uploads.limits import MAX_DESCRIPTION_BYTES

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
"""Name of a dtype in a safetensors header -> the dtype."""

DAMAGED = text("The file is damaged: its tensors are not where it says.")


def looks_like_safetensors(content: bytes) -> bool:
    """Tell whether a file begins as one of safetensors does: a length, and a description in JSON."""
    return content[8:9] == b"{"


def read_safetensors(content: bytes) -> dict[str, Tensor]:
    """Read the tensors of a safetensors file. Raises BadInput for one that is damaged, or lies about what it holds."""
    names = _checked_names(content)
    try:
        found = load(content)
        return {name: found[name] for name in names}  # the library gives them in an order of its own
    except (SafetensorError, ValueError, RuntimeError, TypeError, KeyError) as error:
        raise BadInput(DAMAGED, text("Save it again.")) from error


def _checked_names(content: bytes) -> list[str]:
    """Return the names of the tensors in a safetensors file. Raises BadInput unless all of them are in it."""
    (length,) = struct.unpack("<Q", content[:8])
    if length > MAX_DESCRIPTION_BYTES:
        raise BadInput(
            text("The description in this file has {length:,} bytes.", length=length),
            text("At most {max_description_bytes:,} are read.", max_description_bytes=MAX_DESCRIPTION_BYTES),
        )
    try:
        header = json.loads(content[8 : 8 + length])
        entries = {name: entry for name, entry in header.items() if name != "__metadata__"}
        kinds = {str(entry["dtype"]) for entry in entries.values()}
        sizes = [
            (*_pair(entry["data_offsets"]), math.prod(map(int, entry["shape"])), str(entry["dtype"]))
            for entry in entries.values()
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadInput(
            text("This is neither safetensors nor a torch file: its description cannot be read."),
            text("Save the network's state dict with safetensors, or with torch.save(network.state_dict(), ...)."),
        ) from error
    if unknown := sorted(kinds - set(DTYPES)):
        raise BadInput(
            text(
                "This file holds numbers of a kind that is not read here ({unknown}).", unknown=", ".join(unknown)[:40]
            ),
            text("Save the weights in single or half precision."),
        )
    room = len(content) - 8 - length
    for begin, end, numbers, kind in sizes:
        if not 0 <= begin <= end <= room or numbers * DTYPES[kind].itemsize != end - begin:
            raise BadInput(DAMAGED, text("Save it again."))
    return list(entries)


def _pair(offsets: Sequence[int]) -> tuple[int, int]:
    """Return where a tensor begins and ends. Raises ValueError for anything but two numbers."""
    begin, end = offsets
    return int(begin), int(end)
