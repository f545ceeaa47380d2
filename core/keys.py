"""What an answer that visitors share is about."""

from dataclasses import dataclass

from core.pruning import PruningPlan
from core.stages import Subject


@dataclass(frozen=True)
class Key:
    """Name an answer about a network: the whole one, a way to prune it, or one of its stages.

    network: its name in the catalogue, with the hash of other weights if it has some; what: the kind of answer, in a
        word.
    plan: a way to prune it, for answers about all amounts; subject: the stage that an answer is about.
    steps: how long it was fine-tuned, for a comparison at equal length.
    """

    network: str
    what: str
    plan: PruningPlan | None = None
    subject: Subject | None = None
    steps: int | None = None


def about(subject: Subject, what: str) -> Key:
    """Name an answer about one stage of a network; that of the dense one is the same for every plan."""
    if subject.stage == "dense":
        return Key(subject.network, what)
    return Key(subject.network, what, subject=subject)
