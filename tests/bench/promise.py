"""How often what was promised before a fine-tune held after it, on plans from which nothing was learned.

The plans are drawn as those that ship with the app were, with another seed; those that are among these are left out.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.build.promises import RUNS, experiments
from core.errors import BadInput
from core.measure import Before, PastRun, Promise, make_promise, measure_run, shipped_runs
from core.quality import METRICS
from core.tasks import Task, load

PLANS, SEED = 25, 53
"""Plans of each network, and where their draw starts."""


@dataclass(frozen=True)
class Kept:
    """Hold a fine-tune, what was promised for it, and what would have been promised without a repair."""

    run: PastRun
    told: Promise
    without_repair: Promise


def run(network: str = "") -> Iterator[dict[str, Any]]:
    """Yield a line for each network with runs that ship, and one for all of them. network: one alone."""
    found: list[Kept] = []
    for name in (network,) if network else RUNS:
        if past := shipped_runs(name):
            kept = _keep(load(name), past)
            found += kept
            yield {"network": name, "learned from": f"{len(past)} runs", **_counts(kept), **_widths(kept, past)}
    if not network:
        yield {"network": "all together", **_counts(found)}


def _keep(task: Task, past: list[PastRun]) -> list[Kept]:
    """Promise and fine-tune plans that none of the past runs had; those for which nothing is promised do not count."""
    seen, dense = {each.experiment.plan for each in past}, task.evaluate(task.model)
    kept: list[Kept] = []
    for each in experiments(task, SEED, 2 * PLANS + len(seen)):
        if each.plan in seen or len(kept) == PLANS:
            continue
        run = measure_run(task, each)
        before = Before(run.sparsity, dense, run.pruned, run.repaired)
        with contextlib.suppress(BadInput):
            told, wide = (make_promise(past, one) for one in (before, replace(before, repaired=None)))
            kept.append(Kept(run, told, wide))
    return kept


def _counts(kept: list[Kept]) -> dict[str, Any]:
    held = sum(each.told.holds(each.run.tuned) for each in kept)
    wide = sum(each.without_repair.holds(each.run.tuned) for each in kept)
    return {"held": f"{held} of {len(kept)}", "held without repair": f"{wide} of {len(kept)}"}


def _widths(kept: list[Kept], past: list[PastRun]) -> dict[str, Any]:
    """Return medians, in points or in the metric's unit, beside how far apart past runs lie (80 % of them)."""
    about = METRICS[kept[0].told.metric]
    low, high = np.quantile([each.tuned for each in past], (0.1, 0.9))
    figures = {
        "width": np.median([each.told.high - each.told.low for each in kept]),
        "width without repair": np.median([each.without_repair.high - each.without_repair.low for each in kept]),
        "width of past runs": high - low,
        "off by": np.median([abs(each.told.value - each.run.tuned) for each in kept]),
    }
    return {name: f"{100 * each:.2f} points" if about.share else f"{each:.4f}" for name, each in figures.items()}
