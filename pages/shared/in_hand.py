"""What a visitor has in hand, on every page: a network, what is removed of it, and the stage that is looked at."""

from dataclasses import dataclass

from core.experiment import Experiment
from core.pruning import PruningPlan
from core.stages import Subject
from core.tuning import Recipe


@dataclass(frozen=True)
class InHand:
    """Hold what the bar on top of a page says.

    subject: network, plan and stage; percent: where the slider stands, or stands for.
    recipe: of the fine-tune that is looked at; parent: id of the experiment that this one goes on from, or "".
    repair: how what is left is repaired, or is to be before a fine-tune; "" for not at all.
    awaited: whether the repaired stage is looked at and is not there yet: the subject is the pruned one until then.
    """

    subject: Subject
    percent: float
    recipe: Recipe | None = None
    parent: str = ""
    repair: str = ""
    awaited: bool = False

    @property
    def network(self) -> str:
        """The name of the network that is pruned."""
        return self.subject.network

    @property
    def plan(self) -> PruningPlan:
        """What is removed of it."""
        return self.subject.plan

    @property
    def experiment(self) -> Experiment:
        """All of this as the one object."""
        return Experiment(self.network, plan=self.plan, repair=self.repair, recipe=self.recipe, parent=self.parent)
