"""Fine-tunes that were measured: what was known before each, and what it reached."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core.errors import PlaygroundError
from core.experiment import Experiment
from core.pruning import carry_out
from core.tasks import Task
from core.tasks.asset_files import load_json
from core.tasks.assets import ROOT, Assets
from core.tuning import Recipe, fine_tune

REPAIR = "once"
"""How a network is repaired to see beforehand how much of it can come back: the way that takes a second."""


@dataclass(frozen=True)
class PastRun:
    """Hold one fine-tune of a network on all validation data, as plain figures in the metric's own unit.

    experiment: which one it is; sparsity: the removed share, 0 to 1.
    dense, pruned: before it, of the whole network and of what was left of it.
    repaired: of the pruned network with the kept weights solved for at once; None where nobody measured that.
    tuned: after it.
    """

    experiment: Experiment
    sparsity: float
    dense: float
    pruned: float
    repaired: float | None
    tuned: float

    @property
    def finite(self) -> bool:
        """Whether every figure is a number."""
        figures = (self.sparsity, self.dense, self.pruned, self.repaired or 0.0, self.tuned)
        return all(math.isfinite(each) for each in figures)

    def to_dict(self) -> dict[str, Any]:
        """Return the run as plain data."""
        figures = {"dense": self.dense, "pruned": self.pruned, "repaired": self.repaired, "tuned": self.tuned}
        return {"experiment": self.experiment.to_dict(), "sparsity": self.sparsity, **figures}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "PastRun":
        """Return the run that `to_dict` described. Raises KeyError, TypeError, ValueError or BadInput for others."""
        repaired = content["repaired"]
        return cls(
            Experiment.from_dict(content["experiment"]),
            float(content["sparsity"]),
            float(content["dense"]),
            float(content["pruned"]),
            None if repaired is None else float(repaired),
            float(content["tuned"]),
        )


def read_run(content: Mapping[str, Any]) -> PastRun | None:
    """Return the run that `to_dict` described; None for what cannot be read, as a newer version of this app writes."""
    try:
        return PastRun.from_dict(content)
    except (KeyError, TypeError, ValueError, PlaygroundError):
        return None


def same_way(experiment: Experiment) -> tuple[str, str, Recipe | None]:
    """Return what two runs must have in common to tell of each other: network, repair, and recipe but for its seed."""
    recipe = experiment.recipe
    return experiment.network, experiment.repair, None if recipe is None else replace(recipe, seed=0)


def measure_run(task: Task, experiment: Experiment) -> PastRun:
    """Prune, repair and fine-tune a task's network, and judge each. Raises BadPlan and whatever a fine-tune raises."""
    recipe = experiment.recipe or Recipe()
    pruned, repaired = carry_out(task, experiment.plan), carry_out(task, experiment.plan, REPAIR)
    start = {"": pruned, REPAIR: repaired}.get(experiment.repair) or carry_out(task, experiment.plan, experiment.repair)
    *_, last = fine_tune(task, start, recipe)
    assert last.model is not None and last.quality is not None
    dense, before, solved = (task.evaluate(each).value for each in (task.model, pruned.model, repaired.model))
    return PastRun(experiment, pruned.sparsity, dense, before, solved, last.quality.value)


def shipped_runs(network: str, root: Path = ROOT) -> list[PastRun]:
    """Return the runs of a network that came with the app; none where there are none, or where it has other weights.

    Raises TaskUnavailable when the file is damaged.
    """
    assets = Assets.open(root)
    if not assets.digest(file_of(network)):
        return []
    content = load_json(assets, file_of(network))
    return [PastRun.from_dict(each) for each in content["runs"] if content["weights"] == weights_of(assets, network)]


def file_of(network: str) -> str:
    """Name the file of the assets that has the runs of a network that ships."""
    return f"data/promises-{network}.json.gz"


def weights_of(assets: Assets, network: str) -> str:
    """Return the hash of the weights that a network ships with, so that runs of other ones are not taken for its."""
    return assets.digest(f"models/{network}.safetensors")
