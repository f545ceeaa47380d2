"""A fine-tune that has ended, as the store keeps it: plain data that is read back after a reload or a restart."""

from dataclasses import dataclass

from core.errors import PlaygroundError
from core.experiment import Experiment
from core.measure import Candidate, Promise, Quality, read_promise
from core.pruning import PruningPlan
from core.stages import Subject
from core.store import Result
from core.store.figures import data_to_quality
from core.tuning import Recipe

KIND = "fine-tune"
"""Under this name the store has what a fine-tune has reached."""

COSTS = ("size", "macs", "effective", "parameters")
"""What of a `Candidate` is kept of a fine-tune."""


@dataclass(frozen=True)
class FineTune:
    """Hold a fine-tune that has ended with something to show, as plain data.

    experiment: what it is; artefact: hash of its weights and masks, "" if they are gone.
    state: how its job ended, "done" if nothing cut it short; sparsity, step, of, seconds: of what is judged.
    dense, pruned, tuned: quality on all validation data.
    size, macs, effective, parameters: what it costs, as a `Candidate` has it; 0 if that was not kept.
    promise: what was promised before it, None if nothing was.
    """

    experiment: Experiment
    artefact: str
    state: str
    sparsity: float
    step: int
    of: int
    seconds: float
    dense: Quality
    pruned: Quality
    tuned: Quality
    size: int = 0
    macs: int = 0
    effective: int = 0
    parameters: int = 0
    promise: Promise | None = None

    @property
    def network(self) -> str:
        """The network that it began with."""
        return self.experiment.network

    @property
    def plan(self) -> PruningPlan:
        """How that was pruned."""
        return self.experiment.plan

    @property
    def recipe(self) -> Recipe:
        """How it learned."""
        return self.experiment.recipe or Recipe()

    @property
    def subject(self) -> Subject:
        """The network that it reached."""
        return Subject(self.network, self.plan, "fine-tuned", self.artefact)

    @property
    def candidate(self) -> Candidate:
        """What it costs and how good it is, to compare it with whatever else was tried."""
        costs = (self.size, self.macs, self.effective, self.parameters)
        return Candidate(self.plan, self.sparsity, self.tuned, *costs, "fine-tuned")


def read_fine_tune(experiment: Experiment, result: Result) -> FineTune | None:
    """Read a fine-tune from the store; None for one that cannot be read."""
    content = result.content
    try:
        dense, pruned, tuned = (data_to_quality(content[stage]) for stage in ("dense", "pruned", "tuned"))
        size, macs, effective, parameters = (int(content.get(each, 0)) for each in COSTS)
        return FineTune(
            experiment,
            result.artefact,
            str(content["state"]),
            float(content["sparsity"]),
            int(content["step"]),
            int(content["of"]),
            float(content["seconds"]),
            dense,
            pruned,
            tuned,
            size,
            macs,
            effective,
            parameters,
            read_promise(content.get("promise")),
        )
    except (KeyError, TypeError, ValueError, PlaygroundError):
        return None
