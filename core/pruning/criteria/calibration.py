"""What criteria share: the parameters they judge, and the training data that some of them look at."""

import contextlib
import copy
import itertools
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from core.errors import BadPlan
from core.language import text
from core.tasks.base import Batch, Task

BATCHES, BATCH_SIZE = 4, 128
"""How much training data is looked at: 512 examples."""


def prunable(task: Task, model: nn.Module) -> dict[str, nn.Parameter]:
    """Return the parameters of a model that may be pruned, by name."""
    parameters = dict(model.named_parameters())
    return {name: parameters[name] for name in task.prunable}


def owner(parameter: str) -> str:
    """Return the name of the module that a parameter belongs to."""
    return parameter.rpartition(".")[0]


def calibration_batches(task: Task) -> Iterator[Batch]:
    """Yield the first BATCHES batches of training data, in an order that is always the same.

    Raises BadPlan where there is none, since nothing could be told from it.
    """
    stream = iter(task.batches("train", BATCH_SIZE, torch.Generator().manual_seed(0), ()))
    found = itertools.islice(stream, BATCHES)
    first = next(found, None)
    if first is None:
        raise BadPlan(
            text("This way to judge importance looks at training data, and this network came without any."),
            text("Judge by size (magnitude), or let it learn from examples of your own first."),
        )
    yield first
    yield from found


@contextlib.contextmanager
def watched(model: nn.Module, names: set[str], see: Callable[[str, nn.Module, Tensor], None]) -> Iterator[nn.Module]:
    """Yield a copy of a model that shows `see` (name, module, input) whenever one of the named modules is called."""
    copied = copy.deepcopy(model)
    for name, module in copied.named_modules():
        if name in names:
            module.register_forward_pre_hook(lambda module, inputs, name=name: see(name, module, inputs[0]))
    yield copied
