"""What all classifiers have in common, whatever they look at: how they are judged, class by class and as a whole."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.tasks.quality import Z95, Quality, proportion
from core.tasks.trial import Shown

DRAWS = 200
"""How often a bootstrap of whole answers draws anew."""

Answer = Callable[[nn.Module, str, int | None], Iterator[Tensor]]
"""(model, split, limit) -> what the model says to each example, (some, classes), one slice of them after the other."""


def classifier(classes: tuple[str, ...], answer: Answer, labels: Callable[[str], Tensor]) -> dict[str, Any]:
    """Return the parts of a Task that follow from answers and true classes, int (n,) for each split."""

    def score(model: nn.Module, split: str, limit: int | None) -> Iterator[Quality]:
        right = seen = 0
        truth = labels(split)[:limit]
        for said in answer(model, split, limit):
            guessed = said.argmax(1)
            right += int((guessed == truth[seen : seen + len(guessed)]).sum())
            seen += len(guessed)
            yield proportion(right, seen, "Accuracy", split)

    def answers(model: nn.Module, split: str) -> tuple[Tensor, Tensor]:
        return logits(model, split).argmax(1), labels(split)

    def logits(model: nn.Module, split: str) -> Tensor:
        return torch.cat(list(answer(model, split, None)))

    def groups(model: nn.Module, split: str, said: Tensor | None = None) -> dict[str, Quality]:
        said = logits(model, split) if said is None else said
        return recall_by_class(classes, said.argmax(1), labels(split), split)

    def more(model: nn.Module, split: str, said: Tensor | None = None) -> tuple[Quality, ...]:
        said, truth = logits(model, split) if said is None else said, labels(split)
        recall = macro_recall(recall_by_class(classes, said.argmax(1), truth, split), split)
        return recall, *precision_and_calibration(said, truth, split)

    def most_frequent(split: str) -> Quality:
        truth = labels(split)
        usual = torch.bincount(labels("train")).argmax()
        return proportion(int((truth == usual).sum()), len(truth), "Accuracy", split)

    return {
        "classes": classes,
        "score": score,
        "answers": answers,
        "logits": logits,
        "labels": labels,
        "groups": groups,
        "more": more,
        "baseline": ("always the most frequent class", most_frequent),
        "loss": lambda output, target, smoothing: F.cross_entropy(output, target, label_smoothing=smoothing),
    }


def recall_by_class(
    classes: tuple[str, ...], guessed: Tensor, truth: Tensor, split: str = "validation"
) -> dict[str, Quality]:
    """Return for each class the share of its examples that were named rightly, with its Wilson interval.

    guessed, truth: int (n,). A class without examples is left out.
    """
    seen, found = (torch.bincount(each, minlength=len(classes)).tolist() for each in (truth, truth[guessed == truth]))
    return {name: proportion(hits, n, "Recall", split) for name, hits, n in zip(classes, found, seen, strict=True) if n}


def macro_recall(recalls: dict[str, Quality], split: str = "validation") -> Quality:
    """Return the plain mean of the classes' recalls; the interval is that of independent classes, to first order."""
    each = list(recalls.values())
    value = sum(q.value for q in each) / len(each)
    half = Z95 * math.sqrt(sum(q.value * (1 - q.value) / q.n for q in each)) / len(each)
    return Quality("Macro recall", value, max(value - half, 0.0), min(value + half, 1.0), sum(q.n for q in each), split)


def precision_and_calibration(said: Tensor, truth: Tensor, split: str = "validation") -> tuple[Quality, ...]:
    """Return macro precision, macro F1 and the expected calibration error, each with its 95 % interval.

    said: (n, classes) logits; truth: int (n,). An answer that is not finite counts as perfectly unsure.
    The intervals are those of the basic bootstrap, which makes up for the bias of a calibration error.
    Sources: Guo, Pleiss, Sun, Weinberger 2017, On calibration of modern neural networks (15 bins); Davison and Hinkley
    1997, Bootstrap methods and their application.
    """
    import torchmetrics.functional.classification as judged  # two seconds, for those who ask for these figures

    kinds = said.shape[1]
    sure = said.softmax(1).nan_to_num(1 / kinds)
    guessed = sure.argmax(1)
    unchecked = {"num_classes": kinds, "validate_args": False}
    judges: dict[str, Callable[[Tensor], Tensor]] = {
        "Macro precision": lambda at: judged.multiclass_precision(guessed[at], truth[at], **unchecked),
        "Macro F1": lambda at: judged.multiclass_f1_score(guessed[at], truth[at], **unchecked),
        "Calibration error": lambda at: judged.multiclass_calibration_error(
            sure[at], truth[at], n_bins=15, **unchecked
        ),
    }
    everything, drawn = torch.arange(len(truth)), torch.Generator().manual_seed(0)
    draws = [torch.randint(len(truth), (len(truth),), generator=drawn) for _ in range(DRAWS)]
    found = []
    for metric, judge in judges.items():
        value = float(judge(everything))
        least, most = torch.quantile(
            torch.stack([judge(at) for at in draws]).double(), torch.tensor([0.025, 0.975]).double()
        )
        low, high = max(0.0, min(value, 2 * value - float(most))), min(1.0, max(value, 2 * value - float(least)))
        found.append(Quality(metric, value, low, high, len(truth), split))
    return tuple(found)


def likely(output: Tensor, classes: tuple[str, ...], most: int = 3) -> tuple[str, list[dict[str, Any]]]:
    """Return the likeliest class of one answer (1, classes), and the first few with how sure the model is."""
    if not torch.isfinite(output).all():
        return "no answer", []
    sure = output[0].softmax(0)
    best = sure.argsort(descending=True)[:most].tolist()
    return classes[best[0]], [{"Answer": classes[i], "Sure, %": round(100 * float(sure[i]), 1)} for i in best]


def changed(dense: Shown, other: Shown) -> str:
    """Say whether two classifiers answer alike."""
    first = [shown.rows[0]["Answer"] if shown.rows else None for shown in (dense, other)]
    return "Both say the same." if first[0] == first[1] else "They do not say the same."
