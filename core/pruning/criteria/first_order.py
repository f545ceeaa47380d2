"""Score a weight by how much the loss would change without it."""

import copy

import torch

from core.language import text
from core.pruning.criteria import Criterion, Scores
from core.pruning.criteria.calibration import BATCHES, calibration_batches, prunable
from core.tasks.base import Task


def first_order(task: Task, seed: int = 0) -> Scores:
    """Score a weight by |w * dL/dw|, how much the loss would change without it, to first order; a mean over batches.

    Source: Molchanov et al. 2019, Importance estimation for neural network pruning; Lee, Ajanthan, Torr 2019, SNIP.
    """
    model = copy.deepcopy(task.model)
    parameters = prunable(task, model)
    scores = {name: torch.zeros_like(p, requires_grad=False) for name, p in parameters.items()}
    for inputs, targets in calibration_batches(task):
        loss = task.loss(model(inputs), targets, 0.0)
        gradients = torch.autograd.grad(loss, list(parameters.values()), allow_unused=True)
        for score, p, gradient in zip(scores.values(), parameters.values(), gradients, strict=True):
            if gradient is not None:  # what takes no part in the answer has no effect on it
                score += (p.detach() * gradient).abs() / BATCHES
    return scores


CHOICE = Criterion(
    name="first-order",
    label=text("Effect on the loss (gradients)"),
    help=text("A weight matters if the loss on training data would change without it."),
    source=text("Molchanov et al. 2019; Lee et al. 2019"),
    order=30,
    weights=first_order,
)
