"""What all classifiers have in common, whatever they look at: how they are judged, class by class and as a whole."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypedDict

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.language import text
from core.quality import Change, Quality, proportion, share
from core.tasks.class_figures import (
    macro_recall,
    macro_recall_change,
    precision_and_calibration,
    precision_and_calibration_changes,
    recall_by_class,
)
from core.tasks.demo import Answer
from core.tasks.outputs import predicted_classes
from core.tasks.records import Baseline, Classifier, ExtraFigures

Outputs = Callable[[nn.Module, str, int | None], Iterator[Tensor]]
"""(model, split, limit) -> the model's outputs for each example, (some, classes), one slice of them after the other."""


class ClassifierParts(TypedDict):
    """Name the parts of a Task that follow from a classifier's outputs and the true classes."""

    classifier: Classifier
    score: Callable[[nn.Module, str, int | None], Iterator[Quality]]
    loss: Callable[[Tensor, Tensor, float], Tensor]
    extra: ExtraFigures


def classifier(
    classes: tuple[str, ...],
    outputs: Outputs,
    labels: Callable[[str], Tensor],
    example: Callable[[str, int], Answer] | None = None,
) -> ClassifierParts:
    """Return the parts of a Task that follow from outputs and true classes.

    labels: (split) -> the place of the true class of each example, int (n,).
    example: (split, place) -> one example as people can look at it; None where there is no data.
    """
    judge = _Judge(classes, outputs, labels)
    baseline = Baseline(text("always the most frequent class"), judge.most_frequent)
    return {
        "classifier": Classifier(classes, judge.logits, labels, example),
        "score": judge.score,
        "loss": cross_entropy,
        "extra": ExtraFigures(judge.metrics, judge.metric_changes, judge.groups, baseline),
    }


def cross_entropy(output: Tensor, target: Tensor, smoothing: float) -> Tensor:
    """Return the mean cross entropy of outputs (n, classes) and true classes, int (n,), a scalar tensor."""
    return F.cross_entropy(output, target, label_smoothing=smoothing)


@dataclass(frozen=True, eq=False)
class _Judge:
    """Judge classifiers on the same examples; `classifier` says what each field is."""

    classes: tuple[str, ...]
    outputs: Outputs
    labels: Callable[[str], Tensor]

    def score(self, model: nn.Module, split: str, limit: int | None) -> Iterator[Quality]:
        predictions: list[Tensor] = []
        truth = self.labels(split)[:limit]
        for outputs in self.outputs(model, split, limit):
            predictions.append(predicted_classes(outputs))
            predicted = torch.cat(predictions)
            right = predicted == truth[: len(predicted)]
            yield share(right.numpy(), "Accuracy", split, (predicted >= 0).numpy())

    def logits(self, model: nn.Module, split: str) -> Tensor:
        return torch.cat(list(self.outputs(model, split, None)))

    def groups(self, model: nn.Module, split: str, outputs: Tensor | None = None) -> dict[str, Quality]:
        return self._recalls(self.logits(model, split) if outputs is None else outputs, split)

    def metrics(self, model: nn.Module, split: str, outputs: Tensor | None = None) -> tuple[Quality, ...]:
        outputs = self.logits(model, split) if outputs is None else outputs
        recall = macro_recall(self._recalls(outputs, split), split)
        return recall, *precision_and_calibration(outputs, self.labels(split), split)

    def metric_changes(self, before: Tensor, after: Tensor, split: str) -> tuple[Change, ...]:
        recall = macro_recall_change(self._recalls(before, split), self._recalls(after, split))
        return recall, *precision_and_calibration_changes(before, after, self.labels(split))

    def most_frequent(self, split: str) -> Quality:
        truth = self.labels(split)
        usual = torch.bincount(self.labels("train")).argmax()
        return proportion(int((truth == usual).sum()), len(truth), "Accuracy", split)

    def _recalls(self, outputs: Tensor, split: str) -> dict[str, Quality]:
        return recall_by_class(self.classes, predicted_classes(outputs), self.labels(split), split)
