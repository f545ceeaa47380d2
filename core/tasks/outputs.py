"""What a classifier's outputs mean: the class that each names, how sure it is, how far two networks are apart."""

from collections.abc import Sequence
from typing import Any

import torch.nn.functional as F
from torch import Tensor

from core.language import text

ANSWER: str = text("Answer")
SURE: str = text("Sure, %")
"""Columns of the table in which a network's likeliest answers stand."""


def predicted_classes(outputs: Tensor) -> Tensor:
    """Return the class that each row of outputs (n, classes) names, int (n,); -1 for no answer: not a number."""
    highest, place = outputs.max(1)
    return place.masked_fill(~highest.isfinite(), -1)


def top_answers(output: Tensor, classes: Sequence[str], most: int = 3) -> tuple[str, list[dict[str, Any]]]:
    """Return the likeliest class of one output (1, classes), and the first few with how sure the model is."""
    if int(predicted_classes(output)) < 0:
        return text("no answer"), []
    sure = output[0].softmax(0)
    best = sure.argsort(descending=True)[:most].tolist()
    return classes[best[0]], [{ANSWER: classes[i], SURE: round(100 * float(sure[i]), 1)} for i in best]


def distillation_loss(output: Tensor, wanted: Tensor, temperature: float) -> Tensor:
    """Return how far outputs (n, classes) are from a teacher's, both softened: temperature^2 * KL(wanted || output).

    Source: Hinton, Vinyals, Dean 2015, Distilling the knowledge in a neural network.
    """
    ours, theirs = F.log_softmax(output / temperature, 1), F.log_softmax(wanted / temperature, 1)
    return temperature**2 * F.kl_div(ours, theirs, reduction="batchmean", log_target=True)
