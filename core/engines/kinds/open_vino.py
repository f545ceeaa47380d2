"""OpenVINO, if it is installed: Intel's engine for its processors, which runs on others too."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from core.engines.base import Engine, Prepared, Shipped
from core.language import text


def reader(content: bytes, **settings: object) -> Callable[[Tensor], Tensor]:
    """Load an ONNX file, to run on as many threads as PyTorch does here."""
    import openvino

    core = openvino.Core()
    chosen = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "f32",
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        **settings,
    }
    network = core.compile_model(core.read_model(content), "CPU", chosen)

    def answer(inputs: Tensor) -> Tensor:
        return torch.from_numpy(np.array(network(inputs.numpy())[0]))

    return answer


def prepare(network: Shipped) -> Prepared:
    """Write the network as ONNX and load it."""
    return Prepared(reader(network.onnx), len(network.onnx))


CHOICE = Engine(
    name="openvino",
    label=text("OpenVINO"),
    help=text("Intel's engine for processors."),
    source=text("Intel 2018"),
    order=4,
    prepare=prepare,
    read=reader,
    needs=("onnx", "onnxscript", "openvino"),
)
