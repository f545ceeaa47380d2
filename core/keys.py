"""What an answer that visitors share is about."""

from dataclasses import dataclass

from core.pruning import PruningPlan
from core.tuning import Recipe


@dataclass(frozen=True)
class Key:
    """Name an answer about a network: the dense one, what a plan leaves of it, or what a fine-tune makes of that.

    network: its name in the catalogue; what: the kind of answer, in a word.
    plan: how it was pruned, None for the dense network; recipe: how it was fine-tuned, None if it was not.
    steps: optimiser steps after which that ended; None without a fine-tune.
    """

    network: str
    what: str
    plan: PruningPlan | None = None
    recipe: Recipe | None = None
    steps: int | None = None
