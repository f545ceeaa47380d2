"""The fastest within a loss, by whole units: a measured table of layer widths, the best choices of it, then the truth.

What a table promises is only where to look: each network that is offered was repaired, judged, and timed whole in its
engine, in turn with the dense one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch

from core.ends.choice import Choice, best_choices, spread
from core.ends.figures import PLAIN, End, EndFigures, Looking, Tried
from core.ends.timing import SECONDS, Found, time_whole
from core.ends.trying import Pace, Trying
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
from core.errors import BadPlan
from core.language import text
from core.measure.shipping import timed_inputs
from core.pruning import PruningPlan, Ranking, ask_dense, prune, rank
from core.pruning.units import Structure, layer_structures
from core.tasks.base import Task

CRITERIA = ("magnitude", "first-order")
"""How units are judged; the one whose choices change the answers least is gone on with."""

PLACES = 24
"""Choices of a table between which a search looks for the fastest that keeps to the loss."""

USUAL_STOPS = tuple(i / 20 for i in range(19, 0, -1))
"""Sparsities of the plan that cuts units by score alone, which is tried beside the table's."""


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
    yield from time_whole(trying, figures, finalists, pace, seconds)


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
    doing = text("Looking for units to remove by score alone")
    if places.engine:
        doing = text("Looking for units to remove, for {engine}", engine=ENGINES[places.engine].label)
    while high - low > 1:
        middle = (low + high) // 2
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
