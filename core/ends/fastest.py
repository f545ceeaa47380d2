"""The fastest within a loss, by whole units: a measured table of layer widths, the best choices of it, then the truth.

What a table promises is only where to look: each network that is offered was repaired, judged, and timed whole in its
engine, in turn with the dense one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import torch

from core.ends.choice import Choice, best_choices, spread
from core.ends.figures import PLAIN, End, EndFigures, Looking, Tried
from core.ends.trying import Pace, Trying, with_size
from core.ends.widths import (
    REPAIRED_BY,
    Widths,
    better_criterion,
    kept_units,
    measure_widths,
    quickly,
    timed_engines,
    units_plan,
    with_amount,
)
from core.engines import ENGINES
from core.engines.base import Answering, Prepared, Shipped
from core.engines.measuring import USUAL
from core.errors import BadPlan, PlaygroundError
from core.language import text
from core.measure import Candidate, Latency, latencies
from core.measure.shipping import timed_inputs
from core.pruning import Pruned, PruningPlan, Ranking, ask_dense, prune, rank
from core.pruning.units import Structure, layer_structures
from core.tasks.base import Task

CRITERIA = ("magnitude", "first-order")
"""How units are judged; the one whose choices change the answers least is gone on with."""

PLACES = 24
"""Choices of a table between which a search looks for the fastest that keeps to the loss."""

USUAL_STOPS = tuple(i / 20 for i in range(19, 0, -1))
"""Sparsities of the plan that cuts units by score alone, which is tried beside the table's."""

SECONDS = 4.0
"""How long networks are timed in turn, at least; twice: once to choose, once to quote."""


@dataclass(frozen=True, eq=False)
class Found:
    """A network to be timed, with the engine whose table chose it, and what that promised; "" for none."""

    pruned: Pruned
    candidate: Candidate
    engine: str = ""
    expected: float | None = None


def find_fastest(task: Task, end: End, limit: int | None = None, seconds: float = SECONDS) -> Iterator[EndFigures]:
    """Look for the fastest network within a loss, yielding what was found so far.

    limit: how many validation examples judge each, None for all.
    Raises BadInput for too few examples or too small a loss, BadPlan where no units can go.
    """
    pace = Pace({"judge": 5.0, "layer": 5.0, "write": 10.0, "time": seconds})
    figures = EndFigures(end, threads=torch.get_num_threads())
    yield replace(figures, doing=text("Judging the dense network"))
    trying = Trying.begin(task, end, limit)
    figures = replace(figures, tried=(trying.whole,))
    structures = _structures(task)
    engines, left_out = _readable(task, end.batch)
    figures = replace(figures, left_out=left_out)
    pace.left.update({"layer": len(structures), "judge": 5 * (len(engines) + 1), "write": 4, "time": 2})
    plans = {name: units_plan(structures, [each.units for each in structures], name) for name in CRITERIA}
    rankings = {name: rank(task, plan) for name, plan in plans.items()}
    yield replace(figures, doing=text("Looking at what single layers say"), left=pace.seconds)
    criterion = better_criterion(task, structures, rankings)
    teacher = ask_dense(task, REPAIRED_BY) if trying.teacher else None
    tables: list[Widths] = []
    for each in structures:
        layer, ranking = each.name.removesuffix(".weight"), rankings[criterion]
        yield replace(figures, doing=text("Timing {layer} at several widths", layer=layer), left=pace.seconds)
        try:
            tables.append(measure_widths(task, structures, each, ranking, teacher, engines, end.batch))
        except BadPlan as error:
            figures = replace(figures, left_out={**figures.left_out, layer: error.what})
        pace.done("layer")
    figures = replace(figures, table=tuple(row for table in tables for row in table.rows()))
    if not tables:
        raise BadPlan(NOTHING_GOES, ADVICE)
    finalists: list[Found] = []
    for engine in engines:
        choices = spread(best_choices([table.options(engine) for table in tables]), PLACES)
        looking = _by_table(trying, structures, tables, choices, rankings[criterion], engine)
        figures = yield from _halving(trying, figures, looking, finalists, pace)
    plan = PruningPlan(granularity="channel", criterion=criterion)
    by_score = _Places(
        [replace(plan, sparsity=stop) for stop in USUAL_STOPS], [None] * len(USUAL_STOPS), rank(task, plan), ""
    )
    figures = yield from _halving(trying, figures, by_score, finalists, pace)
    pace.left["judge"] = 0
    yield from _timed(trying, figures, finalists, pace, seconds)


NOTHING_GOES = text("This network has no layer whose whole units could go, so that nothing would be faster.")
ADVICE = text("Ask for the smallest file instead.")


def _structures(task: Task) -> tuple[Structure, ...]:
    try:
        found = layer_structures(task)
    except BadPlan as error:
        raise BadPlan(error.what, ADVICE) from error
    if not found:
        raise BadPlan(NOTHING_GOES, ADVICE)
    return found


