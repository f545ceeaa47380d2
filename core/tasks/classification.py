"""What all classifiers have in common, whatever they look at: how they are judged, class by class and as a whole."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core import statistics
from core.quality import Change, Quality, change, proportion, share
from core.tasks.base import Baseline, Classifier, ExtraFigures, named
from core.tasks.demo import Answer

DRAWS = 200
"""How often a bootstrap of whole answers draws anew."""

Outputs = Callable[[nn.Module, str, int | None], Iterator[Tensor]]
"""(model, split, limit) -> what the model says to each example, (some, classes), one slice of them after the other."""


def classifier(
    classes: tuple[str, ...],
    answer: Outputs,
    labels: Callable[[str], Tensor],
    example: Callable[[str, int], Answer] | None = None,
) -> dict[str, Any]:
    """Return the parts of a Task that follow from answers and true classes, int (n,) for each split."""

    def score(model: nn.Module, split: str, limit: int | None) -> Iterator[Quality]:
        guesses: list[Tensor] = []
        truth = labels(split)[:limit]
        for said in answer(model, split, limit):
            guesses.append(named(said))
            guessed = torch.cat(guesses)
            right = guessed == truth[: len(guessed)]
            yield share(right.numpy(), "Accuracy", split, (guessed >= 0).numpy())

    def logits(model: nn.Module, split: str) -> Tensor:
        return torch.cat(list(answer(model, split, None)))

    def groups(model: nn.Module, split: str, said: Tensor | None = None) -> dict[str, Quality]:
        said = logits(model, split) if said is None else said
        return recall_by_class(classes, named(said), labels(split), split)

    def metrics(model: nn.Module, split: str, said: Tensor | None = None) -> tuple[Quality, ...]:
        said, truth = logits(model, split) if said is None else said, labels(split)
        recall = macro_recall(recall_by_class(classes, named(said), truth, split), split)
        return recall, *precision_and_calibration(said, truth, split)

    def metric_changes(before: Tensor, after: Tensor, split: str) -> tuple[Change, ...]:
        truth = labels(split)
        recalls = [recall_by_class(classes, named(said), truth, split) for said in (before, after)]
        return macro_recall_change(*recalls), *precision_and_calibration_changes(before, after, truth)

    def loss(output: Tensor, target: Tensor, smoothing: float) -> Tensor:
        return F.cross_entropy(output, target, label_smoothing=smoothing)

    def most_frequent(split: str) -> Quality:
        truth = labels(split)
        usual = torch.bincount(labels("train")).argmax()
        return proportion(int((truth == usual).sum()), len(truth), "Accuracy", split)

    baseline = Baseline("always the most frequent class", most_frequent)
    return {
        "classifier": Classifier(classes, logits, labels, example),
        "score": score,
        "loss": loss,
        "extra": ExtraFigures(metrics, metric_changes, groups, baseline),
    }


def recall_by_class(
    classes: tuple[str, ...], guessed: Tensor, truth: Tensor, split: str = "validation"
) -> dict[str, Quality]:
    """Return for each class the share of its examples that were named rightly, with its Wilson interval.

    guessed, truth: int (n,), -1 for no answer, which is a wrong one; if there is none at all, there are no figures.
    A class without examples is left out.
    """
    found, silent = {}, bool((guessed < 0).all())
    for place, name in enumerate(classes):
        here = truth == place
        if here.any():
            mine = guessed[here]
            figure = share((mine == place).numpy(), "Recall", split, (mine >= 0).numpy() if silent else None)
            found[name] = replace(figure, unanswered=int((mine < 0).sum()))
    return found


def macro_recall(recalls: dict[str, Quality], split: str = "validation") -> Quality:
    """Return the plain mean of the classes' recalls, with the interval of independent classes."""
    each = list(recalls.values())
    value = sum(q.value for q in each) / len(each)
    low, high = statistics.mean_of_parts([q.value for q in each], [(q.low, q.high) for q in each])
    return Quality("Macro recall", value, low, high, sum(q.n for q in each), split, sum(q.unanswered for q in each))


def macro_recall_change(before: dict[str, Quality], after: dict[str, Quality]) -> Change:
    """Return how much the mean of the classes' recalls changed, with the interval of the pairs class by class."""
    each = [change(before[name], after[name]) for name in before]
    value = sum(c.value for c in each) / len(each)
    low, high = statistics.mean_of_parts([c.value for c in each], [(c.low, c.high) for c in each])
    return Change("Macro recall", value, low, high, sum(c.n for c in each))


