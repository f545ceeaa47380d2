"""Repair without training: quality before and after, with its seconds; and whether a fine-tune gains by it.

Equal time: the fine-tune alone may learn as long as repair and quick recipe take together.
"""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch

from core.pruning import Pruned, PruningPlan, carry_out, prune
from core.tasks import Task, load
from core.tuning import Recipe, fine_tune, longer, preset_for

PLANS: tuple[tuple[str, PruningPlan, str], ...] = (
    ("fashion-mlp", PruningPlan(sparsity=0.9), "once"),
    ("fashion-mlp", PruningPlan(sparsity=0.9, scope="lamp"), "once"),
    ("fashion-mlp", PruningPlan(sparsity=0.9, scope="lamp"), "rounds"),
    ("fashion-lenet5", PruningPlan(sparsity=0.9, scope="lamp"), "once"),
    ("fashion-lenet5", PruningPlan(sparsity=0.95, scope="lamp"), "once"),
    ("fashion-lenet5", PruningPlan(sparsity=0.95, scope="lamp"), "rounds"),
    ("fashion-lenet5", PruningPlan(granularity="2:4"), "once"),
    ("fashion-lenet5", PruningPlan(sparsity=0.8, granularity="channel"), "once"),
    ("fashion-lenet5", PruningPlan(sparsity=0.8, granularity="neuron"), "once"),
    ("fashion-resnet", PruningPlan(sparsity=0.8), "once"),
    ("fashion-resnet", PruningPlan(sparsity=0.9), "once"),
    ("fashion-resnet", PruningPlan(sparsity=0.5, granularity="channel", scope="layer"), "once"),
    ("reuters-cnn", PruningPlan(sparsity=0.9), "once"),
    ("reuters-minilm", PruningPlan(sparsity=0.8), "once"),
    ("reuters-minilm", PruningPlan(sparsity=0.5, granularity="head"), "once"),
    ("movielens-ncf", PruningPlan(sparsity=0.9), "once"),
    ("cartpole-policy", PruningPlan(sparsity=0.9), "once"),
)

TUNED = (("fashion-lenet5", 0.9), ("fashion-lenet5", 0.95), ("fashion-mlp", 0.9), ("fashion-mlp", 0.95))


def run(network: str = "") -> Iterator[dict[str, Any]]:
    """Yield a line for each plan, then one for each fine-tune with and without repair. network: one alone."""
    for name, plan, how in PLANS:
        if network in ("", name):
            yield _repaired(load(name), plan, how)
    for name, sparsity in TUNED:
        if network in ("", name):
            yield _tuned(load(name), PruningPlan(sparsity=sparsity))


def _repaired(task: Task, plan: PruningPlan, how: str) -> dict[str, Any]:
    begun = time.monotonic()
    repaired = carry_out(task, plan, how)
    seconds = time.monotonic() - begun
    amount = f"{plan.sparsity:.0%}" if plan.sparsity is not None else plan.granularity
    return {
        "network": task.info.name,
        "removed": f"{amount}, {plan.granularity}, {plan.scope}",
        "repair": how,
        "pruned, validation": _figure(task, prune(task, plan), "validation"),
        "repaired, validation": _figure(task, repaired, "validation"),
        "dense, test": _figure(task, prune(task, PruningPlan()), "test"),
        "repaired, test": _figure(task, repaired, "test"),
        "seconds": round(seconds, 1),
    }


def _tuned(task: Task, plan: PruningPlan, seeds: int = 3) -> dict[str, Any]:
    """Fine-tune with and without repair in equal time, each with the same seeds; validation, mean of the seeds."""
    quick, after, alone, took = preset_for(task, "quick"), [], [], 0.0
    for seed in range(seeds):
        begun = time.monotonic()
        repaired = carry_out(task, plan, "once")
        after.append(_best(task, repaired, replace(quick, seed=seed)))
        took = time.monotonic() - begun
        alone.append(_best(task, prune(task, plan), replace(longer(quick, 10), seed=seed, seconds=took)))
    return {
        "network": task.info.name,
        "removed": f"{plan.sparsity:.0%}, {plan.granularity}, {plan.scope}",
        "repair": "once, then the quick recipe",
        "repaired, validation": f"{100 * sum(after) / seeds:.2f} (without repair, in the same time: "
        f"{100 * sum(alone) / seeds:.2f}; mean of {seeds} seeds)",
        "seconds": round(took, 1),
    }


def _best(task: Task, pruned: Pruned, recipe: Recipe) -> float:
    *_, last = (each for each in fine_tune(task, pruned, recipe) if each.quality is not None)
    assert last.model is not None
    return task.evaluate(last.model).value


def _figure(task: Task, pruned: Pruned, split: str) -> str:
    with torch.no_grad():
        quality = task.evaluate(pruned.model, split)
    return f"{100 * quality.value:.2f}" if quality.about.share else f"{quality.value:.3f}"
