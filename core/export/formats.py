"""The forms in which a network can be taken home: each is written, and checked where it could go wrong."""

import contextlib
import copy
import errno
import io
import json
import logging
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor, nn

from core.errors import PlaygroundError
from core.measure import as_shipped
from core.measure.encodings import plain_tensors, to_bitmask
from core.pruning import Pruned, shrink
from core.tasks.base import Task

TOLERANCE = 1e-4
"""How far the answers of an exported network may lie from those of the network itself."""

TRIED = 3
"""Validation examples on which an exported network is compared."""


class ExportFailed(PlaygroundError):
    """A network that could not be written in a format, or that answers differently there."""


@dataclass(frozen=True)
class Format:
    """One form: the name of its file, what people read, how it is loaded, how it is made, what else it needs.

    size: about how many bytes its file gets, told before it is made.
    """

    file: str
    label: str
    about: str
    build: Callable[[Task, Pruned], bytes]
    loading: str
    size: Callable[[Pruned], int]
    needs: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """Packages that it needs and that are not installed."""
        return tuple(name for name in self.needs if find_spec(name) is None)


def plain(task: Task, pruned: Pruned) -> bytes:
    """Write every weight, zeros too, as safetensors."""
    return save(plain_tensors(pruned.model))


def small(task: Task, pruned: Pruned) -> dict[str, bytes]:
    """Write the network without its removed units as safetensors, and what of its layers differs besides, as JSON.

    Returns file name -> content. Raises BadPlan where the smaller network would answer differently.
    """
    model = shrink(pruned)
    whole = dict(pruned.model.named_modules())
    changed = {}
    for name, module in model.named_modules():
        sizes = {
            key: value
            for key, value in vars(module).items()
            if isinstance(value, int) and not isinstance(value, bool) and value != vars(whole[name]).get(key)
        }
        if sizes:
            changed[name] = sizes
    return {"small.safetensors": save(plain_tensors(model)), "small.json": json.dumps(changed, indent=1).encode()}


def sparse(task: Task, pruned: Pruned) -> bytes:
    """Write one bit a place and the kept values as safetensors."""
    return to_bitmask(plain_tensors(pruned.model))


def onnx(task: Task, pruned: Pruned) -> bytes:
    """Write the network as ONNX for any number of examples at a time, and compare its answers in onnxruntime.

    Whole units that went are left out. Raises ExportFailed when an answer is more than TOLERANCE away, or without the
    packages it needs.
    """
    model, inputs = _shipped(pruned), _inputs(task)
    _present("onnx")
    import onnxruntime

    with _quiet(), _room_on_disk("ONNX"), tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        try:
            program = torch.onnx.export(
                model,
                (inputs,),
                input_names=["input"],
                output_names=["output"],
                dynamic_shapes=({0: "batch", 1: "length"} if task.inputs.variable_length else {0: "batch"},),
                dynamo=True,
                verbose=False,
            )
            program.save(path)
        except Exception as error:  # whatever the exporter raises, a person can do nothing about its insides
            if (full := _disk_error(error)) is not None:
                raise full from error
            raise _failed("ONNX") from error
        content = path.read_bytes()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    for some in (inputs, task.example):
        (found,) = session.run(None, {"input": some.numpy()})
        _same_answers(model, some, torch.from_numpy(np.asarray(found)), "ONNX")
    return content


def exported(task: Task, pruned: Pruned) -> bytes:
    """Write the network as torch.export's .pt2 for any number of examples at a time, read it back and compare.

    Raises ExportFailed as `onnx` does.
    """
    model, inputs = _shipped(pruned), _inputs(task)
    with _quiet(), _room_on_disk("torch.export"):
        try:
            free = dict.fromkeys((0, 1) if task.inputs.variable_length else (0,), torch.export.Dim.AUTO)
            program = torch.export.export(model, (inputs,), dynamic_shapes=(free,))
            packed = io.BytesIO()
            torch.export.save(program, packed)
            packed.seek(0)
            back = torch.export.load(packed).module()
        except Exception as error:
            if (full := _disk_error(error)) is not None:
                raise full from error
            raise _failed("torch.export") from error
    for some in (inputs, task.example):
        with torch.no_grad():
            _same_answers(model, some, back(some), "torch.export")
    return packed.getvalue()


