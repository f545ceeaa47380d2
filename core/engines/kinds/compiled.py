"""PyTorch with its layers fused and compiled for this processor, where there is a C++ compiler."""

import copy
import shutil

import torch
from torch import Tensor

from core.engines.base import Engine, EngineFailed, Prepared, Shipped
from core.language import text
from core.measure.cost import plain_size

COMPILERS = ("g++", "clang++")


def why_missing() -> str:
    """Say that there is no compiler; "" if there is one."""
    if any(shutil.which(name) for name in COMPILERS):
        return ""
    return text("It needs a C++ compiler, and there is none here.")


def prepare(network: Shipped) -> Prepared:
    """Compile on the first inputs of each size. Raises EngineFailed where that cannot be done."""
    import torch._inductor.config as inductor

    inductor.compile_threads = 1  # further processes of its own would outlive the worker
    compiled = torch.compile(copy.deepcopy(network.model), dynamic=False)

    def answer(inputs: Tensor) -> Tensor:
        found: Tensor = compiled(inputs)
        return found

    try:
        with torch.inference_mode():
            answer(network.task.inputs_of_usual_size(1))
    except Exception as error:  # whatever a compiler raises, a person can do nothing about its insides
        raise EngineFailed(text("This network cannot be compiled."), text("Other engines run it.")) from error
    return Prepared(answer, plain_size(network.model))


CHOICE = Engine(
    name="torch-compiled",
    label=text("PyTorch, compiled"),
    help=text("PyTorch's compiler joins layers and writes code for this processor."),
    source=text("Ansel et al. 2024, PyTorch 2"),
    order=1,
    prepare=prepare,
    why_missing=why_missing,
    slow=True,
)
