"""A network of a stranger, opened in a process of its own: it cannot crash, fill or hold up this one."""

import contextlib
import io
import json
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from core.errors import BadInput
from core.language import text
from core.uploads.wording import printable

RUNNER = Path(__file__).with_name("runner.py")

MEMORY = 4_000
"""Megabytes of addresses that the process may ask for, besides twelve times the file."""

PROCESSOR_TIME = 900
"""Seconds of processor time that one process may take in all."""

ANSWER_TIME, LOAD_TIME, QUANTISE_TIME = 30.0, 60.0, 240.0
"""Seconds that one batch, the loading of a file, and turning it to int8 may take."""

ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PATH": "/usr/bin:/bin"}
"""All that the process is told of its surroundings: nothing that the server keeps to itself."""

LARGEST_REPLY, LARGEST_BLOBS = 2**20, 2**28 + 2**20
"""Bytes of the JSON of one answer, and of what comes with it."""


@dataclass(frozen=True)
class Place:
    """Describe an input or output of a network.

    type: of its elements, as onnxruntime writes it: "tensor(float)".
    shape: its sizes; None where any size goes.
    """

    name: str
    type: str
    shape: tuple[int | None, ...]


class Opened:
    """Speak to the process in which a network is open; `opened` makes it and ends it."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self.inputs: tuple[Place, ...] = ()
        self.outputs: tuple[Place, ...] = ()

    def load(self, content: bytes) -> None:
        """Load a network. Raises BadInput where onnxruntime cannot run it."""
        answer, _ = self._ask("open", {}, [content], LOAD_TIME)
        self.inputs, self.outputs = (_places(answer[what]) for what in ("inputs", "outputs"))

    def run(self, feeds: Mapping[str, np.ndarray], outputs: Sequence[str]) -> list[np.ndarray]:
        """Return what the network answers to one batch. Raises BadInput where it fails or takes too long."""
        message = {"inputs": list(feeds), "outputs": list(outputs)}
        _, blobs = self._ask("run", message, [_packed(each) for each in feeds.values()], ANSWER_TIME)
        if len(blobs) != len(outputs):
            raise _not_run(text("it ended unexpectedly"))
        return [_unpacked(blob) for blob in blobs]

    def quantise(self, content: bytes, batches: Sequence[Mapping[str, np.ndarray]]) -> bytes:
        """Return a network in int8; batches: inputs by which the reach of its activations is found, none to do without.

        Raises BadInput where that cannot be done.
        """
        names = list(batches[0]) if batches else []
        blobs = [content, *(_packed(batch[name]) for batch in batches for name in names)]
        _, (found,) = self._ask("quantise", {"inputs": names}, blobs, QUANTISE_TIME)
        return found

    def tokenise(self, tokenizer: bytes, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return the token ids of all texts, and how many each has. Raises BadInput where the tokenizer is none."""
        blobs = [tokenizer, *(text.encode() for text in texts)]
        try:
            _, (ids, lengths) = self._ask("tokenise", {}, blobs, ANSWER_TIME)
        except BadInput as error:
            raise BadInput(
                text("This tokenizer cannot be used: it is damaged, or of another kind."),
                text("Give the tokenizer.json that lies beside the network, as the Hub's tokenizers write it."),
            ) from error
        return _unpacked(ids), _unpacked(lengths)

    def _ask(
        self, do: str, message: Mapping[str, Any], blobs: Sequence[bytes], seconds: float
    ) -> tuple[dict[str, Any], list[bytes]]:
        late = threading.Event()

        def end() -> None:
            late.set()
            self._process.kill()

        timer = threading.Timer(seconds, end)
        timer.start()
        try:
            self._send({**message, "do": do, "blobs": [len(blob) for blob in blobs]}, blobs)
            answer, found = self._receive()
        except (OSError, ValueError, struct.error, KeyError, TypeError) as error:
            why = (
                text("it was not done after {seconds:.0f} seconds", seconds=seconds)
                if late.is_set()
                else text("it ended unexpectedly")
            )
            raise _not_run(why) from error
        finally:
            timer.cancel()
        if "error" in answer:
            raise _not_run(_in_words(str(answer["error"])))
        return answer, found

    def _send(self, message: Mapping[str, Any], blobs: Sequence[bytes]) -> None:
        stream = self._process.stdin
        assert stream is not None  # it was started with a pipe
        written = json.dumps(message).encode()
        for part in (struct.pack(">I", len(written)), written, *blobs):
            stream.write(part)
        stream.flush()

    def _receive(self) -> tuple[dict[str, Any], list[bytes]]:
        (length,) = struct.unpack(">I", self._read(4))
        if length > LARGEST_REPLY:
            raise ValueError("the answer is too long")
        answer = json.loads(self._read(length))
        lengths = [int(each) for each in answer["blobs"]]
        if sum(lengths) > LARGEST_BLOBS or any(each < 0 for each in lengths):
            raise ValueError("the answer is too long")
        return answer, [self._read(each) for each in lengths]

    def _read(self, length: int) -> bytes:
        stream = self._process.stdout
        assert stream is not None  # it was started with a pipe
        found = stream.read(length)
        if len(found) < length:
            raise ValueError("the process is gone")
        return found


@contextlib.contextmanager
def opened(content: bytes, load: bool = True) -> Iterator[Opened]:
    """Open a network in a process of its own, on one thread, until the block ends.

    load: False for a file that is only to be turned to int8. Raises BadInput where onnxruntime cannot run it.
    """
    megabytes = MEMORY + 12 * len(content) // 2**20
    command = [sys.executable, "-I", str(RUNNER), str(megabytes), str(PROCESSOR_TIME)]
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nothing, env=ENVIRONMENT, cwd=folder)
        try:
            network = Opened(process)
            if load:
                network.load(content)
            yield network
        finally:
            process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):  # on a busy machine; it is gone all the same
                process.wait(5)
            for stream in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    cast(Any, stream).close()


def _places(found: Any) -> tuple[Place, ...]:
    return tuple(Place(str(each["name"]), str(each["type"]), tuple(each["shape"])) for each in found)


def _packed(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=False)
    return stream.getvalue()


def _unpacked(blob: bytes) -> np.ndarray:
    try:
        found: np.ndarray = np.load(io.BytesIO(blob), allow_pickle=False)
    except (ValueError, MemoryError, OSError, EOFError) as error:
        raise _not_run(text("what it answered cannot be read")) from error
    return found


def _in_words(error: str) -> str:
    """Say why onnxruntime failed; what it says itself, shortened, where nothing plainer is known."""
    small = error.lower()
    if "bad allocation" in small or "bad_alloc" in small or "memory" in small:
        return text("it needs more memory than a file from outside is given here")
    return text("onnxruntime says: {error}", error=printable(error, 300))


def _not_run(why: str) -> BadInput:
    return BadInput(
        text("This ONNX file cannot be run here: {why}.", why=why),
        text(
            "Export the network anew with today's exporter, float32 and standard operators, and check it in "
            "onnxruntime."
        ),
    )
