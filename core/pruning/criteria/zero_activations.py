"""Score a unit by how often it says something."""

import torch
from torch import Tensor, nn

from core.errors import BadPlan
from core.language import text
from core.pruning.criteria import Criterion, Scores
from core.pruning.criteria.calibration import calibration_batches, owner, watched
from core.pruning.units import Structure
from core.tasks.base import Task


def zero_activations(task: Task, structures: tuple[Structure, ...], seed: int = 0) -> Scores:
    """Score a unit by the share of its activations that are not zero, over calibration data.

    They are counted where the next layers read them, so after activation function and pooling.
    Raises BadPlan where what reads the units lays them out in another way.
    Source: Hu, Peng, Tai, Tang 2016, Network trimming (average percentage of zeros, APoZ).
    """
    readers = {reader.module for structure in structures for reader in structure.readers}
    active: dict[str, list[Tensor]] = {name: [] for name in readers}

    def add(name: str, module: nn.Module, inputs: Tensor) -> None:
        dimension = 1 if hasattr(module, "kernel_size") else inputs.ndim - 1  # of any convolution, or of a row
        others = [d for d in range(inputs.ndim) if d != dimension]
        active[name].append((inputs != 0).float().mean(others))

    with watched(task.model, readers, add) as model, torch.no_grad():
        for inputs, _ in calibration_batches(task):
            model(inputs)
    shares = {name: torch.stack(seen).mean(0) for name, seen in active.items() if seen}
    found = {}
    for structure in structures:
        try:
            read = [shares[reader.module][reader.index].mean(1) for reader in structure.readers]
        except (IndexError, KeyError) as error:
            raise BadPlan(
                text(
                    "It cannot be seen how often the units of {name} are silent: what reads them lays them out in "
                    "another way.",
                    name=owner(structure.name),
                ),
                text("Choose another criterion."),
            ) from error
        found[structure.name] = torch.stack(read).mean(0)
    return found


CHOICE = Criterion(
    name="zero-activations",
    label=text("How often it is silent (zero activations)"),
    help=text("A unit that says zero on most training data matters least."),
    source=text("Hu et al. 2016, APoZ"),
    order=60,
    units=zero_activations,
)
