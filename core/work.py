"""The long work that runs beside the page: plain data in, a stream of plain data out."""

import copy
import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from safetensors.torch import load as load_weights
from safetensors.torch import save

from core.measure import Quality, Step
from core.measure import sweep as sweep_steps
from core.pruning import Pruned, PruningPlan, prune
from core.tasks import load
from core.tasks.base import Task
from core.tuning import Recipe, fine_tune


@dataclass(frozen=True)
class Healing:
    """How far a fine-tune is, without anything that only lives in the process that runs it.

    weights: safetensors bytes of the network's state, whenever `quality` is new; None between.
    """

    step: int
    of: int
    loss: float
    quality: Quality | None
    seconds: float
    left: float
    weights: bytes | None


def tune(loaded: Callable[[str], Task], name: str, plan: PruningPlan, recipe: Recipe) -> Iterator[Healing]:
    """Prune a task's model by a plan, then fine-tune it by a recipe."""
    task = loaded(name)
    for p in fine_tune(task, prune(task, plan), recipe):
        weights = save(p.model.state_dict()) if p.model is not None else None
        yield Healing(p.step, p.of, p.loss, p.quality, p.seconds, p.left, weights)


def sweep(loaded: Callable[[str], Task], name: str, plans: tuple[PruningPlan, ...]) -> Iterator[Step]:
    """Judge a task's model under each plan on validation data."""
    yield from sweep_steps(loaded(name), plans)


WORK: Mapping[str, Callable[..., Iterator[object]]] = {"tune": tune, "sweep": sweep}


def loader() -> Callable[[str], Task]:
    """Return a `load` that keeps the last few tasks, for one process."""
    return functools.lru_cache(maxsize=4)(load)


def healed(pruned: Pruned, weights: bytes) -> Pruned:
    """Return a pruned network with the weights that a fine-tune of it has sent."""
    model = copy.deepcopy(pruned.model)
    model.load_state_dict(load_weights(weights))
    return replace(pruned, model=model)
