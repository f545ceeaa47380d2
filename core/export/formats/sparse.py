"""Weights as one bit a place and the kept values, in an encoding that ten lines of Python read.

Ours for a reason: it is read without this project and without a library, by lines that stand in the README and show how
sparse weights are stored; formats of libraries need the library.
"""

from core.export.formats.base import Format
from core.language import text
from core.measure.encodings import plain_tensors, to_bitmask
from core.pruning import Pruned
from core.tasks.base import Task


def write(task: Task, pruned: Pruned) -> bytes:
    """Write a bit for each place, and the kept values, as safetensors."""
    return to_bitmask(plain_tensors(pruned.model))


def size(pruned: Pruned) -> int:
    """Return the bytes of the file, which is quickly written."""
    return len(to_bitmask(plain_tensors(pruned.model)))


LOADING = """import numpy as np, torch
from safetensors.torch import load_file

parts, weights = load_file("sparse.safetensors"), {}
for name, value in parts.items():
    owner, _, kind = name.rpartition(".")
    if kind == "bits":
        kept = torch.from_numpy(np.unpackbits(value.numpy(), count=int(parts[owner + ".shape"].prod())).astype(bool))
        weights[owner] = torch.zeros(len(kept)).masked_scatter_(kept, parts[owner + ".values"])
        weights[owner] = weights[owner].reshape(parts[owner + ".shape"].tolist())
    elif owner + ".bits" not in parts:
        weights[name] = value
network.load_state_dict(weights)"""

CHOICE = Format(
    name="sparse",
    label=text("Weights, one bit a place"),
    help=text("A bit says where a weight stays; only these are stored. The README in the zip loads it in ten lines."),
    source=text("as the bitmasks of compressed-tensors, Neural Magic 2024"),
    order=1,
    file="sparse.safetensors",
    contents={"sparse.safetensors": text("one bit a place, and the kept weights")},
    write=write,
    size=size,
    loading=LOADING,
    weights_only=True,
)
