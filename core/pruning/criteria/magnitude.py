"""Score a weight by its size."""

from collections.abc import Iterator, Mapping

from torch import Tensor

from core.language import text
from core.pruning.criteria import Criterion, Scores
from core.pruning.criteria.calibration import prunable
from core.tasks.base import Task


class Magnitudes(Mapping[str, Tensor]):
    """Absolute values of parameters, made when asked for, so that no second copy of the network lies in memory."""

    def __init__(self, parameters: Mapping[str, Tensor]) -> None:
        self._parameters = parameters

    def __getitem__(self, name: str) -> Tensor:
        return self._parameters[name].detach().abs()

    def __iter__(self) -> Iterator[str]:
        return iter(self._parameters)

    def __len__(self) -> int:
        return len(self._parameters)


def magnitude(task: Task, seed: int = 0) -> Scores:
    """Score a weight by its absolute value.

    Source: Han, Pool, Tran, Dally 2015, Learning both weights and connections for efficient neural networks.
    """
    return Magnitudes(prunable(task, task.model))


CHOICE = Criterion(
    name="magnitude",
    label=text("Size (magnitude)"),
    help=text("Weights close to zero matter least."),
    source=text("Han et al. 2015"),
    order=10,
    weights=magnitude,
    sizes=True,
)
