"""How far a fine-tune is, as those who iterate over it see it."""

from dataclasses import dataclass, replace

from torch import nn

from core.pruning import Pruned
from core.quality import Quality
from core.tuning.evaluation import Evaluation


@dataclass(frozen=True, eq=False)
class Progress:
    """Say how far a fine-tune is.

    step, of: optimiser steps done, and in all.
    loss: training loss, averaged over the last 20 steps.
    sparsity: the removed share of the prunable weights at this step.
    seconds, left: time spent, and the estimate of what remains.
    ended: whether the run is over, by its steps, its time limit or its patience; what it carries then is its result.
    quality: the latest look at validation data: the first `quick_eval_size` examples of the task (all where the recipe
        has patience), all of them at the end.
    same_examples: the same network on the validation examples that every look has seen, so that looks can be compared.
    train: the same network on as many of the first training examples, not varied.
    model: the tuned network; carried by the last one, and by each that brings a new `quality`.
    pruned: the same with its masks.
    """

    step: int
    of: int
    loss: float
    sparsity: float
    seconds: float
    left: float
    ended: bool = False
    quality: Quality | None = None
    same_examples: Quality | None = None
    train: Quality | None = None
    model: nn.Module | None = None
    pruned: Pruned | None = None

    def with_look(self, look: Evaluation | None, fresh: bool) -> "Progress":
        """Return this with the latest look, and with the network itself where the look is fresh."""
        if look is None:
            return self
        judged = replace(self, quality=look.quality, same_examples=look.same_examples, train=look.train)
        return replace(judged, model=look.reached.model, pruned=look.reached) if fresh else judged
