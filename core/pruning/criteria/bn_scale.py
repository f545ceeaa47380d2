"""Score a channel by how strongly the batch norm behind it scales it."""

import torch
from torch import nn

from core.errors import BadPlan
from core.language import text
from core.pruning.criteria import Criterion, Scores
from core.pruning.criteria.calibration import owner
from core.pruning.units import Structure
from core.tasks.base import Task


def bn_scale(task: Task, structures: tuple[Structure, ...], seed: int = 0) -> Scores:
    """Score a channel by |gamma| of the batch norm behind it, a mean where several are coupled.

    A structure without batch norm has no scores and stays whole; raises BadPlan if that is so of all.
    Source: Liu et al. 2017, Learning efficient convolutional networks through network slimming.
    """
    modules, scores = dict(task.model.named_modules()), {}
    for structure in structures:
        norms = [
            modules[owner(member.parameter)].weight.detach().abs()[member.index].mean(1)
            for member in structure.members
            if member.parameter.endswith(".weight")
            and isinstance(modules[owner(member.parameter)], nn.BatchNorm1d | nn.BatchNorm2d)
        ]
        if norms:
            scores[structure.name] = torch.stack(norms).mean(0)
    if not scores:
        raise BadPlan(
            text("No layer of this model that could go unit by unit has batch normalisation behind it."),
            text("Choose another criterion, or a model with batch normalisation."),
        )
    return scores


CHOICE = Criterion(
    name="bn-scale",
    label=text("Scale of batch norm"),
    help=text("A channel matters if the normalisation behind it scales it up."),
    source=text("Liu et al. 2017"),
    order=50,
    units=bn_scale,
)
