"""How often what was promised before a fine-tune held after it, on plans from which nothing was learned.

The plans are drawn as those that ship with the app were, with another seed; those that are among these are left out.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from core.build.promises import experiments
from core.measure import Before, PastRun, Promise, make_promise, measure_run, shipped_runs
from core.quality import Quality
from core.tasks import load

NETWORKS = ("fashion-mlp", "fashion-lenet5", "movielens-ncf")

PLANS, SEED = 50, 50


def run(network: str = "") -> Iterator[dict[str, Any]]:
    """Yield a line for each network. network: one alone."""
    for name in NETWORKS:
        if network in ("", name):
            yield _held(name)


def _held(name: str) -> dict[str, Any]:
    task, past = load(name), shipped_runs(name)
    seen = {each.experiment.plan for each in past}
    unseen = [each for each in experiments(task, SEED, PLANS + len(seen)) if each.plan not in seen][:PLANS]
    dense = task.evaluate(task.model)
    runs = [measure_run(task, each) for each in unseen]
    told = [make_promise(past, Before(each.sparsity, dense, each.pruned, each.repaired)) for each in runs]
    wide = [make_promise(past, Before(each.sparsity, dense, each.pruned)) for each in runs]
    low, high = np.quantile([each.tuned for each in past], (0.1, 0.9))
    return {
        "network": name,
        "learned from": f"{len(past)} runs",
        "held": _count(told, runs),
        "width of the range, median": _width(told, dense),
        "off by, median": _figure(
            float(np.median([abs(t.value - r.tuned) for t, r in zip(told, runs, strict=True)])), dense
        ),
        "held without repair": _count(wide, runs),
        "width without repair": _width(wide, dense),
        "width of all that past runs reached": _figure(float(high - low), dense),
    }


def _count(told: list[Promise], runs: list[PastRun]) -> str:
    return f"{sum(t.holds(r.tuned) for t, r in zip(told, runs, strict=True))} of {len(runs)}"


def _width(told: list[Promise], dense: Quality) -> str:
    return _figure(float(np.median([each.high - each.low for each in told])), dense)


def _figure(value: float, dense: Quality) -> str:
    return f"{100 * value:.2f} points" if dense.about.share else f"{value:.4f}"
