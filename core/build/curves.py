"""Measure the curves that ship: each shipped network at every stop of the slider, under usual plans.

Those of the repaired networks are built by names of their own, since a repair takes longer than a look.
"""

import contextlib
import math
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.answers import (
    SHIPPED_PLANS,
    SHIPPED_REPAIR,
    answer_to_data,
    data_to_answer,
    read_curve,
    stops_of,
    write_curve,
)
from core.errors import BadPlan
from core.measure import PlanResult, cost, judge_network, judge_plan
from core.pruning import Layer, PruningPlan, ask_dense, carry_out, prune, rank, removable, shrink
from core.pruning.layer_inputs import can_be_solved
from core.pruning.teacher import Teacher
from core.tasks import Task, catalog, load
from core.tasks.assets import Assets

NETWORKS = tuple(info.name for info in catalog() if info.shipped)

KINDS = {"curves": "", "repaired-curves": SHIPPED_REPAIR}
"""Kinds of curves, with the way in which their networks are repaired; "" for not at all."""

DATA = tuple(kind + each for kind in KINDS for each in ("", *(f"-{name}" for name in NETWORKS)))
"""Each kind of curves of all networks, or of one of them."""

SLOW, FALLS = 1000, 0.8
"""Examples of a quick evaluation below which a network counts as slow; the sparsity from which its curve falls."""

SAMPLES = 3
"""Stops of each curve that a check judges again."""

CLOSE = 0.002
"""Largest difference that counts as equal, as a share of the figure: other processors round otherwise, and a few
examples lie on an edge."""

SOLVED = 0.005
"""The same for a repaired network, in which layer after layer is solved for with what the one before says."""

MANY = 10
"""Layers from which on a repair takes seconds."""


def build(name: str, assets: Assets, data: Path | None) -> None:
    """Judge the networks that a name means at every stop, and write their curves."""
    for network, base, repair in curves_of(name):
        task = load(network)
        write_curve(assets, network, base, _steps(task, stops_of(base), repair), repair)


def _steps(task: Task, stops: tuple[PruningPlan, ...], repair: str) -> Iterator[dict[str, Any]]:
    """Yield what each stop shows, nothing for one that is left out."""
    measured, teacher = _measured(task, len(stops), repair), ask_dense(task) if repair else None
    for number, each in enumerate(stops):
        if number % 20 == 0:
            print(f"{task.info.name}, {each.granularity} {repair}: {number} of {len(stops)} stops", flush=True)
        yield step(task, each, repair, teacher) if number in measured else {}


def _measured(task: Task, stops: int, repair: str) -> set[int]:
    """Return the stops that are judged: all, or of a slow network those of a coarse curve, finer where it falls.

    A network that is slow to repair alone has all stops where its curve falls.
    """
    slow = task.quick_eval_size < SLOW
    if not slow and not (repair and sum(1 for _ in filter(can_be_solved, task.model.modules())) > MANY):
        return set(range(stops))
    fine = round(FALLS * stops)
    return {*range(0, fine, 10), *range(fine, stops, 2 if slow else 1), stops - 1}


def curves_of(name: str) -> Iterator[tuple[str, PruningPlan, str]]:
    """Yield each network that a name in DATA means, with each usual plan that it has something for, and the repair."""
    (kind,) = (kind for kind in KINDS if name == kind or name.startswith(f"{kind}-"))
    for network in NETWORKS if name == kind else [name.removeprefix(f"{kind}-")]:
        task = load(network)
        yield from ((network, base, KINDS[kind]) for base in SHIPPED_PLANS if _has_units(task, base))


def _has_units(task: Task, base: PruningPlan) -> bool:
    """Tell whether a network has what a plan removes; channels stand for neurons where it has both."""
    try:
        channels = removable(task, "channel") if base.structured else ()
    except BadPlan:
        channels = ()
    return not base.structured or (base.granularity == "channel") == bool(channels)


def step(task: Task, plan: PruningPlan, repair: str = "", teacher: Teacher | None = None) -> dict[str, Any]:
    """Return what one stop of the slider shows, as plain data: "result", and "cost" where it can be counted.

    Of a repaired network "result" alone. teacher: what `ask_dense(task)` returned, if at hand.
    """
    if repair:
        *_, result = judge_network(task, carry_out(task, plan, repair, teacher))
        return {"result": answer_to_data(result)}
    ranking = rank(task, plan)
    *_, result = judge_plan(task, plan, ranking)
    found = {"result": answer_to_data(result)}
    pruned = prune(task, plan, ranking)
    with contextlib.suppress(BadPlan):  # the page says why there is no smaller network
        found["cost"] = answer_to_data(cost(shrink(pruned) if plan.structured else pruned.model))
    return found


def check(name: str, assets: Assets) -> bool:
    """Judge a few stops of each curve again, drawn by the network's name, and say of each whether it holds."""
    return all([_holds(network, base, repair, assets) for network, base, repair in curves_of(name)])


def _holds(network: str, base: PruningPlan, repair: str, assets: Assets) -> bool:
    stops = read_curve(assets, network, base, repair)
    if not stops:
        print(f"{network}, {base.granularity} {repair}: NO CURVE, or of other files")
        return False
    measured = [number for number, each in enumerate(stops) if each]
    drawn = random.Random(f"{network} {base.granularity}").sample(measured, SAMPLES)
    return all([_stop_holds(load(network), stops_of(base)[each], repair, stops[each]) for each in drawn])


def alike(then: Layer, now: Layer) -> bool:
    """Tell whether a layer keeps as much, at a cut that is the same but for how a processor rounds its scores."""
    if (then.threshold is None) != (now.threshold is None):
        return False
    cuts = then.threshold or 0.0, now.threshold or 0.0
    return replace(then, threshold=None) == replace(now, threshold=None) and math.isclose(*cuts, rel_tol=1e-5)


def _stop_holds(task: Task, plan: PruningPlan, repair: str, stored: dict[str, Any]) -> bool:
    then, now = data_to_answer(stored["result"]), data_to_answer(step(task, plan, repair)["result"])
    assert isinstance(then, PlanResult) and isinstance(now, PlanResult)
    same = all(map(alike, then.layers, now.layers)) and then.quality.n == now.quality.n
    away = abs(then.quality.value - now.quality.value)
    holds = same and away <= (SOLVED if repair else CLOSE) * max(1.0, abs(then.quality.value))
    print(
        f"{task.info.name}, {plan.granularity}, {plan.sparsity:.1%} {repair}: {now.quality.value:.4f}; "
        f"shipped {then.quality.value:.4f}: {'holds' if holds else 'DOES NOT HOLD'}"
    )
    return holds
