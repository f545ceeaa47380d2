"""What the engines of this machine make of a network: how long each takes, how large its file is, what it costs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch

from core.engines.base import Answering, Prepared, Shipped
from core.engines.kinds import ENGINES
from core.errors import PlaygroundError
from core.language import text
from core.measure import Change, Latency, change, latencies
from core.measure.shipping import timed_inputs
from core.pruning import Pruned, PruningPlan, prune
from core.quality import Quality
from core.tasks.base import Task

BATCHES = (1, 64)
"""Examples at a time."""

USUAL = tuple(name for name, engine in ENGINES.items() if not engine.slow)
"""Engines that are ready within seconds."""

Run = tuple[str, str]
"""Name of an engine, and of a network: "dense" or "shipped"."""


@dataclass(frozen=True)
class EngineFigures:
    """What engines make of the dense network and of the one that would be shipped.

    files: bytes of the file that an engine reads; quality, changes: on the same validation examples, and against the
    dense network in PyTorch; latency: batch size -> milliseconds of one pass.
    zeros: whether the shipped network keeps its zeros: single weights were removed, so that it computes no less.
    threads: of the processor. left_out: engine -> why. doing: what comes next, in words; "" at the end.
    """

    zeros: bool
    threads: int
    files: Mapping[Run, int] = field(default_factory=dict)
    quality: Mapping[Run, Quality] = field(default_factory=dict)
    changes: Mapping[Run, Change] = field(default_factory=dict)
    latency: Mapping[int, Mapping[Run, Latency]] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    doing: str = ""


def engine_figures(
    task: Task, pruned: Pruned, limit: int | None = None, engines: Sequence[str] = USUAL, seconds: float = 2.0
) -> Iterator[EngineFigures]:
    """Make a network ready in each engine, judge it there, and time all of them in turn.

    limit: how many validation examples judge each, None for all; seconds: how long each batch size is timed.
    """
    networks = {"dense": Shipped(task, prune(task, PruningPlan())), "shipped": Shipped(task, pruned)}
    whole = sum(parameter.numel() for parameter in task.model.parameters())
    smaller = sum(parameter.numel() for parameter in networks["shipped"].model.parameters()) < whole
    figures = EngineFigures(not smaller, torch.get_num_threads())
    ready: dict[Run, Prepared] = {}
    for name in engines:
        engine = ENGINES[name]
        yield replace(figures, doing=text("Getting ready: {engine}", engine=engine.label))
        if why := engine.missing:
            figures = replace(figures, left_out={**figures.left_out, name: why})
            continue
        try:
            found = {(name, network): engine.prepare(shipped) for network, shipped in networks.items()}
            for run, prepared in found.items():
                figures = _judged(task, figures, run, prepared, limit)
        except PlaygroundError as error:
            figures = replace(figures, left_out={**figures.left_out, name: error.what})
            continue
        ready |= found
    for batch in BATCHES:
        inputs = timed_inputs(task, batch)
        yield replace(figures, doing=text("Timing, {batch} at a time", batch=batch))
        for times in latencies({run: Answering(each) for run, each in ready.items()}, inputs, seconds):
            figures = replace(figures, latency={**figures.latency, batch: times})
    yield figures


def _judged(task: Task, figures: EngineFigures, run: Run, prepared: Prepared, limit: int | None) -> EngineFigures:
    """Add what a network that is ready weighs, and how good it is."""
    same = figures.quality.get(("torch", run[1])) if prepared.exact else None
    quality = same or task.evaluate(Answering(prepared), "validation", limit)
    judged = {**figures.quality, run: quality}
    dense = judged.get(("torch", "dense"), quality)
    return replace(
        figures,
        files={**figures.files, run: prepared.size},
        quality=judged,
        changes={**figures.changes, run: change(dense, quality)},
    )
