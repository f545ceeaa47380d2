"""Adapting to other data: test figures, means over three draws of examples and weights, quick preset."""

import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from core.measure import WAYS, OldTask, Way, change, forgotten_of_old
from core.measure.adapting import FROM_SCRATCH, adapt, learned_from
from core.pruning import PruningPlan
from core.quality import METRICS, Quality, summary
from core.tasks import TaskInfo, catalog, load, offered
from core.tasks.names import TaskName
from core.tasks.targets import Target
from core.tuning import preset_for

SEEDS = (0, 1, 2)

CASES: tuple[tuple[str, Way, PruningPlan], ...] = (
    *((way.label, way, PruningPlan()) for way in WAYS),
    ("80 % removed, then everything learns", WAYS[-1], PruningPlan(sparsity=0.8)),
)
"""What a row is called, how the network begins and learns, what is removed before."""


def run(field: str = "", network: str = "", target: str = "", examples: int = 0) -> Iterator[dict[str, Any]]:
    """Yield a line for each target, number of examples and way; the first network of each field speaks for it.

    field, target, examples: "" or 0 for all; network: another one than the first.
    """
    first: dict[str, TaskInfo] = {}
    for info in catalog():
        if info.shipped and field in ("", info.domain) and network in ("", info.name) and offered(info.name):
            first.setdefault(info.domain, info)
    for info in first.values():
        for each in offered(info.name):
            if target in ("", each.name):
                yield from of_target(info.name, each, examples)


def of_target(network: str, target: Target, examples: int = 0) -> Iterator[dict[str, Any]]:
    """Yield a line for each number of examples and way."""
    available = load(str(TaskName(network, target.name))).count("train")
    for count in (*(each for each in target.counts if each < available), None):
        shown = learned_from(load(str(TaskName(network, target.name, count))), count)
        if examples not in (0, shown):
            continue
        scratch: Quality | None = None
        for label, way, plan in CASES:
            row, quality = line(TaskName(network, target.name, count, way.start), way, plan, scratch)
            scratch = quality if way == FROM_SCRATCH else scratch
            yield {"model": network, "target": target.name, "examples": shown, "way": label, **row}


def line(name: TaskName, way: Way, plan: PruningPlan, scratch: Quality | None) -> tuple[dict[str, Any], Quality]:
    """Adapt with each seed and summarise; also return what the seeds reached together, on test data."""
    tested, trained, old, seconds = [], [], [], []
    for seed in SEEDS:
        task = load(str(replace(name, seed=seed)))
        began = time.process_time()
        row, model = adapt(task, way, name.examples, replace(preset_for(task, "quick"), seed=seed), plan)
        seconds.append(time.process_time() - began)
        tested.append(task.evaluate(model, "test"))
        trained.append(row.train.value if row.train else float("nan"))
        old.append(forgotten_of_old(task.info.name, model))
    times = 100 if METRICS[tested[0].metric].share else 1
    values, together = [times * each.value for each in tested], pooled(tested)
    gain = change(scratch, together) if scratch else None
    return {
        "metric": tested[0].metric,
        "mean": round(statistics.mean(values), 2),
        "lowest": round(min(values), 2),
        "highest": round(max(values), 2),
        "training": round(times * statistics.mean(trained), 1),
        "over from scratch": f"{times * gain.value:+.2f} ({times * gain.low:.2f} to {times * gain.high:.2f})"
        if gain
        else "",
        "old data": _old([each for each in old if each], times),
        "CPU seconds": round(max(seconds), 1),
    }, together


def pooled(qualities: list[Quality]) -> Quality:
    """Return one figure of several networks on the same examples: each example counts with its mean over them."""
    outcomes = [each.outcomes for each in qualities]
    known = [each for each in outcomes if each is not None]
    if len(known) < len(outcomes):
        return qualities[0]
    sums = np.mean([each.values.astype(float) for each in known], axis=0)
    bounds = (0.0, 1.0) if known[0].binary else known[0].bounds
    mean = replace(known[0], sums=sums, units=len(sums), binary=False, bounds=bounds)
    return summary(mean, qualities[0].metric, qualities[0].split)


def _old(found: list[OldTask], times: int) -> str:
    """Say how good the networks still are at what they knew, on average, and how good the pretrained one is."""
    if not found:
        return ""
    now, before = statistics.mean(each.now.value for each in found), found[0].before.value
    return f"{times * now:.1f} of {times * before:.1f}"
