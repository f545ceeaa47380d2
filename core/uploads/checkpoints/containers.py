"""The file around a state dict: safetensors, a torch file, or a zip of a folder with one of these in it."""

import functools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from core.errors import BadInput
from core.language import text, text_of
from core.uploads.archives import ZIP_BEGINS, ZippedFile, files_in_zip, is_system_file
from core.uploads.checkpoints.classes import classes_in
from core.uploads.checkpoints.safetensors_file import looks_like_safetensors, read_safetensors
from core.uploads.checkpoints.state import short
from core.uploads.checkpoints.torch_file import looks_like_torch, read_torch_file
from core.uploads.limits import MAX_DESCRIPTION_BYTES, MAX_SHARDS, MAX_WEIGHTS_IN_ZIP

ENDINGS = (".safetensors", ".pt", ".pth", ".bin", ".ckpt", ".tar", ".pkl", ".th")
"""Endings of files of weights."""

NO_WEIGHTS = ("masks", "optimizer", "optimiser", "scheduler", "training_args", "rng_state", "scaler", "sparse_mask")
"""How names of files begin that lie beside weights and hold none."""

USUAL = ("weights", "model", "pytorch_model", "checkpoint", "best", "last")
"""Names of files that are looked at first; those in which less is stored are looked at last."""

STORED_LESS = ("small", "sparse")

OTHERS: Mapping[bytes, str] = {
    b"\x89HDF": text("a file of Keras (HDF5)"),
    b"GGUF": text("a file of llama.cpp (GGUF)"),
    b"\x93NUMPY": text("an array of numpy"),
    b"\x1f\x8b": text("a file packed by gzip"),
    b"Rar!": text("a RAR archive"),
    b"7z\xbc\xaf": text("a 7-Zip archive"),
    b"\x08": text("an ONNX file, it seems, which holds a network and not a state dict"),
}
"""How files begin that people take for weights, and what they are."""


@dataclass(frozen=True, eq=False)
class Opened:
    """Hold what a file has in it: lists and mappings around tensors; steps: what was done to open it.

    classes: the names of a classifier's answers, where a file beside the weights says them.
    """

    value: object
    steps: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()


def open_file(content: bytes, max_bytes: int) -> Iterator[Callable[[], Opened]]:
    """Yield how a file of weights is opened; of a zip with several, each, the likeliest first.

    Raises BadInput for a zip without weights; so does opening what cannot be read.
    """
    if content.startswith(ZIP_BEGINS):
        files = [file for file in files_in_zip(content, max_bytes) if not is_system_file(file.path)]
        if not any(file.path.name == "data.pkl" for file in files):
            yield from _open_folder(files, max_bytes)
            return
    yield lambda: Opened(_read(content, max_bytes))


def _read(content: bytes, max_bytes: int) -> object:
    """Read one file of weights by how it begins. Raises BadInput."""
    if content.startswith(ZIP_BEGINS) or looks_like_torch(content):
        return read_torch_file(content, max_bytes)
    if looks_like_safetensors(content):
        return read_safetensors(content)
    what = next((said for begins, said in OTHERS.items() if content.startswith(begins)), "")
    raise BadInput(
        text("This is neither safetensors nor a torch file, but {what}.", what=what)
        if what
        else text("This is neither safetensors nor a torch file."),
        text("Save the network's state dict with safetensors, or with torch.save(network.state_dict(), ...)."),
    )


def _open_folder(files: list[ZippedFile], max_bytes: int) -> Iterator[Callable[[], Opened]]:
    """Yield how each file of weights in a zip is opened, the likeliest first. Raises BadInput where there is none."""
    if any(file.path.name == "archive_format" for file in files):
        raise BadInput(
            text("This is a program that torch.export wrote (.pt2), which is not run here."),
            text("Bring its weights as safetensors, which a download of this app has beside it."),
        )
    weights = sorted((file for file in files if _holds_weights(file.path)), key=_order)
    classes = _classes_beside(files)
    for index in files:
        if index.path.name.endswith(".index.json"):
            yield functools.partial(_joined, index, files, max_bytes, classes)
            return
    if not weights:
        raise BadInput(
            text("This zip has no file of weights in it."),
            text("Pack one that ends in {endings} or the like.", endings=", ".join(ENDINGS[:5])),
        )
    for file in weights[:MAX_WEIGHTS_IN_ZIP]:
        yield functools.partial(_taken, file, len(files) - 1, max_bytes, classes)


def _taken(file: ZippedFile, beside: int, max_bytes: int, classes: tuple[str, ...]) -> Opened:
    """Open one file of a zip. Raises BadInput."""
    step = text("Took `{name}` out of the zip.", name=short(file.path.name))
    if beside:
        step = text_of(
            "Took `{name}` out of the zip; {count:,} file beside it was not read.",
            "Took `{name}` out of the zip; {count:,} files beside it were not read.",
            beside,
            name=short(file.path.name),
        )
    return Opened(_read(file.read(), max_bytes), (step,), classes)


def _joined(index: ZippedFile, files: list[ZippedFile], max_bytes: int, classes: tuple[str, ...]) -> Opened:
    """Join the parts of a network that was saved in several files. Raises BadInput where one is not there."""
    told = _json(index)
    parts = told.get("weight_map")
    names = sorted(set(map(str, parts.values()))) if isinstance(parts, Mapping) else []
    there = {file.path.name: file for file in files if file.path.parent == index.path.parent}
    absent = [name for name in names if name not in there]
    if not names or absent or len(names) > MAX_SHARDS:
        what = text("This network was saved in several files, and its list of parts cannot be read.")
        if absent:
            what = text(
                "This network was saved in several files, and {name} is not in this zip.", name=short(absent[0])
            )
        raise BadInput(what, text("Pack all of its folder."))
    joined: dict[str, object] = {}
    for name in names:
        part = _read(there[name].read(), max_bytes)
        joined.update(part if isinstance(part, Mapping) else {})
    step = text_of(
        "Joined {count:,} part of the network, as `{name}` says.",
        "Joined {count:,} parts of the network, as `{name}` says.",
        len(names),
        name=short(index.path.name),
    )
    return Opened(joined, (step,), classes)


def _holds_weights(path: PurePosixPath) -> bool:
    return path.name.lower().endswith(ENDINGS) and not path.name.lower().startswith(NO_WEIGHTS)


def _order(file: ZippedFile) -> tuple[bool, int, int, str]:
    stem = file.path.name.lower().partition(".")[0]
    return stem in STORED_LESS, USUAL.index(stem) if stem in USUAL else len(USUAL), len(file.path.parts), str(file.path)


def _classes_beside(files: list[ZippedFile]) -> tuple[str, ...]:
    """Return the classes that a configuration beside the weights names; () where there is none."""
    found = (classes_in(_json(file)) for file in files if file.path.name == "config.json")
    return next((classes for classes in found if classes), ())


def _json(file: ZippedFile) -> dict[str, object]:
    """Read a file of JSON as a mapping; {} where it is none, or too long."""
    if file.size > MAX_DESCRIPTION_BYTES:
        return {}
    try:
        told = json.loads(file.read())
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
