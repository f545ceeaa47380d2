"""The network that learns: what moves its weights, and what keeps the removed ones zero."""

import copy

import torch
from torch import Tensor

from core.errors import BadPlan, BadRecipe
from core.language import text
from core.pruning import Pruned, SmallerNetwork
from core.tasks.base import Task
from core.tuning.evaluation import Evaluation, evaluate
from core.tuning.optimizers import Optimizer
from core.tuning.recalibration import NORMS
from core.tuning.recipe import Recipe
from core.tuning.trainable import trainable


class NetworkInTraining:
    """Train a copy of a pruned network while its removed weights stay zero.

    model: the network that learns: without its removed units, once these are settled.
    pruned: the masks that it has now; the model in it is an earlier one.
    Raises BadRecipe when nothing would learn.
    """

    def __init__(self, task: Task, start: Pruned, recipe: Recipe, settled: bool) -> None:
        self.task, self.recipe = task, recipe
        self.teacher = copy.deepcopy(task.model).to(memory_format=torch.channels_last) if recipe.distill else None
        self._begin(start, settled)

    def _begin(self, start: Pruned, settled: bool) -> None:
        """Build the network that learns and its optimiser."""
        self.small = _smaller(start) if settled and start.plan.structured else None
        model = copy.deepcopy(self.small.model if self.small else start.model)
        self.model = model.to(memory_format=torch.channels_last)
        learning = trainable(self.model, self.task.prunable, self.recipe.learns)
        for name, parameter in self.model.named_parameters():
            parameter.requires_grad_(name in learning)
        if not any(p.requires_grad for p in self.model.parameters()):
            raise BadRecipe(text("Nothing would learn with these choices."), text("Let more of the network learn."))
        named = self.model.named_modules()
        self.frozen = [each for name, each in named if isinstance(each, NORMS) and f"{name}.weight" not in learning]
        recipe = self.recipe
        self.optimizer = Optimizer(self.model, recipe.optimizer, recipe.learning_rate, recipe.weight_decay)
        self._hold(start)
        self._ready()

    def cut(self, pruned: Pruned, settled: bool) -> None:
        """Go on with other masks: with the same optimiser, or, once units are settled, in the smaller network."""
        if settled and pruned.plan.structured:
            self._begin(pruned, settled)
        else:
            self._hold(pruned)

    def set_rate(self, share: float) -> None:
        """Set the learning rate to a share of the recipe's."""
        self.optimizer.rate = share * self.recipe.learning_rate

    def learn(self, inputs: Tensor, targets: Tensor, seed: int) -> float:
        """Take one step downhill, and none at all with what was removed; return the loss before it.

        seed: decides whatever the network leaves to chance.
        """
        loss = self._loss(inputs, targets, seed)
        self.optimizer.zero_grad()
        loss.backward()
        self._zero_gradients()  # so that no momentum gathers
        self.optimizer.step()
        self._zero_weights()
        return loss.item()

    def set_weights(self, weights: dict[str, Tensor]) -> None:
        """Take other weights: parameter -> tensor of its shape."""
        with torch.no_grad():
            for name, parameter in self.model.named_parameters():
                parameter.copy_(weights[name])
        self._zero_weights()

    def look(self, limit: int | None = None) -> Evaluation:
        """Judge the network on so many validation examples, None for all."""
        self.model.eval()
        found = evaluate(self.task, self.model, self.at_full_size(), limit)
        self._ready()
        return found

    def at_full_size(self) -> Pruned:
        """Return a copy of what was reached, with the removed units in their places, and its masks."""
        model = copy.deepcopy(self.model).to(memory_format=torch.contiguous_format).eval()
        for parameter in model.parameters():
            parameter.requires_grad_(True)
        if self.small:
            model = self.small.expand(model)
        return self.pruned.with_masks(model, self.pruned.masks, self.pruned.companion_masks)

    def _hold(self, pruned: Pruned) -> None:
        """From now on keep zero what these masks remove; in a network without its removed units, the rest of that."""
        self.pruned = pruned
        parameters = dict(self.model.named_parameters())
        masks = {**pruned.masks, **pruned.companion_masks}
        masks = self.small.masks(masks) if self.small else masks
        self.held = [(parameters[name], mask.to(parameters[name].dtype)) for name, mask in masks.items()]
        self._zero_weights()

    def _ready(self) -> None:
        """Set the network to training; frozen normalisation does not even move its statistics."""
        self.model.train()
        for module in self.frozen:
            module.eval()

    def _loss(self, inputs: Tensor, targets: Tensor, seed: int) -> Tensor:
        """Return the loss of a batch: by its labels, by the dense model's answers, or by both."""
        recipe = self.recipe
        output = self._answer(inputs, seed)
        loss = self.task.loss(output, targets, recipe.label_smoothing)
        if self.teacher is None:
            return loss
        with torch.no_grad():
            wanted = self.teacher(inputs)
        distance = self.task.training.distillation_loss(output, wanted, recipe.temperature)
        return (1 - recipe.distill) * loss + recipe.distill * distance

    def _answer(self, inputs: Tensor, seed: int) -> Tensor:
        """Return what the network says while it learns."""
        moving = [module for module in self.model.modules() if isinstance(module, NORMS) and module.training]
        resting = moving if len(inputs) == 1 else []
        for module in resting:
            module.eval()  # one example has no variance: the usual statistics serve
        try:
            # All of it, not dropout alone: networks drop paths, noise and whole blocks in ways of their own.
            with torch.random.fork_rng(devices=[]):
                torch.default_generator.manual_seed(seed)
                return self.model(inputs)
        finally:
            for module in resting:
                module.train()

    @torch.no_grad()
    def _zero_gradients(self) -> None:
        for parameter, mask in self.held:
            if parameter.grad is not None:
                parameter.grad.mul_(mask)

    @torch.no_grad()
    def _zero_weights(self) -> None:
        for parameter, mask in self.held:
            parameter.mul_(mask)


def _smaller(start: Pruned) -> SmallerNetwork | None:
    """Return the network without its removed units; None where it would answer differently, so that zeros are held."""
    try:
        return SmallerNetwork.of(start)
    except BadPlan:
        return None
