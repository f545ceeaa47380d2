"""What fine-tuning gives back, on test data over three seeds: the careful recipe, and strategies at equal cost."""

import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch
from torchvision.transforms import v2

from core.pruning import PruningPlan, prune
from core.tasks import Task, load
from core.tasks.vision.augment import vary
from core.tasks.vision.data import BLACK
from core.tuning import Recipe, fine_tune, preset_for

SEEDS = (0, 1, 2)

TARGETS = (
    ("fashion-mlp", PruningPlan(sparsity=1 - 1 / 12), 0.5, 30),
    ("fashion-lenet5", PruningPlan(sparsity=1 - 1 / 12, scope="lamp"), 0.2, 90),
    ("fashion-lenet5", PruningPlan(sparsity=1 - 1 / 25, scope="lamp"), 0.7, 90),
    ("fashion-resnet", PruningPlan(sparsity=0.8), 1.0, 180),
)
"""Model, plan, most points of test accuracy it may lose, most seconds it may take."""

EQUAL = Recipe(epochs=5, learning_rate=1e-3)
"""What all strategies have in common: 785 steps of Adam."""

STRATEGIES = {
    "one-shot": EQUAL,
    "iterative, 3 rounds": replace(EQUAL, strategy="iterative"),
    "gradual": replace(EQUAL, strategy="gradual"),
    "tune first": replace(EQUAL, strategy="tune-first"),
    "rewind (lottery ticket)": replace(EQUAL, strategy="rewind"),
    "same masks from scratch": replace(EQUAL, strategy="scratch"),
    "one-shot, distilled": replace(EQUAL, distill=0.7),
    "gradual, distilled": replace(EQUAL, strategy="gradual", distill=0.7),
}


def tuned(task: Task, plan: PruningPlan, recipe: Recipe) -> tuple[float, float]:
    """Prune and tune; return test accuracy in percent and the seconds that took."""
    begun = time.monotonic()
    *_, final = fine_tune(task, prune(task, plan), recipe)
    seconds = time.monotonic() - begun
    return 100 * task.evaluate(final.model, "test").value, seconds


def line(task: Task, plan: PruningPlan, recipe: Recipe, name: str) -> dict[str, Any]:
    """Run three seeds and summarise them."""
    found = [tuned(task, plan, replace(recipe, seed=seed)) for seed in SEEDS]
    accuracy = [each for each, _ in found]
    dense = 100 * task.evaluate(task.model, "test").value
    return {
        "model": task.info.name,
        "removed %": round(100 * plan.sparsity, 1),
        "cut": plan.scope,
        "recipe": name,
        "dense": round(dense, 2),
        "mean": round(statistics.mean(accuracy), 2),
        "lowest": round(min(accuracy), 2),
        "highest": round(max(accuracy), 2),
        "points lost": round(dense - statistics.mean(accuracy), 2),
        "seconds": round(max(seconds for _, seconds in found), 1),
    }


def varied(n: int = 512) -> dict[str, Any]:
    """Time how training pictures are varied, a whole batch at once, against torchvision's transforms one by one."""
    inputs = torch.randn(n, 1, 28, 28)
    theirs = v2.Compose([v2.RandomHorizontalFlip(), v2.RandomCrop(28, padding=1, fill=BLACK)])
    drawn = torch.Generator().manual_seed(0)
    ways = {
        "ours": lambda: vary(inputs, drawn, ("flip", "nudge")),
        "torchvision": lambda: torch.stack([theirs(each) for each in inputs]),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(8):
        for name, way in ways.items():
            begun = time.perf_counter()
            way()
            times[name].append(time.perf_counter() - begun)
    ours, one_by_one = (statistics.median(times[name]) for name in ways)
    return {"pictures": n, "ours ms": round(1e3 * ours, 2), "times faster": round(one_by_one / ours, 1)}


def run() -> Iterator[dict[str, Any]]:
    """Yield a line for each target, then for each strategy at 90 and 95 % sparsity."""
    yield varied()
    for name, plan, most, longest in TARGETS:
        task = load(name)
        row = line(task, plan, preset_for(task, "careful"), "careful")
        held = row["points lost"] <= most and row["seconds"] <= longest
        yield {**row, "goal": f"{most} points in {longest} s: {'met' if held else 'MISSED'}"}
    task = load("fashion-lenet5")
    for sparsity in (0.9, 0.95):
        for name, recipe in STRATEGIES.items():
            yield line(task, PruningPlan(sparsity=sparsity), recipe, name)
