"""What each kind of sparsity saves at the same loss: as much of it as costs one point at most, quickly fine-tuned."""

from collections.abc import Iterator
from typing import Any

from core.measure import shipping_figures
from core.pruning import PruningPlan, prune
from core.tasks import Task, load
from core.tuning import fine_tune, preset_for

LOSS = 0.01
"""Validation accuracy that may be lost."""

KINDS = {
    "single weights": tuple(PruningPlan(sparsity=s) for s in (0.98, 0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5)),
    "2:4": (PruningPlan(granularity="2:4"),),
    "channels": tuple(
        PruningPlan(sparsity=s, granularity="channel") for s in (0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1)
    ),
}
"""What is tried of each kind, the most first; the first that keeps to the loss counts."""


def line(task: Task, kind: str, plans: tuple[PruningPlan, ...]) -> dict[str, Any]:
    """Find how far a kind goes, then weigh it."""
    dense = task.evaluate(task.model)
    for plan in plans:
        *_, tuned = fine_tune(task, prune(task, plan), preset_for(task, "quick"))
        if dense.value - tuned.quality.value <= LOSS:
            break
    *_, found = shipping_figures(task, tuned.pruned)
    shipped = "smaller" if "smaller" in found.parameters else "with zeros"
    lost = task.evaluate(task.model, "test").value - task.evaluate(tuned.model, "test").value
    times = {batch: each[shipped] for batch, each in found.latency.items()}
    return {
        "model": task.info.name,
        "kind": kind,
        "removed %": round(100 * tuned.sparsity, 1),
        "points lost, validation": round(100 * (dense.value - tuned.quality.value), 2),
        "points lost, test": round(100 * lost, 2),
        "parameters": found.parameters[shipped],
        "MACs": found.macs[shipped],
        "MACs without zeros": found.effective,
        "kB": round(min(found.files.values()) / 1e3, 1),
        "file": min(found.files, key=found.files.__getitem__),
        **{f"ms for {batch}": f"{t.median:.2f} ({t.low:.2f} to {t.high:.2f})" for batch, t in times.items()},
        **{f"dense ms for {batch}": round(each["dense"].median, 2) for batch, each in found.latency.items()},
    }


def run() -> Iterator[dict[str, Any]]:
    """Yield a line for each network and kind, the dense one first."""
    for name in ("fashion-resnet", "reuters-cnn"):
        task = load(name)
        for kind, plans in KINDS.items():
            yield line(task, kind, plans)
