"""Figures of a classifier beside its accuracy: recall class by class, precision, F1 and calibration, with intervals."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from core import statistics
from core.quality import Change, Quality, change, share
from core.tasks.outputs import predicted_classes

DRAWS = 200
"""How often a bootstrap of whole answers draws anew."""


def recall_by_class(
    classes: Sequence[str], predicted: Tensor, truth: Tensor, split: str = "validation"
) -> dict[str, Quality]:
    """Return for each class the share of its examples that were named rightly, with its Wilson interval.

    predicted, truth: int (n,), -1 for no answer, which is a wrong one; if there is none at all, there are no figures.
    A class without examples is left out.
    """
    recalls, silent = {}, bool((predicted < 0).all())
    for place, name in enumerate(classes):
        here = truth == place
        if here.any():
            mine = predicted[here]
            figure = share((mine == place).numpy(), "Recall", split, (mine >= 0).numpy() if silent else None)
            recalls[name] = replace(figure, unanswered=int((mine < 0).sum()))
    return recalls


def macro_recall(recalls: Mapping[str, Quality], split: str = "validation") -> Quality:
    """Return the plain mean of the classes' recalls, with the interval of independent classes."""
    each = list(recalls.values())
    value = sum(q.value for q in each) / len(each)
    low, high = statistics.mean_of_parts([q.value for q in each], [(q.low, q.high) for q in each])
    return Quality("Macro recall", value, low, high, sum(q.n for q in each), split, sum(q.unanswered for q in each))


def macro_recall_change(before: Mapping[str, Quality], after: Mapping[str, Quality]) -> Change:
    """Return how much the mean of the classes' recalls changed, with the interval of the pairs class by class."""
    each = [change(before[name], after[name]) for name in before]
    value = sum(c.value for c in each) / len(each)
    low, high = statistics.mean_of_parts([c.value for c in each], [(c.low, c.high) for c in each])
    return Change("Macro recall", value, low, high, sum(c.n for c in each))


def precision_and_calibration(outputs: Tensor, truth: Tensor, split: str = "validation") -> tuple[Quality, ...]:
    """Return macro precision, macro F1 and the expected calibration error, each with its 95 % bootstrap interval.

    outputs: (n, classes) logits; truth: int (n,). One answer that is not finite counts as perfectly unsure; where none
    is finite there is no figure.
    Source: Guo, Pleiss, Sun, Weinberger 2017, On calibration of modern neural networks (15 bins).
    """
    n, unanswered = len(truth), int((predicted_classes(outputs) < 0).sum())
    figures = []
    for metric, figure in _figures(outputs, truth).items():
        if unanswered == n:
            figures.append(Quality(metric, torch.nan, torch.nan, torch.nan, n, split, n))
            continue
        value = figure(torch.arange(n))
        low, high = statistics.percentiles_of_draws(value, np.array([figure(places) for places in _draws(n)]))
        figures.append(Quality(metric, value, max(0.0, low), min(1.0, high), n, split, unanswered))
    return tuple(figures)


def precision_and_calibration_changes(before: Tensor, after: Tensor, truth: Tensor) -> tuple[Change, ...]:
    """Return how much each of the same figures changed, with the interval of the pair: both are drawn together."""
    changes, n = [], len(truth)
    silent = any(bool((predicted_classes(outputs) < 0).all()) for outputs in (before, after))
    for (metric, one), two in zip(_figures(before, truth).items(), _figures(after, truth).values(), strict=True):
        if silent:
            changes.append(Change(metric, torch.nan, torch.nan, torch.nan, n))
            continue
        value = two(torch.arange(n)) - one(torch.arange(n))
        draws = np.array([two(places) - one(places) for places in _draws(n)])
        changes.append(Change(metric, value, *statistics.percentiles_of_draws(value, draws), n))
    return tuple(changes)


def _figures(outputs: Tensor, truth: Tensor) -> dict[str, Callable[[Tensor], float]]:
    """Return for each further metric a function from places of examples, int (n,), to its value there."""
    import torchmetrics.functional.classification as metrics  # two seconds, for those who ask for these figures

    classes, predicted = outputs.shape[1], predicted_classes(outputs)
    silent = bool((predicted < 0).any())
    # No answer is a class of its own, which nothing belongs to.
    answers = _Answers(torch.where(predicted < 0, classes, predicted), truth, classes, silent)
    sure = outputs.softmax(1).nan_to_num(1 / classes)
    return {
        "Macro precision": lambda places: answers.mean_over_classes(metrics.multiclass_precision, places),
        "Macro F1": lambda places: answers.mean_over_classes(metrics.multiclass_f1_score, places),
        "Calibration error": lambda places: float(
            metrics.multiclass_calibration_error(
                sure[places], truth[places], num_classes=classes, n_bins=15, validate_args=False
            )
        ),
    }


@dataclass(frozen=True, eq=False)
class _Answers:
    """Hold predicted and true classes, both int (n,); `silent` says whether some are `classes`, for no answer."""

    predicted: Tensor
    truth: Tensor
    classes: int
    silent: bool

    def mean_over_classes(self, metric: Callable[..., Tensor], places: Tensor) -> float:
        """Return the mean of a metric over the classes that are named or true at these places."""
        predicted, truth = self.predicted[places], self.truth[places]
        if not self.silent:
            return float(metric(predicted, truth, num_classes=self.classes, validate_args=False))
        each = metric(predicted, truth, num_classes=self.classes + 1, average=None, validate_args=False)
        counts = torch.bincount(torch.cat([predicted, truth]), minlength=self.classes + 1)[: self.classes]
        return float(each[: self.classes][counts > 0].mean()) if counts.any() else 0.0


def _draws(n: int) -> list[Tensor]:
    """Draw n places with repetition, DRAWS times, the same each time."""
    generator = torch.Generator().manual_seed(0)
    return [torch.randint(n, (n,), generator=generator) for _ in range(DRAWS)]
