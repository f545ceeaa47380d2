"""What the builders of all fields share: train a network from its task, score it, note down how."""

import math

import torch
from torch import nn

from core.pruning import PruningPlan, prune
from core.tasks.assets import Assets
from core.tasks.base import Task
from core.tuning import Recipe, fine_tune


def train(task: Task, recipe: Recipe, early: int) -> tuple[nn.Module | None, nn.Module]:
    """Train a task's model, telling how far it is; return it after `early` epochs (0: None), and at the end."""
    torch.use_deterministic_algorithms(True)
    keep_at, kept = math.ceil(task.count("train") / recipe.batch_size) * early, None
    for progress in fine_tune(task, prune(task, PruningPlan()), recipe, keep_at=keep_at):
        if progress.step == keep_at:
            kept = progress.model
        if progress.model is not None:
            print(
                f"{task.info.name}: step {progress.step} of {progress.of}, loss {progress.loss:.4f}, validation "
                f"{progress.quality.metric} {progress.quality.value:.4f} (n = {progress.quality.n}), "
                f"{progress.seconds:.0f} s, about {progress.left:.0f} s left",
                flush=True,
            )
    return kept, progress.model.eval()


def store_figures(assets: Assets, task: Task, trained: nn.Module, recipe: Recipe, data: str, early: int) -> None:
    """Score a trained network and note its figures, its recipe and where it comes from."""
    qualities = {part: task.evaluate(trained, part) for part in ("validation", "test")}
    name = task.info.name
    assets.manifest["models"][name] = {
        "data": data,
        "figures": {part: {q.metric.lower(): q.value, "n": q.n} for part, q in qualities.items()},
        "licence": "the same as this project's",
        "parameters": sum(p.numel() for p in trained.parameters()),
        "recipe": recipe.to_dict(),
        "trained_on": {"examples": task.count("train"), "torch": torch.__version__.split("+")[0]},
    }
    if early:
        steps = math.ceil(task.count("train") / recipe.batch_size) * early
        assets.manifest["models"][name]["early"] = {"epochs": early, "steps": steps}
    for part, q in qualities.items():
        print(f"{name}: {part} {q.metric} {q.value:.4f} ({q.low:.4f} to {q.high:.4f}), n = {q.n}")
