"""ONNX: network and weights for other programs and devices, compared in onnxruntime."""

import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from core.export.formats.base import Format
from core.export.formats.programs import Answers, program_size, write_program
from core.language import text
from core.pruning import Pruned
from core.tasks.base import Task


def write(task: Task, pruned: Pruned) -> bytes:
    """Write the network for any number of examples at a time. Raises ExportFailed as `write_program` does."""
    return write_program(task, pruned, "ONNX", export, read)


def export(model: nn.Module, inputs: Tensor, variable_length: bool) -> bytes:
    """Trace a network on a few inputs; their number, and their length if it varies, stay open."""
    program = torch.onnx.export(
        model,
        (inputs,),
        input_names=["input"],
        output_names=["output"],
        dynamic_shapes=({0: "batch", 1: "length"} if variable_length else {0: "batch"},),
        dynamo=True,
        verbose=False,
    )
    assert program is not None  # with dynamo there is one
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        program.save(path)
        return path.read_bytes()


def read(content: bytes) -> Answers:
    """Load a file into onnxruntime."""
    import onnxruntime

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])

    def answers(inputs: Tensor) -> Tensor:
        (found,) = session.run(None, {"input": inputs.numpy()})
        return torch.from_numpy(np.asarray(found))

    return answers


CHOICE = Format(
    name="onnx",
    label=text("ONNX"),
    help=text("Network and weights for other programs and devices; checked in onnxruntime before you get it."),
    source=text("Facebook and Microsoft 2017"),
    order=3,
    file="model.onnx",
    contents={"model.onnx": text("network and weights for other programs and devices")},
    write=write,
    size=program_size,
    loading='import onnxruntime\n\nsession = onnxruntime.InferenceSession("model.onnx")\n'
    '(answers,) = session.run(None, {"input": inputs})  # a numpy array',
    weights_only=False,
    slow=True,
    needs=("onnx", "onnxscript", "onnxruntime"),
    loading_needs=("onnxruntime",),
)
