"""A criterion and a scope as somebody would add them: each one file, which nothing else names."""

import sys
from pathlib import Path

import pytest

from core.pruning import criteria, scopes

CRITERION = '''\
"""Score a weight by how far it lies above the smallest one of the network."""

from core.pruning.criteria import Criterion, Scores
from core.pruning.criteria.calibration import prunable
from core.tasks.base import Task


def smallest_of_all(task: Task, seed: int = 0) -> Scores:
    """Score a weight by its value, above that of the smallest one."""
    weights = {name: weight.detach() for name, weight in prunable(task, task.model).items()}
    smallest = min(float(weight.min()) for weight in weights.values())
    return {name: weight - smallest for name, weight in weights.items()}


CHOICE = Criterion(
    name="smallest-of-all",
    label="The smallest of all",
    help="The most negative weights matter least.",
    source="a test",
    order=99,
    weights=smallest_of_all,
)
'''

SCOPE = '''\
"""Compare each score with the largest one of its layer."""

from torch import Tensor

from core.pruning.scopes import Scope


def against_the_largest(scores: Tensor) -> Tensor:
    """Divide a layer's scores by the largest one."""
    return scores / scores.max()


CHOICE = Scope(
    name="against-the-largest",
    label="Against the layer's largest",
    help="A weight is compared with the largest one of its layer.",
    source="a test",
    order=99,
    rescale=against_the_largest,
)
'''


def add_choices(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put both files into folders that the packages look into, until the test ends."""
    for package, name, text in ((criteria, "smallest_of_all", CRITERION), (scopes, "against_the_largest", SCOPE)):
        assert len(text.splitlines()) <= 60
        place = folder / package.__name__
        place.mkdir()
        (place / f"{name}.py").write_text(text, encoding="utf-8")
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(place)])
        monkeypatch.delitem(sys.modules, f"{package.__name__}.{name}", raising=False)
