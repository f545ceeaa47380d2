"""Run ONNX files of strangers in a process of their own, with bounded memory and processor time.

Started by path (`python -I runner.py MEGABYTES SECONDS`) in an empty folder, where a file that names others finds none;
it imports nothing of this project. Messages on standard
input and output, both ways: four bytes of length, so many bytes of JSON, then the blobs whose lengths it lists as
"blobs". Arrays travel as .npy, which holds no objects. It ends when the other side hangs up.
"""

import io
import json
import os
import resource
import struct
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

Blobs = list[bytes]

LARGEST_ANSWER = 256 * 2**20
"""Bytes of all arrays of one answer; what is larger is no classifier's."""


def main() -> None:
    """Answer messages until there are no more."""
    inbox, outbox = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints must not disturb the messages
    _limit(int(sys.argv[1]), int(sys.argv[2]))
    server = Server()
    while head := inbox.read(4):
        message = json.loads(inbox.read(struct.unpack(">I", head)[0]))
        blobs = [inbox.read(length) for length in message["blobs"]]
        try:
            answer, found = getattr(server, "do_" + message["do"])(message, blobs)
        except MemoryError:
            answer, found = {"error": "bad allocation"}, []
        except Exception as error:  # files of strangers fail in any way they like
            answer, found = {"error": f"{type(error).__name__}: {error}"[:2000]}, []
        _send(outbox, answer, found)


def _limit(megabytes: int, seconds: int) -> None:
    """Bound this process; the parent ends it sooner if it must."""
    for what, most in (
        (resource.RLIMIT_AS, megabytes * 2**20),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 2**30),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    os.nice(5)


def _send(outbox: BinaryIO, answer: Mapping[str, Any], blobs: Sequence[bytes]) -> None:
    text = json.dumps({**answer, "blobs": [len(blob) for blob in blobs]}).encode()
    for part in (struct.pack(">I", len(text)), text, *blobs):
        outbox.write(part)
    outbox.flush()


def _arrays(blobs: Blobs) -> list[Any]:
    import numpy as np

    return [np.load(io.BytesIO(blob), allow_pickle=False) for blob in blobs]


def _packed(array: Any) -> bytes:
    import numpy as np

    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=False)
    return stream.getvalue()


class Server:
    """Hold the network that was opened last."""

    def __init__(self) -> None:
        self._session: Any = None

    def do_open(self, message: Mapping[str, Any], blobs: Blobs) -> tuple[dict[str, Any], Blobs]:
        """Load a network; say what it reads and answers."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        options.use_deterministic_compute = True
        self._session = onnxruntime.InferenceSession(blobs[0], options, providers=["CPUExecutionProvider"])
        places = {"inputs": self._session.get_inputs(), "outputs": self._session.get_outputs()}
        return {what: [_described(each) for each in found] for what, found in places.items()}, []

    def do_run(self, message: Mapping[str, Any], blobs: Blobs) -> tuple[dict[str, Any], Blobs]:
        """Answer one batch: the arrays of the named inputs -> those of the named outputs."""
        import numpy as np

        found = self._session.run(message["outputs"], dict(zip(message["inputs"], _arrays(blobs), strict=True)))
        if not all(isinstance(each, np.ndarray) and each.dtype.kind in "fiub" for each in found):
            return {"error": "an answer is no array of numbers"}, []
        if sum(each.nbytes for each in found) > LARGEST_ANSWER:
            return {"error": "an answer is far too large"}, []
        return {}, [_packed(each) for each in found]

    def do_tokenise(self, message: Mapping[str, Any], blobs: Blobs) -> tuple[dict[str, Any], Blobs]:
        """Turn texts into token ids by a tokenizer's file: all ids one after the other, and how many each text has."""
        import numpy as np
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_str(blobs[0].decode())
        tokenizer.no_padding()
        found = [each.ids for each in tokenizer.encode_batch([text.decode() for text in blobs[1:]])]
        ids = np.array([one for each in found for one in each], np.int64)
        return {}, [_packed(ids), _packed(np.array([len(each) for each in found], np.int64))]

    def do_quantise(self, message: Mapping[str, Any], blobs: Blobs) -> tuple[dict[str, Any], Blobs]:
        """Return a network in int8; with batches to see how far activations reach, for convolutions as well."""
        from onnxruntime import quantization as way
        from onnxruntime.quantization.shape_inference import quant_pre_process

        content, *batches = blobs
        names = message["inputs"]
        Path("model.onnx").write_bytes(content)
        quant_pre_process("model.onnx", "shaped.onnx", skip_symbolic_shape=True)
        if batches:
            arrays = _arrays(batches)
            step = len(names)
            feeds = [dict(zip(names, arrays[at : at + step], strict=True)) for at in range(0, len(arrays), step)]
            way.quantize_static(
                "shaped.onnx",
                "int8.onnx",
                _reader(way.CalibrationDataReader, feeds),
                quant_format=way.QuantFormat.QDQ,
                per_channel=True,
                activation_type=way.QuantType.QInt8,
                weight_type=way.QuantType.QInt8,
                calibration_providers=["CPUExecutionProvider"],
            )
        else:  # convolutions of int8 need what activations reach
            way.quantize_dynamic(
                "shaped.onnx",
                "int8.onnx",
                op_types_to_quantize=["MatMul", "Gemm", "Gather"],
                weight_type=way.QuantType.QInt8,
            )
        return {}, [Path("int8.onnx").read_bytes()]


def _reader(base: type, feeds: list[dict[str, Any]]) -> Any:
    """Hand out batches to the calibration, one after the other."""
    waiting = iter(feeds)
    return type("Reader", (base,), {"get_next": lambda self: next(waiting, None)})()


def _described(place: Any) -> dict[str, Any]:
    shape = [each if isinstance(each, int) else None for each in place.shape]
    return {"name": place.name, "type": place.type, "shape": shape}


if __name__ == "__main__":
    main()
