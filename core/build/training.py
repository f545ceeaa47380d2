"""What the builders of all fields share: train a network from its task, store it, note its figures and its recipe."""

import math

import torch
from safetensors.torch import save as save_safetensors
from torch import nn

from core.pruning import PruningPlan, prune
from core.tasks.assets import Assets
from core.tasks.base import Task
from core.tuning import Recipe, fine_tune


def train_and_store(assets: Assets, task: Task, recipe: Recipe, data: str, early: int) -> nn.Module:
    """Train a task's model, store it as it is after `early` epochs and at the end, and return it.

    data: the manifest's name of the data that it learns from.
    """
    name = task.info.name
    after_early, trained = train(task, recipe, early)
    if after_early is not None:
        assets.write(f"models/{name}-early.safetensors", save_safetensors(after_early.state_dict()))
    assets.write(f"models/{name}.safetensors", save_safetensors(trained.state_dict()))
    store_figures(assets, task, trained, recipe, data, early)
    return trained


def train(task: Task, recipe: Recipe, early: int) -> tuple[nn.Module | None, nn.Module]:
    """Train a task's model, printing how far it is; return it after `early` epochs (0: None), and at the end."""
    torch.use_deterministic_algorithms(True)
    keep_at = early_steps(task, recipe, early)
    kept, trained = None, task.model
    for progress in fine_tune(task, prune(task, PruningPlan()), recipe, keep_at=keep_at):
        if progress.step == keep_at:
            kept = progress.model
        if progress.model is not None and progress.quality is not None:
            trained = progress.model
            print(
                f"{task.info.name}: step {progress.step} of {progress.of}, loss {progress.loss:.4f}, validation "
                f"{progress.quality.metric} {progress.quality.value:.4f} (n = {progress.quality.n}), "
                f"{progress.seconds:.0f} s, about {progress.left:.0f} s left",
                flush=True,
            )
    return kept, trained.eval()


def early_steps(task: Task, recipe: Recipe, epochs: int) -> int:
    """Return how many steps so many epochs of a recipe have."""
    return math.ceil(task.count("train") / recipe.batch_size) * epochs


def store_figures(assets: Assets, task: Task, trained: nn.Module, recipe: Recipe, data: str, early: int) -> None:
    """Score a trained network, print its figures, and note them with its recipe and data in the manifest."""
    name, qualities = task.info.name, {part: task.evaluate(trained, part) for part in ("validation", "test")}
    entry = {
        "data": data,
        "figures": {part: {q.metric.lower(): q.value, "n": q.n} for part, q in qualities.items()},
        "licence": "the same as this project's",
        "parameters": parameters(trained),
        "recipe": recipe.to_dict(),
        "trained_on": {"examples": task.count("train"), "torch": torch.__version__.split("+")[0]},
    }
    if early:
        entry["early"] = {"epochs": early, "steps": early_steps(task, recipe, early)}
    assets.manifest["models"][name] = entry
    for part, q in qualities.items():
        print(f"{name}: {part} {q.metric} {q.value:.4f} ({q.low:.4f} to {q.high:.4f}), n = {q.n}")


def parameters(model: nn.Module) -> int:
    """Count the numbers that a network holds."""
    return sum(each.numel() for each in model.parameters())
