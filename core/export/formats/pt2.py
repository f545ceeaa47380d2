"""torch.export's .pt2: network and weights for PyTorch without the network's source code, read back and compared."""

import io

import torch
from torch import Tensor, nn

from core.export.formats.base import Format
from core.export.formats.programs import Answers, program_size, write_program
from core.language import text
from core.pruning import Pruned
from core.tasks.base import Task


def write(task: Task, pruned: Pruned) -> bytes:
    """Write the network for any number of examples at a time. Raises ExportFailed as `write_program` does."""
    return write_program(task, pruned, "torch.export", export, read)


def export(model: nn.Module, inputs: Tensor, variable_length: bool) -> bytes:
    """Trace a network on a few inputs; their number, and their length if it varies, stay open."""
    free = dict.fromkeys((0, 1) if variable_length else (0,), torch.export.Dim.AUTO)
    program = torch.export.export(model, (inputs,), dynamic_shapes=(free,))
    packed = io.BytesIO()
    torch.export.save(program, packed)
    return packed.getvalue()


def read(content: bytes) -> Answers:
    """Load a file as PyTorch does elsewhere."""
    network = torch.export.load(io.BytesIO(content)).module()

    def answers(inputs: Tensor) -> Tensor:
        with torch.no_grad():
            return network(inputs)

    return answers


CHOICE = Format(
    name="pt2",
    label=text("PyTorch program (.pt2)"),
    help=text("Network and weights for PyTorch without its source code; read back and checked before you get it."),
    source=text("Ansel et al. 2024, PyTorch 2"),
    order=4,
    file="model.pt2",
    contents={"model.pt2": text("network and weights for PyTorch, without source code")},
    write=write,
    size=program_size,
    loading='import torch\n\nnetwork = torch.export.load("model.pt2").module()',
    weights_only=False,
    slow=True,
)
