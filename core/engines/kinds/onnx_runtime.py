"""ONNX Runtime, in floating point and in int8."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from core.engines.base import Engine, Prepared, Shipped
from core.language import text


def reader(content: bytes) -> Callable[[Tensor], Tensor]:
    """Load a file, to run on as many threads as PyTorch does here."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = torch.get_num_threads(), 1
    options.log_severity_level = 3
    # Threads that wait busily would take the processor from the engine whose turn is next.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def answer(inputs: Tensor) -> Tensor:
        (found,) = session.run(None, {name: inputs.numpy()})
        return torch.from_numpy(np.asarray(found))

    return answer


def prepare(network: Shipped) -> Prepared:
    """Write the network as ONNX and load it."""
    return Prepared(reader(network.onnx), len(network.onnx))


CHOICE = Engine(
    name="onnxruntime",
    label=text("ONNX Runtime"),
    help=text("Runs networks on servers and devices; it joins layers before it begins."),
    source=text("Microsoft 2018"),
    order=2,
    prepare=prepare,
    read=reader,
    needs=("onnx", "onnxscript", "onnxruntime"),
)