def _readable(task: Task, batch: int) -> tuple[list[str], dict[str, str]]:
    """Name the engines in which layers can be timed, and why others cannot."""
    inputs, found, left_out = timed_inputs(task, batch), [], {}
    for engine in timed_engines():
        try:
            quickly(task.model, inputs, engine)
            found.append(engine)
        except BadPlan as error:
            left_out[engine] = error.what
    return found, left_out


@dataclass(frozen=True, eq=False)
class _Places:
    """Plans in the order of their speed, the fastest first, with the share of the dense time that a table promises."""

    plans: Sequence[PruningPlan]
    expected: Sequence[float | None]
    ranking: Ranking
    engine: str


def _by_table(
    trying: Trying, structures: Sequence[Structure], tables: Sequence[Widths], choices: Sequence[Choice],
    ranking: Ranking, engine: str,
) -> _Places:  # fmt: skip
    plans, expected = [], []
    for choice in choices:
        kept = kept_units(tables, structures, choice)
        if kept == [each.units for each in structures]:
            continue
        plan = units_plan(structures, kept, ranking.plan.criterion)
        plans.append(with_amount(plan, prune(trying.task, plan, ranking).sparsity))
        expected.append(choice.speed)
    return _Places(plans, expected, ranking, engine)


def _halving(trying: Trying, figures: EndFigures, places: _Places, finalists: list[Found], pace: Pace) -> Looking:
    """Find the fastest plan that keeps to the loss, taken to be lost less the slower it is; add it to the finalists.

    Where none does, the slowest is added, so that it can be told how near it came.
    """
    low, high, found = -1, len(places.plans), None
    engine = ENGINES[places.engine].label if places.engine else text("cut by score alone")
    while high - low > 1:
        middle = (low + high) // 2
        doing = text("Looking for units to remove, for {engine}", engine=engine)
        yield replace(figures, doing=doing, left=pace.seconds)
        pruned, candidate = trying.carry_out(places.plans[middle], places.ranking)
        met = Found(pruned, candidate, places.engine, places.expected[middle])
        tried = Tried(candidate, places.engine or PLAIN["fastest"], met.expected)
        figures = replace(figures, tried=(*figures.tried, tried))
        if trying.keeps(candidate):
            high, found = middle, met
        else:
            low, found = middle, found or (met if middle == len(places.plans) - 1 else None)
        pace.done("judge")
    if found and all(each.candidate.plan != found.candidate.plan for each in finalists):
        finalists.append(found)
    return figures


def _timed(
    trying: Trying, figures: EndFigures, finalists: Sequence[Found], pace: Pace, seconds: float
) -> Iterator[EndFigures]:
    """Make each finalist ready in each engine, judge it where it computes otherwise, and time all of them in turn."""
    task, dense = trying.task, prune(trying.task, PruningPlan())
    networks = [Found(dense, trying.whole.candidate), *finalists]
    shipped = [Shipped(task, each.pruned) for each in networks]
    pace.left["write"] = len(USUAL)
    tried: dict[tuple[str, int], Tried] = {}
    ready: dict[tuple[str, int], Prepared] = {}
    for name in USUAL:
        yield replace(figures, doing=text("Getting ready: {engine}", engine=ENGINES[name].label), left=pace.seconds)
        if why := ENGINES[name].missing:
            figures = replace(figures, left_out={**figures.left_out, name: why})
            continue
        try:
            prepared = [ENGINES[name].prepare(each) for each in shipped]
            for place, each in enumerate(prepared):
                tried[name, place] = _in_engine(trying, networks[place], name, each)
                ready[name, place] = each
        except PlaygroundError as error:
            figures = replace(figures, left_out={**figures.left_out, name: error.what})
            tried = {run: each for run, each in tried.items() if run[0] != name}
            ready = {run: each for run, each in ready.items() if run[0] != name}
        pace.done("write")
    inputs = timed_inputs(task, trying.end.batch)
    timed = {each.candidate.plan for each in finalists}
    before = tuple(each for each in figures.tried[1:] if each.candidate.plan not in timed)
    models = {run: Answering(each) for run, each in ready.items()}
    for key in ("ranked", "latency"):
        yield replace(figures, doing=text("Timing all of them in turn"), left=pace.seconds)
        for times in latencies(models, inputs, seconds):
            tried = _with_times(tried, key, times)
            if key == "latency":
                figures = replace(figures, tried=(*tried.values(), *before))
        pace.done("time")
    yield replace(figures, doing="", left=0.0)


def _with_times(
    tried: Mapping[tuple[str, int], Tried], key: str, times: Mapping[tuple[str, int], Latency]
) -> dict[tuple[str, int], Tried]:
    return {
        run: replace(each, ranked=times[run]) if key == "ranked" else replace(each, latency=times[run])
        for run, each in tried.items()
    }


def _in_engine(trying: Trying, network: Found, engine: str, prepared: Prepared) -> Tried:
    """Return a network as it is in an engine: judged anew where that does not compute as PyTorch does."""
    chosen, quoted = (None, None) if prepared.exact else trying.judge(Answering(prepared))
    candidate = with_size(network.candidate, prepared.size, chosen, quoted)
    return Tried(candidate, engine, network.expected if engine == network.engine else None)
