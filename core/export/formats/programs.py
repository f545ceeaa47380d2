"""What formats have in common that hold the network itself: what is traced, and that the file answers alike."""

import contextlib
import copy
import errno
import logging
import tempfile
import warnings
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from core.export.formats.base import ExportFailed
from core.language import text
from core.measure import as_shipped
from core.pruning import Pruned
from core.tasks.base import Task

TOLERANCE = 1e-4
"""How far the answers of an exported network may lie from those of the network itself."""

TRIED = 3
"""Validation examples on which an exported network is compared."""

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.ENOENT)
"""What the system says when a file cannot be written."""

Answers = Callable[[Tensor], Tensor]
"""Inputs -> what the network in a file answers."""


def write_program(
    task: Task,
    pruned: Pruned,
    what: str,
    export: Callable[[nn.Module, Tensor, bool], bytes],
    read: Callable[[bytes], Answers],
) -> bytes:
    """Write a network, without its removed units where these can be left out, and compare the file's answers.

    what: the format's name in sentences; export: (network, inputs, whether their length varies) -> the file's bytes.
    Raises ExportFailed where that fails, where the disk is full, or where an answer is more than TOLERANCE away.
    """
    model = copy.deepcopy(as_shipped(pruned)).to(memory_format=torch.contiguous_format).eval()
    inputs = _tried(task, pruned).contiguous()
    with _quiet():
        try:
            content = export(model, inputs, task.inputs.variable_length)
            answers = read(content)
        except Exception as error:  # whatever an exporter raises, a person can do nothing about its insides
            if _is_of_disk(error):
                raise _disk_is_full(what) from error
            raise ExportFailed(
                text("This network could not be written as {what}.", what=what), text("Choose another format.")
            ) from error
    for some in (inputs, task.example):
        _require_same_answers(model, some, answers(some), what)
    return content


def _tried(task: Task, pruned: Pruned) -> Tensor:
    """Return a few inputs on which a file is compared: validation examples, or others where a task has none."""
    for inputs, _ in task.batches("validation", TRIED, torch.Generator().manual_seed(0), ()):
        return inputs
    few = pruned.examples() if pruned.examples else task.example
    return few[:TRIED] if len(few) > 1 else few.expand(2, *few.shape[1:])  # of one alone an exporter makes one for ever


def program_size(pruned: Pruned) -> int:
    """Return the bytes of the weights that such a file takes with it; what is written around them is small."""
    return sum(value.numel() * value.element_size() for value in as_shipped(pruned).state_dict().values())


def _require_same_answers(model: nn.Module, inputs: Tensor, found: Tensor, what: str) -> None:
    with torch.no_grad():
        expected = model(inputs)
    if found.shape != expected.shape or not torch.allclose(found, expected, rtol=TOLERANCE, atol=TOLERANCE):
        raise ExportFailed(
            text("The network answers differently as {what}, so the file was thrown away.", what=what),
            text("Choose another format."),
        )


def _is_of_disk(error: BaseException | None) -> bool:
    """Whether an error came of the disk; exporters wrap what the system says in errors of their own."""
    while error is not None:
        if isinstance(error, OSError) and (error.errno in FULL or "space" in str(error) or "directory" in str(error)):
            return True
        error = error.__cause__ or error.__context__
    return False


def _disk_is_full(what: str) -> ExportFailed:
    try:
        folder = tempfile.gettempdir()
    except OSError:
        folder = text("its folder for temporary files")
    return ExportFailed(
        text(
            "The disk of this server has no room in {folder}, where {what} is written on its way.",
            folder=folder,
            what=what,
        ),
        text("Make room there, or set TMPDIR to another folder; weights as safetensors need no disk."),
    )


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
