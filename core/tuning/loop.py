"""The training loop: one generator that serves the page, the tests and the builder of the shipped weights."""

import copy
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.errors import TuningFailed
from core.pruning.masks import Pruned
from core.tasks.base import Task
from core.tasks.quality import Quality
from core.tuning.recipe import Recipe

CHECKS = 10
"""How often a run looks at validation data on its way."""

GLANCE = 1000
"""How many validation examples such a look takes; the last one takes them all."""


@dataclass(frozen=True, eq=False)
class Progress:
    """Say how far a fine-tune is.

    step, of: optimiser steps done, and in all.
    loss: training loss, averaged over the last 20 steps.
    quality: the latest look at validation data: GLANCE examples on the way, all of them at the end.
    seconds, left: time spent, and the estimate of what remains.
    model: the tuned network; carried by the last one, and by each that brings a new `quality`.
    """

    step: int
    of: int
    loss: float
    quality: Quality | None
    seconds: float
    left: float
    model: nn.Module | None = None


def fine_tune(task: Task, pruned: Pruned, recipe: Recipe) -> Iterator[Progress]:
    """Train a pruned network on the task's training data while removed weights stay zero.

    Works on a copy: neither the task's model nor `pruned` changes. To stop, stop iterating; the latest
    Progress with a model holds what was reached. Raises TuningFailed when the loss is no longer finite.
    """
    model = copy.deepcopy(pruned.model).to(memory_format=torch.channels_last)
    parameters = dict(model.named_parameters())
    held = [
        (parameters[name], mask.to(parameters[name].dtype)) for name, mask in {**pruned.masks, **pruned.also}.items()
    ]
    optimizer = _optimizer(model, recipe)
    generator = torch.Generator().manual_seed(recipe.seed)
    per_epoch = math.ceil(task.count("train") / recipe.batch_size)
    of = per_epoch * recipe.epochs
    checks = {round(of * share / CHECKS) for share in range(1, CHECKS + 1)}

    start, step, quality = time.monotonic(), 0, None
    losses: list[float] = []
    model.train()
    for _ in range(recipe.epochs):
        for inputs, targets in task.batches("train", recipe.batch_size, generator, recipe.augment):
            for group in optimizer.param_groups:
                group["lr"] = recipe.learning_rate * _rate(step / of, recipe)
            loss = task.loss(model(inputs), targets, recipe.label_smoothing)
            optimizer.zero_grad()
            loss.backward()
            _hold(held, gradients=True)
            optimizer.step()
            _hold(held, gradients=False)

            step += 1
            losses = [*losses[-19:], loss.item()]
            if not math.isfinite(losses[-1]):
                raise TuningFailed(
                    f"The training loss stopped being a number after {step} steps, so the fine-tune was stopped.",
                    "The pruned network is kept as it was; try a gentler learning rate.",
                )
            reached = None
            if step in checks:
                model.eval()
                quality = task.evaluate(model, "validation", None if step == of else GLANCE)
                reached = copy.deepcopy(model).to(memory_format=torch.contiguous_format)
                model.train()
            seconds = time.monotonic() - start
            left = seconds / step * (of - step)
            yield Progress(step, of, sum(losses) / len(losses), quality, seconds, left, reached)


def _hold(held: list[tuple[Tensor, Tensor]], gradients: bool) -> None:
    """Zero what was removed: in the gradients, so that no momentum gathers, or in the weights themselves."""
    with torch.no_grad():
        for parameter, mask in held:
            target = parameter.grad if gradients else parameter
            if target is not None:
                target.mul_(mask)


def _rate(share: float, recipe: Recipe) -> float:
    """Return the learning rate at this share of the run, as a share of the recipe's."""
    if share < recipe.warmup:
        return (share + 0.01) / (recipe.warmup + 0.01)
    if not recipe.cosine:
        return 1.0
    after = (share - recipe.warmup) / max(1 - recipe.warmup, 1e-9)
    return 0.5 * (1 + math.cos(math.pi * after))


def _optimizer(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """Build the optimiser; weight decay spares biases and normalisation, as is usual."""
    flat = [p for p in model.parameters() if p.ndim < 2]
    deep = [p for p in model.parameters() if p.ndim >= 2]
    groups: list[Mapping[str, object]] = [
        {"params": deep, "weight_decay": recipe.weight_decay},
        {"params": flat, "weight_decay": 0.0},
    ]
    builders = {
        "adam": lambda: torch.optim.Adam(groups, lr=recipe.learning_rate, fused=True),
        "adamw": lambda: torch.optim.AdamW(groups, lr=recipe.learning_rate, fused=True),
        "sgd": lambda: torch.optim.SGD(groups, lr=recipe.learning_rate, momentum=0.9, nesterov=True, fused=True),
    }
    return builders[recipe.optimizer]()