def _judges(said: Tensor, truth: Tensor) -> dict[str, Callable[[Tensor], float]]:
    """Return for each further metric a function from places of examples, int (n,), to its value there."""
    import torchmetrics.functional.classification as judged  # two seconds, for those who ask for these figures

    kinds, guessed = said.shape[1], named(said)
    sure = said.softmax(1).nan_to_num(1 / kinds)
    silent = bool((guessed < 0).any())
    guessed = torch.where(guessed < 0, kinds, guessed)  # no answer is a class of its own, which nothing belongs to

    def averaged(judge: Callable[..., Tensor], at: Tensor) -> float:
        if not silent:
            return float(judge(guessed[at], truth[at], num_classes=kinds, validate_args=False))
        each = judge(guessed[at], truth[at], num_classes=kinds + 1, average=None, validate_args=False)
        there = torch.bincount(torch.cat([guessed[at], truth[at]]), minlength=kinds + 1)[:kinds] > 0
        return float(each[:kinds][there].mean()) if there.any() else 0.0

    return {
        "Macro precision": lambda at: averaged(judged.multiclass_precision, at),
        "Macro F1": lambda at: averaged(judged.multiclass_f1_score, at),
        "Calibration error": lambda at: float(
            judged.multiclass_calibration_error(sure[at], truth[at], num_classes=kinds, n_bins=15, validate_args=False)
        ),
    }


def _draws(n: int) -> list[Tensor]:
    drawn = torch.Generator().manual_seed(0)
    return [torch.randint(n, (n,), generator=drawn) for _ in range(DRAWS)]


def precision_and_calibration(said: Tensor, truth: Tensor, split: str = "validation") -> tuple[Quality, ...]:
    """Return macro precision, macro F1 and the expected calibration error, each with its 95 % bootstrap interval.

    said: (n, classes) logits; truth: int (n,). One answer that is not finite counts as perfectly unsure; where none is
    finite there is no figure.
    Source: Guo, Pleiss, Sun, Weinberger 2017, On calibration of modern neural networks (15 bins).
    """
    lost = int((named(said) < 0).sum())
    found = []
    for metric, judge in _judges(said, truth).items():
        if lost == len(truth):
            found.append(Quality(metric, torch.nan, torch.nan, torch.nan, lost, split, lost))
            continue
        value = judge(torch.arange(len(truth)))
        low, high = statistics.percentiles_of_draws(value, np.array([judge(at) for at in _draws(len(truth))]))
        found.append(Quality(metric, value, max(0.0, low), min(1.0, high), len(truth), split, lost))
    return tuple(found)


def precision_and_calibration_changes(before: Tensor, after: Tensor, truth: Tensor) -> tuple[Change, ...]:
    """Return how much each of the same figures changed, with the interval of the pair: both are drawn together."""
    found, n = [], len(truth)
    silent = any(bool((named(said) < 0).all()) for said in (before, after))
    for (metric, one), two in zip(_judges(before, truth).items(), _judges(after, truth).values(), strict=True):
        if silent:
            found.append(Change(metric, torch.nan, torch.nan, torch.nan, n))
            continue
        value = two(torch.arange(n)) - one(torch.arange(n))
        low, high = statistics.percentiles_of_draws(value, np.array([two(at) - one(at) for at in _draws(n)]))
        found.append(Change(metric, value, low, high, n))
    return tuple(found)


def likely(output: Tensor, classes: tuple[str, ...], most: int = 3) -> tuple[str, list[dict[str, Any]]]:
    """Return the likeliest class of one answer (1, classes), and the first few with how sure the model is."""
    if int(named(output)) < 0:
        return "no answer", []
    sure = output[0].softmax(0)
    best = sure.argsort(descending=True)[:most].tolist()
    return classes[best[0]], [{"Answer": classes[i], "Sure, %": round(100 * float(sure[i]), 1)} for i in best]


def changed(dense: Answer, other: Answer) -> str:
    """Say whether two classifiers answer alike."""
    first = [shown.rows[0]["Answer"] if shown.rows else None for shown in (dense, other)]
    return "Both say the same." if first[0] == first[1] else "They do not say the same."
