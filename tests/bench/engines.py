"""What engines make of networks without units: milliseconds, dense beside smaller, and quality on validation data."""

from collections.abc import Iterator
from typing import Any

from core.engines import ENGINES, engine_figures
from core.pruning import PruningPlan, prune
from core.tasks import load
from core.tuning import fine_tune, preset_for

PLANS = (
    ("reuters-cnn", PruningPlan(sparsity=0.7, granularity="channel"), "quick"),
    ("fashion-resnet", PruningPlan(sparsity=0.55, granularity="channel"), "careful"),
    ("fashion-lenet5", PruningPlan(sparsity=0.9), "quick"),
)
"""Networks, plans and recipes: units of two, single weights of one, where zeros bring nothing."""


def run(network: str = "") -> Iterator[dict[str, Any]]:
    """Measure each network, or one, in each engine that is here."""
    for name, plan, recipe in PLANS:
        if network not in ("", name):
            continue
        task = load(name)
        *_, tuned = fine_tune(task, prune(task, plan), preset_for(task, recipe))
        *_, found = engine_figures(task, tuned.pruned, None)
        for run_, size in found.files.items():
            times = {batch: by_run[run_].median for batch, by_run in found.latency.items()}
            dense = {batch: by_run["torch", "dense"].median for batch, by_run in found.latency.items()}
            same = {batch: by_run[run_[0], "dense"].median for batch, by_run in found.latency.items()}
            by = found.changes[run_]
            yield {
                "network": name,
                "engine": str(ENGINES[run_[0]].label),
                "which": run_[1] if run_[1] == "dense" else f"{100 * plan.sparsity:g} % {plan.granularity}, {recipe}",
                "bytes": size,
                "points": f"{100 * by.value:.2f} ({100 * by.low:.2f} to {100 * by.high:.2f})",
                **{
                    f"{batch} at a time": f"{ms:.3f} ms, {dense[batch] / ms:.1f} x torch, {same[batch] / ms:.1f} x same"
                    for batch, ms in times.items()
                },
            }
