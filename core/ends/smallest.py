"""The smallest file within a loss: each kind of plan as far as it goes, repaired, then written in every form."""

import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import nn

from core.ends.figures import End, EndFigures, Looking, Tried
from core.ends.trying import Pace, Trying, with_size
from core.engines import ENGINES
from core.engines.base import Answering, Shipped
from core.errors import PlaygroundError
from core.export import FORMATS
from core.language import text
from core.measure import Candidate, as_shipped, file_sizes
from core.measure.encodings import quick_size
from core.pruning import Pruned, PruningPlan, Ranking, prune, rank
from core.sharing import from_range_coded
from core.tasks.base import Task

PLANS = (
    PruningPlan(scope="lamp"),
    PruningPlan(),
    PruningPlan(scope="layer"),
    PruningPlan(criterion="first-order"),
    PruningPlan(granularity="channel"),
    PruningPlan(granularity="channel", criterion="first-order"),
)
"""Kinds of plan that are tried; one that a task does not know is left out."""

STOPS = tuple(i / 100 for i in range(10, 100))
"""Sparsities between which a search looks, in the order of what they remove."""

WRITTEN = 2
"""How many of the networks that keep to the loss are written in every form."""

MILDER, FURTHER = (1.15, 1.3, 1.5, 1.8, 2.2), (0.85, 0.7, 0.6, 0.5)
"""How many times as many weights stay where sharing values loses too much, or where tuning these makes up for more."""

INT8 = "onnxruntime-int8"
SHARED = FORMATS["shared"]
LOSSLESS = ("zipped", "bitmask", "csr")
"""Encodings that are forms by their own name; all give every number back."""


@dataclass(frozen=True, eq=False)
class _Found:
    """A network that keeps to the loss, with the ranking that it came of."""

    pruned: Pruned
    candidate: Candidate
    ranking: Ranking


def find_smallest(task: Task, end: End, limit: int | None = None) -> Iterator[EndFigures]:
    """Look for the smallest file within a loss, yielding what was found so far.

    limit: how many validation examples judge each, None for all.
    Raises BadInput for too few examples or too small a loss.
    """
    pace = Pace({"kind": 15.0, "write": 20.0})
    figures = EndFigures(end, threads=torch.get_num_threads())
    yield replace(figures, doing=text("Judging the dense network"))
    trying = Trying.begin(task, end, limit)
    figures = replace(figures, tried=(trying.whole,))
    plans = [*PLANS, *(replace(each, embeddings=True) for each in PLANS[:2] if task.opt_in_parameters)]
    pace.left.update({"kind": len(plans), "write": 2 * (1 + WRITTEN)})
    found: list[_Found] = []
    for plan in plans:
        with contextlib.suppress(PlaygroundError):  # this task has nothing of that kind
            figures = yield from _along(trying, figures, plan, rank(task, plan), found, pace)
        pace.done("kind")
    whole = prune(task, PruningPlan(sparsity=0.0))
    networks = [_Found(whole, trying.whole.candidate, rank(task, PruningPlan()))]
    networks += sorted(found, key=lambda each: each.candidate.size)[:WRITTEN]
    for network in networks:
        figures = yield from _written(trying, figures, network, pace)
    yield replace(figures, doing="", left=0.0)


def _along(
    trying: Trying, figures: EndFigures, plan: PruningPlan, ranking: Ranking, found: list[_Found], pace: Pace
) -> Looking:
    """Look for the most that one kind of plan may remove; only what would be smaller than the best so far is judged.

    Between two stops quality is taken to fall with sparsity.
    """
    best = min((each.candidate.size for each in found), default=math.inf)
    low = _first_below(trying.task, plan, ranking, best) - 1
    high, met = len(STOPS), None
    first = bool(found)  # the first stop that would be smaller says whether this kind is worth more
    while high - low > 1:
        middle = low + 1 if first else (low + high) // 2
        first = False
        share = replace(plan, sparsity=STOPS[middle])
        doing = text("Trying {percent:.0f} % removed", percent=100 * STOPS[middle])
        yield replace(figures, doing=doing, left=pace.seconds)
        pruned, candidate = trying.carry_out(share, ranking)
        figures = replace(figures, tried=(*figures.tried, Tried(candidate, _quickest(pruned))))
        if trying.keeps(candidate):
            low, met = middle, _Found(pruned, candidate, ranking)
        else:
            high = middle
    if met is not None:
        found.append(met)
        if met.candidate.stage == "repaired":
            _, plain = trying.carry_out(met.candidate.plan, ranking, repaired=False)
            figures = replace(figures, tried=(*figures.tried, Tried(plain, _quickest(met.pruned))))
    return figures


