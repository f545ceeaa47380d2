"""Files of torch.save, zipped or of old: read by torch's reader of tensors, which runs nothing that is in them.

Settings that people keep beside their weights (argparse's Namespace, numpy's numbers, paths) are objects, not tensors.
None of these is made: each is read as an empty stand-in.
"""

import io
import re
import threading
from typing import Any

import torch

from core.errors import BadInput
from core.language import text
from core.uploads.archives import ZIP_BEGINS, files_in_zip
from core.uploads.limits import MAX_DESCRIPTION_BYTES, MAX_LEGACY_READS

MAGIC = b"l\xfc\x9cF\xf9 j\xa8P\x19."
"""What stands near the beginning of files that torch wrote before 1.6."""

SETTINGS = (
    "argparse.Namespace",
    "types.SimpleNamespace",
    "_codecs.encode",
    "datetime.datetime",
    "datetime.timedelta",
    "numpy.dtype",
    "numpy.ndarray",
    *(f"numpy.dtypes.{kind}DType" for kind in ("Float16", "Float32", "Float64", "Int32", "Int64", "Bool", "UInt32")),
    *(f"numpy.{core}.multiarray.{name}" for core in ("core", "_core") for name in ("scalar", "_reconstruct")),
    *(f"pathlib{local}.{kind}Path" for local in ("", "._local") for kind in ("Posix", "Windows", "PurePosix")),
    "easydict.EasyDict",
    "yacs.config.CfgNode",
    "omegaconf.dictconfig.DictConfig",
    "omegaconf.listconfig.ListConfig",
    "omegaconf.base.ContainerMetadata",
    "omegaconf.base.Metadata",
    "omegaconf.nodes.AnyNode",
    "typing.Any",
    "pytorch_lightning.utilities.parsing.AttributeDict",
    "lightning.pytorch.utilities.parsing.AttributeDict",
    "lightning_fabric.utilities.data.AttributeDict",
    "lightning.fabric.utilities.data.AttributeDict",
)
"""Names of what people keep beside weights; a stand-in is read in the place of each."""

_ONE_AT_A_TIME = threading.Lock()


class StandIn:
    """Stand for an object of a file that is not made; it takes whatever it is given, and holds nothing of it."""

    def __new__(cls, *_: Any, **__: Any) -> "StandIn":
        """Make one, whatever the object would be made of."""
        return super().__new__(cls)

    def __setstate__(self, state: Any) -> None:
        """Forget what the object held."""


class _Bounded(io.BytesIO):
    """Give out bytes so many times at most, since a file of old may be one endless description."""

    reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Read as usual. Raises EOFError once this was asked for too often."""
        self.reads += 1
        if self.reads > MAX_LEGACY_READS:
            raise EOFError("The description has no end.")
        return super().read(size)


def looks_like_torch(content: bytes) -> bool:
    """Tell whether a file begins as those do that torch wrote before it wrote zips."""
    return content.startswith(b"\x80") and MAGIC in content[:32]


def read_torch_file(content: bytes, max_bytes: int) -> object:
    """Read what torch.save wrote: tensors, and plain lists and mappings around them. Raises BadInput.

    max_bytes: how large the file may be; a zip unpacks to twice that at most.
    """
    if content.startswith(ZIP_BEGINS):
        _check_zip(content, max_bytes)
    try:
        return _load(content)
    except Exception as error:  # pickles of strangers fail in any way they like
        raise _refused(str(error)) from error


def _check_zip(content: bytes, max_bytes: int) -> None:
    """Raise BadInput for a zip whose description is too long, or that holds a program."""
    for file in files_in_zip(content, max_bytes):
        if file.path.suffix == ".pkl" and file.size > MAX_DESCRIPTION_BYTES:
            raise BadInput(
                text("The description in this file has {size:,} bytes.", size=file.size),
                text("Save the state dict alone."),
            )
        if file.path.name == "constants.pkl":
            raise BadInput(
                text("This torch file is a TorchScript program, which is not run here."),
                text("Load it where you trust it and save its weights: torch.save(program.state_dict(), ...)."),
            )


def _load(content: bytes) -> object:
    """Read a file as tensors; if it holds settings too, these as stand-ins."""
    try:
        return torch.load(_Bounded(content), map_location="cpu", weights_only=True)
    except Exception as error:
        if not any(name in str(error) for name in SETTINGS):
            raise
    stand_ins: list[Any] = [(StandIn, name) for name in SETTINGS]
    with _ONE_AT_A_TIME, torch.serialization.safe_globals(stand_ins):
        return torch.load(_Bounded(content), map_location="cpu", weights_only=True)


def _refused(said: str) -> BadInput:
    """Say why a file was not opened, from what torch says of it."""
    asked = re.search(r"(?:GLOBAL|global) (torch\.nn\.modules[\w.]+|__main__\.\w+|\w*models?[\w.]*)", said)
    if asked:
        return BadInput(
            text(
                "This torch file holds a whole network ({asked}) that could be a program; it was not opened.",
                asked=asked[1][:60],
            ),
            text(
                "Where you made it, save its weights alone: torch.save(network.state_dict(), ...), or as safetensors."
            ),
        )
    return BadInput(
        text("This torch file is damaged, or holds more than tensors, which could be a program; it was not opened."),
        text("Save the state dict alone: torch.save(network.state_dict(), ...), or as safetensors."),
    )