def _about(pruned: Pruned) -> int:
    """Return the bytes of the weights that a runnable network takes with it; what is written around them is small."""
    return sum(value.numel() * value.element_size() for value in _shipped(pruned).state_dict().values())


LOAD_SPARSE = """import numpy as np, torch
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

FORMATS: Mapping[str, Format] = {
    "safetensors": Format(
        "weights.safetensors",
        "Weights, zeros too",
        "Loads anywhere; zeros take as much room as other numbers.",
        plain,
        'network.load_state_dict(load_file("weights.safetensors"))',
        lambda pruned: sum(value.numel() * value.element_size() for value in plain_tensors(pruned.model).values()),
    ),
    "sparse": Format(
        "sparse.safetensors",
        "Weights, one bit a place",
        "A bit says where a weight stays; only these are stored. The README in the zip loads it in ten lines.",
        sparse,
        LOAD_SPARSE,
        lambda pruned: len(to_bitmask(plain_tensors(pruned.model))),
    ),
    "onnx": Format(
        "model.onnx",
        "ONNX",
        "Network and weights for other programs and devices; checked in onnxruntime before you get it.",
        onnx,
        'import onnxruntime\n\nsession = onnxruntime.InferenceSession("model.onnx")\n'
        '(answers,) = session.run(None, {"input": inputs})  # a numpy array',
        _about,
        ("onnx", "onnxscript", "onnxruntime"),
    ),
    "pt2": Format(
        "model.pt2",
        "PyTorch program (.pt2)",
        "Network and weights for PyTorch without its source code; read back and checked before you get it.",
        exported,
        'import torch\n\nnetwork = torch.export.load("model.pt2").module()',
        _about,
    ),
}
"""What there is to choose from, by the name that `bundle` takes."""


def _shipped(pruned: Pruned) -> nn.Module:
    """Return a copy of the network as it runs elsewhere: without removed units, if whole ones can be left out."""
    return copy.deepcopy(as_shipped(pruned)).to(memory_format=torch.contiguous_format).eval()


def _inputs(task: Task) -> Tensor:
    inputs, _ = next(iter(task.batches("validation", TRIED, torch.Generator().manual_seed(0), ())))
    return inputs.contiguous()


def _present(name: str) -> None:
    if missing := FORMATS[name].missing:
        raise ExportFailed(
            f"{FORMATS[name].label} needs packages that are not installed here: {', '.join(missing)}.",
            f"Install them (pip install {' '.join(missing)}), or choose another format.",
        )


def _same_answers(model: nn.Module, inputs: Tensor, found: Tensor, what: str) -> None:
    with torch.no_grad():
        expected = model(inputs)
    if found.shape != expected.shape or not torch.allclose(found, expected, rtol=TOLERANCE, atol=TOLERANCE):
        raise ExportFailed(
            f"The network answers differently as {what}, so the file was thrown away.", "Choose another format."
        )


def _disk_error(error: BaseException | None) -> OSError | None:
    """Return what the system said of its disk, if an error came of that; exporters wrap it in errors of their own."""
    while error is not None:
        if isinstance(error, OSError) and (error.errno in FULL or "space" in str(error) or "directory" in str(error)):
            return error
        error = error.__cause__ or error.__context__
    return None


FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.ENOENT)


@contextlib.contextmanager
def _room_on_disk(what: str) -> Iterator[None]:
    """Say where there was no room, if a file could not be written."""
    try:
        yield
    except OSError as error:
        try:
            place = tempfile.gettempdir()
        except OSError:
            place = "its folder for temporary files"
        raise ExportFailed(
            f"The disk of this server has no room in {place}, where {what} is written on its way.",
            "Make room there, or set TMPDIR to another folder; weights as safetensors need no disk.",
        ) from error


def _failed(what: str) -> ExportFailed:
    return ExportFailed(f"This network could not be written as {what}.", "Choose another format.")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporters' notes to developers out of the server's log."""
    log = logging.getLogger("torch.onnx")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)
