"""Recalibration: batch norm takes its statistics anew, without any learning."""

import copy

import torch
from torch import nn

from core.tasks.base import Task
from core.tasks.layers import NORMS
from core.tuning.evaluation import Evaluation, evaluate
from core.tuning.recipe import Recipe


def recalibrate(task: Task, model: nn.Module, recipe: Recipe) -> None:
    """Let batch norm take mean and variance anew from one pass over the training data; nothing else changes.

    One example alone has no variance, so a batch of one is left out; with no larger one the statistics stay.

    Source: Li et al. 2020, EagleEye: fast sub-net evaluation for efficient neural network pruning.
    """
    norms = [module for module in model.modules() if isinstance(module, NORMS) and module.track_running_stats]
    if not norms or task.count("train") < 2:
        return
    momenta = [norm.momentum for norm in norms]
    training = model.training
    model.eval()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain mean over all batches
        norm.train()
    generator = torch.Generator().manual_seed(recipe.seed)
    with torch.no_grad():
        for inputs, _ in task.batches("train", max(recipe.batch_size, 2), generator, (), model):
            if len(inputs) > 1:
                model(inputs)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    model.train(training)


def recalibrated(task: Task, look: Evaluation, recipe: Recipe) -> Evaluation:
    """Recalibrate a copy of a network that was looked at, and look at that."""
    model = copy.deepcopy(look.reached.model)
    recalibrate(task, model, recipe)
    reached = look.reached.with_masks(model, look.reached.masks, look.reached.companion_masks)
    return evaluate(task, reached.model, reached)
