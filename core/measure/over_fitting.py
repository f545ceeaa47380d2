"""Over-fitting: where a network gets worse on what it has not seen, but not on what it learns from."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.measure.statistics import fell_for_certain
from core.quality import Quality


@dataclass(frozen=True)
class Look:
    """One look at a network on its way: optimiser step, quality on validation and on training data, sparsity.

    same_examples: quality on the validation examples that every look has seen.
    """

    step: int
    quality: Quality
    train: Quality
    sparsity: float
    same_examples: Quality | None = None


def over_fitting(looks: Sequence[Look]) -> int | None:
    """Return the step from which training and validation part, or None where that may be chance.

    They part where validation falls for certain from an earlier look to the last one, on the same examples, while
    training is not worse at the end; sparsity is the same at both. A network whose validation does not fall is flagged
    at most once in twenty runs.
    """
    last = looks[-1] if looks else None
    if last is None or last.same_examples is None:
        return None
    earlier, figures = [], []
    for look in looks[:-1]:
        if look.same_examples is not None and abs(look.sparsity - last.sparsity) < 1e-6:
            earlier.append(look)
            figures.append(look.same_examples)
    place = fell_for_certain(figures, last.same_examples)
    if place is None:
        return None
    best = earlier[place]
    return None if best.train.better_than(last.train) else best.step
