"""What an engine is: how it makes a network ready, what that takes, and what it then answers."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
import torch
from torch import Tensor, nn

from core.choices import Choice
from core.errors import PlaygroundError
from core.export import FORMATS
from core.language import text
from core.measure import as_shipped
from core.onnx_files.process import opened
from core.pruning import Pruned
from core.tasks.base import Task

CALIBRATION = 64
"""Training examples by which the reach of activations is found for int8."""


class EngineFailed(PlaygroundError):
    """A network that an engine cannot run."""


@dataclass(frozen=True, eq=False)
class Shipped:
    """Hold a network as it would be shipped, and write each file of it once, however many engines ask.

    Its files raise ExportFailed where the network cannot be written so, BadInput where it cannot be quantised.
    """

    task: Task
    pruned: Pruned

    @functools.cached_property
    def model(self) -> nn.Module:
        """The network without its removed units, where these can be left out."""
        return as_shipped(self.pruned)

    @functools.cached_property
    def onnx(self) -> bytes:
        """Return it as ONNX, compared with the network."""
        return FORMATS["onnx"].build(self.task, self.pruned)

    @functools.cached_property
    def int8(self) -> bytes:
        """Return it as ONNX with weights in int8 (whole numbers from -127 to 127, one scale a channel).

        Activations are int8 as well where inputs are numbers: how far they reach is found on training examples.
        Networks of texts and films keep theirs, as onnxruntime's guide says of transformers.
        """
        with opened(self.onnx, load=False) as running:
            return running.quantise(self.onnx, self._calibration())

    def _calibration(self) -> list[dict[str, np.ndarray]]:
        if not self.task.example.is_floating_point() or not self.task.count("train"):
            return []
        batches = self.task.batches("train", CALIBRATION, torch.Generator().manual_seed(0))
        inputs, _ = next(iter(batches))
        return [{"input": inputs.numpy()}]


@dataclass(frozen=True, eq=False)
class Prepared:
    """Hold a network that an engine has made ready.

    answer: inputs -> the network's outputs; size: bytes of the file that this engine reads.
    exact: whether it computes as PyTorch does, so that quality is the same.
    """

    answer: Callable[[Tensor], Tensor]
    size: int
    exact: bool = True


@dataclass(frozen=True)
class Engine(Choice):
    """Describe an engine.

    prepare: (network) -> ready to answer. Raises PlaygroundError with a reason where it cannot.
    read: (ONNX file) -> ready to answer, for an engine that computes in floating point what is in such a file.
    slow: whether making ready takes a minute or more, so that it is run only if somebody asks for it.
    needs: packages without which it is not here; why_missing: () -> what else it lacks on this machine, "" if nothing.
    """

    prepare: Callable[[Shipped], Prepared]
    read: Callable[[bytes], Callable[[Tensor], Tensor]] | None = None
    needs: tuple[str, ...] = ()
    why_missing: Callable[[], str] = str
    slow: bool = False

    @property
    def missing(self) -> str:
        """Say what it lacks on this machine; "" if nothing."""
        lacking = [name for name in self.needs if find_spec(name) is None]
        if lacking:
            return text("It needs what is not installed here: {names}.", names=", ".join(lacking))
        return self.why_missing()


class Answering(nn.Module):
    """A network that answers by an engine, to be judged like any other."""

    def __init__(self, prepared: Prepared) -> None:
        super().__init__()
        self._prepared = prepared

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the outputs for a batch of inputs."""
        return self._prepared.answer(inputs)
