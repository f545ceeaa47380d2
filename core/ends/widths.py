"""A table of latencies by layer width, measured on this machine, and what each width loses.

After ZipLM (Kurtic, Frantar, Alistarh 2023): how long the whole network takes with one layer narrowed, at a few widths,
and how far its answers then lie from the dense network's. What several layers save together is taken for the product of
what each saves alone: exact where two layers share one product of matrices, and careful where they do not.
"""

import io
import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from core.ends.choice import Choice, Option, monotone
from core.ends.figures import WidthTime
from core.engines import ENGINES
from core.engines.base import Answering, Prepared
from core.errors import BadPlan
from core.language import text
from core.measure import latencies
from core.measure.shipping import timed_inputs
from core.pruning import PruningPlan, Ranking, prune, repair, shrink
from core.pruning.teacher import Teacher
from core.pruning.units import Structure
from core.tasks.base import Task

SHARES = (1.0, 0.75, 0.5, 0.35, 0.2, 0.1, 0.05)
"""Shares of a layer's units that stay: the widths at which it is timed, ..."""

FEW_SHARES = (1.0, 0.6, 0.35, 0.15)
"""... and those where there are more than MANY layers."""

MANY = 12

SECONDS, PASSES = 0.5, 7
"""How long the widths of one layer are timed, and how many passes of each count, at least."""

LOOKED_AT, REPAIRED_BY = 256, 500
"""Examples on which answers are compared, and by which networks of the table are repaired."""

Answer = Callable[[Tensor], Tensor]


@dataclass(frozen=True, eq=False)
class Widths:
    """Hold the table of one layer: its widths, the narrowest first, with milliseconds by engine, and what each loses.

    loss: of each width, the squared distance of the answers, after a repair, from the dense ones, as a share of the
    squares of these.
    """

    structure: Structure
    units: tuple[int, ...]
    milliseconds: Mapping[str, tuple[float, ...]]
    loss: tuple[float, ...]

    def options(self, engine: str) -> list[Option]:
        """Return what each width takes, as the logarithm of its share of the dense network's time, and loses.

        Noise is taken out of both first: a wider layer takes no less time, and loses no more.
        """
        times, losses = monotone(self.milliseconds[engine]), monotone([-each for each in self.loss])
        return [Option(math.log(ms / times[-1]), -loss) for ms, loss in zip(times, losses, strict=True)]

    def rows(self) -> Iterator[WidthTime]:
        """Lay out what was measured."""
        layer = self.structure.name.removesuffix(".weight")
        for engine, times in self.milliseconds.items():
            for units, ms in zip(self.units, times, strict=True):
                yield WidthTime(engine, layer, units, self.structure.units, ms)


def units_plan(structures: Sequence[Structure], kept: Sequence[int], criterion: str = "magnitude") -> PruningPlan:
    """Return the plan that keeps so many units of each layer. Each has its own share, so that the scope is idle."""
    gone = {each.name: 1 - count / each.units for each, count in zip(structures, kept, strict=True)}
    return PruningPlan(granularity="channel", criterion=criterion, overrides=gone)


def timed_engines() -> tuple[str, ...]:
    """Name the engines of this machine in which layers are timed: PyTorch, and those that read ONNX as it is."""
    return ("torch", *(name for name, each in ENGINES.items() if each.read is not None and not each.missing))


def better_criterion(task: Task, structures: Sequence[Structure], rankings: Mapping[str, Ranking]) -> str:
    """Name the criterion by which half of the units of one layer change the answers least, summed over the layers."""

    def far(name: str) -> float:
        return sum(
            _distance(task, prune(task, narrowed(structures, each, each.units // 2, name), rankings[name]).model)
            for each in structures
        )

    return min(rankings, key=far)


def narrowed(structures: Sequence[Structure], layer: Structure, units: int, criterion: str) -> PruningPlan:
    """Return the plan that keeps so many units of one layer, at least one, and all of the others."""
    kept = [max(1, units) if each is layer else each.units for each in structures]
    return units_plan(structures, kept, criterion)


def measure_widths(
    task: Task, structures: Sequence[Structure], layer: Structure, ranking: Ranking, teacher: Teacher | None,
    engines: Sequence[str], batch: int, seconds: float = SECONDS,
) -> Widths:  # fmt: skip
    """Time a network with one layer narrowed to each width, all in turn in all engines, and look at what it says.

    ranking: of a `units_plan`; teacher: by which it is repaired before its answers are compared, None for not at all.
    Raises BadPlan where units of this layer cannot be taken out, or an engine cannot read the network.
    """
    inputs, shares = timed_inputs(task, batch), SHARES if len(structures) <= MANY else FEW_SHARES
    units = tuple(sorted({max(1, round(share * layer.units)) for share in shares}))
    ready: dict[tuple[str, int], nn.Module] = {}
    loss = []
    for width in units:
        pruned = prune(task, narrowed(structures, layer, width, ranking.plan.criterion), ranking)
        small = shrink(pruned)
        for engine in engines:
            ready[engine, width] = Answering(Prepared(quickly(small, inputs, engine), 0))
        whole = width == layer.units
        loss.append(
            0.0 if whole else _distance(task, repair(task, pruned, teacher=teacher).model if teacher else small)
        )
    *_, times = latencies(ready, inputs, seconds, PASSES)
    taken = {engine: tuple(times[engine, width].median for width in units) for engine in engines}
    return Widths(layer, units, taken, tuple(loss))


def quickly(model: nn.Module, inputs: Tensor, engine: str) -> Answer:
    """Make a network ready to be timed on these inputs alone, by torch's older exporter, which takes a moment.

    What somebody takes home is written by the newer one, for any inputs, and compared. Raises BadPlan where it fails.
    """
    read = ENGINES[engine].read
    if read is None:
        return model
    content: Any = io.BytesIO()  # which the older exporter takes as well as a path
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it is told that there is a newer one
            torch.onnx.export(model, (inputs,), content, input_names=["input"], output_names=["output"], dynamo=False)
        return read(content.getvalue())
    except Exception as error:  # whatever an exporter raises, a person can do nothing about its insides
        raise BadPlan(text("This network could not be written for it at several widths."), "") from error


def _distance(task: Task, model: nn.Module) -> float:
    """Return how far the answers of a network lie from the dense one's: squares, as a share of the squares of these."""
    split = "train" if task.count("train") else "validation"
    inputs, _ = next(iter(task.batches(split, LOOKED_AT, torch.Generator().manual_seed(1), ())))
    with torch.inference_mode():
        dense, found = task.model(inputs).double(), model(inputs).double()
    far = float((found - dense).square().sum() / dense.square().sum().clamp_min(1e-12))
    return far if math.isfinite(far) else 1e6


def kept_units(tables: Sequence[Widths], structures: Sequence[Structure], choice: Choice) -> list[int]:
    """Return how many units of each layer a choice keeps; a layer without a table keeps all."""
    picked = {each.structure.name: each.units[pick] for each, pick in zip(tables, choice.picks, strict=True)}
    return [picked.get(each.name, each.units) for each in structures]


def with_amount(plan: PruningPlan, sparsity: float) -> PruningPlan:
    """Give a plan of own shares the sparsity that comes of it, for whoever looks at a slider; it changes nothing."""
    return replace(plan, sparsity=round(200 * sparsity) / 200)
