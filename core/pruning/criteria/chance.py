"""Score by chance: the baseline that every other criterion has to beat."""

import torch

from core.language import text
from core.pruning.criteria import Criterion, Scores
from core.pruning.criteria.calibration import prunable
from core.pruning.units import Structure
from core.tasks.base import Task


def random_weights(task: Task, seed: int = 0) -> Scores:
    """Score every weight by chance, 0 to 1.

    Source: Blalock, Gonzalez Ortiz, Frankle, Guttag 2020, What is the state of neural network pruning?
    """
    generator = torch.Generator().manual_seed(seed)
    return {name: torch.rand(p.shape, generator=generator) for name, p in prunable(task, task.model).items()}


def random_units(task: Task, structures: tuple[Structure, ...], seed: int = 0) -> Scores:
    """Score every unit by chance, 0 to 1: a mean over its weights would be much the same for all."""
    generator = torch.Generator().manual_seed(seed)
    return {structure.name: torch.rand(structure.units, generator=generator) for structure in structures}


CHOICE = Criterion(
    name="random",
    label=text("By chance (random)"),
    help=text("The baseline that every other way has to beat."),
    source=text("Blalock et al. 2020"),
    order=40,
    weights=random_weights,
    units=random_units,
)