def _first_below(task: Task, plan: PruningPlan, ranking: Ranking, size: float) -> int:
    """Return the place of the first stop at which the file would be smaller, len(STOPS) for none."""
    low, high = -1, len(STOPS)
    while math.isfinite(size) and high - low > 1:
        middle = (low + high) // 2
        pruned = prune(task, replace(plan, sparsity=STOPS[middle]), ranking)
        if quick_size(as_shipped(pruned)) < size:
            high = middle
        else:
            low = middle
    return high if math.isfinite(size) else 0


def _quickest(pruned: Pruned) -> str:
    """Name the form of the smallest quick encoding, of which a candidate's size is."""
    sizes = file_sizes(as_shipped(pruned))
    name = min(("dense", "bitmask", "csr"), key=sizes.__getitem__)
    return "plain" if name == "dense" else name


def _written(trying: Trying, figures: EndFigures, network: _Found, pace: Pace) -> Looking:
    """Write a network in every form and judge what is in the file, where that is not the very network."""
    candidate = network.candidate
    model = as_shipped(network.pruned)
    yield replace(figures, doing=text("Writing it in every form"), left=pace.seconds)
    there = {each.form for each in figures.tried if each.candidate is candidate}
    sizes = {kind: size for kind, size in file_sizes(model).items() if kind in LOSSLESS and kind not in there}
    new = [Tried(with_size(candidate, size), kind) for kind, size in sizes.items()]
    figures = replace(figures, tried=(*figures.tried, *new))
    yield replace(figures, doing=text("Getting ready: {engine}", engine=ENGINES[INT8].label), left=pace.seconds)
    try:
        if why := ENGINES[INT8].missing:
            figures = replace(figures, left_out={**figures.left_out, INT8: why})
        else:
            prepared = ENGINES[INT8].prepare(Shipped(trying.task, network.pruned))
            tried = _judged(trying, candidate, INT8, prepared.size, Answering(prepared))
            figures = replace(figures, tried=(*figures.tried, tried))
    except PlaygroundError as error:
        figures = replace(figures, left_out={**figures.left_out, INT8: error.what})
    pace.done("write")
    figures = yield from _shared(trying, figures, network, pace)
    pace.done("write")
    return figures


def _shared(trying: Trying, figures: EndFigures, network: _Found, pace: Pace) -> Looking:
    """Write a network with shared values, then one of which more stays, or less, until it just keeps to the loss."""
    plan, kept = network.candidate.plan, 1 - network.candidate.sparsity
    times: list[float] = [1.0]
    while times:
        stays = times.pop(0)
        yield replace(figures, doing=text("Sharing values among weights"), left=pace.seconds)
        pruned, candidate = network.pruned, network.candidate
        if stays != 1:
            pruned, candidate = trying.carry_out(replace(plan, sparsity=1 - stays * kept), network.ranking)
        try:
            content = SHARED.build(trying.task, pruned)
        except PlaygroundError as error:
            return replace(figures, left_out={**figures.left_out, "shared": error.what})
        model = from_range_coded(content, trying.task.model)
        tried = _judged(trying, candidate, "shared", len(content), model)
        figures = replace(figures, tried=(*figures.tried, tried))
        met = trying.keeps(tried.candidate)
        if stays == 1 and plan.sparsity:
            times = [each for each in (FURTHER if met else MILDER) if each * kept < 0.95]
        elif met == (stays > 1):
            break
    return figures


def _judged(trying: Trying, candidate: Candidate, form: str, size: int, model: nn.Module) -> Tried:
    chosen, quoted = trying.judge(model)
    return Tried(with_size(candidate, size, chosen, quoted), form)
