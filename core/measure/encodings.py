"""How small a pruned network's file really gets: written in several ways, and read back."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from safetensors.torch import load, save
from torch import Tensor, nn

from core.language import text

Tensors = Mapping[str, Tensor]


@dataclass(frozen=True)
class Encoding:
    """One way to write tensors: encode gives a file's bytes, decode the tensors again, bit by bit the same."""

    encode: Callable[[Tensors], bytes]
    decode: Callable[[bytes], dict[str, Tensor]]
    about: str


def file_sizes(model: nn.Module) -> dict[str, int]:
    """Return the size in bytes of a network's file for each of ENCODINGS.

    Each is really written and read back; raises ValueError if what comes back differs.
    """
    tensors = plain_tensors(model)
    found = {}
    for name, encoding in ENCODINGS.items():
        content = encoding.encode(tensors)
        back = encoding.decode(content)
        if set(back) != set(tensors) or any(not _same(back[key], tensors[key]) for key in tensors):
            raise ValueError(f"The encoding {name!r} does not give back what was written.")
        found[name] = len(content)
    return found


def plain_tensors(model: nn.Module) -> dict[str, Tensor]:
    """Return a model's state as tensors to write: contiguous, and a zero is a zero, whatever its sign.

    `prune.remove` of torch leaves negative zeros, which would else be kept as if they were weights.
    """
    found, seen = {}, set()
    for name, value in model.state_dict().items():
        value = value.detach().contiguous()
        shared = value.untyped_storage().data_ptr() in seen  # tied weights cannot be written as one
        seen.add(value.untyped_storage().data_ptr())
        found[name] = value.clone() if shared else value
    return {
        name: value + 0.0 if value.is_floating_point() and bool(((value == 0) & value.signbit()).any()) else value
        for name, value in found.items()
    }


def quick_size(model: nn.Module) -> int:
    """Return the bytes of a network's file in the smallest of the encodings that take no compressing; really written.

    A search asks for it often; `file_sizes` reads back too.
    """
    tensors = plain_tensors(model)
    return min(len(ENCODINGS[name].encode(tensors)) for name in QUICK)


def to_bitmask(tensors: Tensors) -> bytes:
    """Write of each matrix of floats one bit a place that says whether it is kept, and the kept values."""
    parts: dict[str, Tensor] = {}
    for name, value in tensors.items():
        if _worth(value):
            kept = value.reshape(-1) != 0
            parts[f"{name}.bits"] = torch.from_numpy(np.packbits(kept.numpy()))
            parts[f"{name}.values"] = value.reshape(-1)[kept]
            parts[f"{name}.shape"] = torch.tensor(value.shape)
        else:
            parts[name] = value
    return save(parts)


def from_bitmask(content: bytes) -> dict[str, Tensor]:
    """Read what `to_bitmask` wrote."""
    parts = load(content)
    found = {}
    for name, value in parts.items():
        owner, _, kind = name.rpartition(".")
        if kind == "bits" and f"{owner}.values" in parts:
            shape = tuple(parts[f"{owner}.shape"].tolist())
            whole = torch.zeros(int(np.prod(shape)), dtype=parts[f"{owner}.values"].dtype)
            kept = np.unpackbits(value.numpy(), count=whole.numel()).astype(bool)
            whole[torch.from_numpy(kept)] = parts[f"{owner}.values"]
            found[owner] = whole.reshape(shape)
        elif not (kind in ("values", "shape") and f"{owner}.bits" in parts):
            found[name] = value
    return found


def to_csr(tensors: Tensors) -> bytes:
    """Write of each matrix of floats, row by row, the places of the kept values in as few bytes as hold them."""
    parts: dict[str, Tensor] = {}
    for name, value in tensors.items():
        if _worth(value):
            rows = value.reshape(len(value), -1)
            places = rows.nonzero()
            column = torch.int16 if rows.shape[1] <= 2**15 else torch.int32
            counts = torch.bincount(places[:, 0], minlength=len(rows))
            parts[f"{name}.columns"] = places[:, 1].to(column)
            parts[f"{name}.counts"] = counts.to(torch.int32)
            parts[f"{name}.values"] = rows[places[:, 0], places[:, 1]]
            parts[f"{name}.shape"] = torch.tensor(value.shape)
        else:
            parts[name] = value
    return save(parts)


def from_csr(content: bytes) -> dict[str, Tensor]:
    """Read what `to_csr` wrote."""
    parts = load(content)
    found = {}
    for name, value in parts.items():
        owner, _, kind = name.rpartition(".")
        if kind == "columns" and f"{owner}.counts" in parts:
            shape = tuple(parts[f"{owner}.shape"].tolist())
            rows = torch.zeros(shape[0], int(np.prod(shape[1:])), dtype=parts[f"{owner}.values"].dtype)
            row = torch.repeat_interleave(torch.arange(shape[0]), parts[f"{owner}.counts"].long())
            rows[row, value.long()] = parts[f"{owner}.values"]
            found[owner] = rows.reshape(shape)
        elif not (kind in ("counts", "values", "shape") and f"{owner}.columns" in parts):
            found[name] = value
    return found


def to_plain(tensors: Tensors) -> bytes:
    """Write a plain file, every number of it."""
    return save(dict(tensors))


def to_zip(tensors: Tensors) -> bytes:
    """Write a plain file and compress it."""
    return zlib.compress(save(dict(tensors)), 6)


def from_zip(content: bytes) -> dict[str, Tensor]:
    """Read what `to_zip` wrote."""
    return load(zlib.decompress(content))


ENCODINGS: Mapping[str, Encoding] = {
    text("dense"): Encoding(to_plain, load, text("every number, zeros too")),
    text("zipped"): Encoding(to_zip, from_zip, text("the same, compressed (DEFLATE)")),
    text("bitmask"): Encoding(to_bitmask, from_bitmask, text("one bit a place, then the kept values")),
    text("csr"): Encoding(to_csr, from_csr, text("the column of each kept value, then the values")),
}


QUICK = ("dense", "bitmask", "csr")
"""Encodings that are written without compressing."""


def _worth(value: Tensor) -> bool:
    """Whether zeros of a tensor are left out; a negative zero or anything that is not a number is kept as it is."""
    return (
        value.is_floating_point()
        and value.ndim > 1
        and value.numel() > 0
        and not bool(((value == 0) & value.signbit()).any())
    )


def _same(one: Tensor, two: Tensor) -> bool:
    """Whether two tensors are the same bit by bit."""
    return one.shape == two.shape and one.dtype == two.dtype and one.numpy().tobytes() == two.numpy().tobytes()
