"""The training loop: one generator that serves the page, the tests and the builder of the shipped weights."""

import copy
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from core.errors import BadPlan, BadRecipe, TuningFailed
from core.pruning.masks import Pruned
from core.pruning.units import SmallerNetwork
from core.quality import Quality, summary
from core.tasks.base import Task
from core.tuning.recipe import Recipe
from core.tuning.strategies import SCHEDULES, recut

CHECKS, MOST_CHECKS = 10, 50
"""How often a run looks at validation data on its way: once an epoch, but not less and not more often than this."""


@dataclass(frozen=True, eq=False)
class Progress:
    """Say how far a fine-tune is.

    step, of: optimiser steps done, and in all.
    loss: training loss, averaged over the last 20 steps.
    quality: the latest look at validation data: as many examples as the task glances at (all where the recipe has
        patience), all of them at the end.
    glance: the same network on the validation examples that every look has seen, so that looks can be compared.
    train: the same network on as many of the first training examples, not varied.
    sparsity: the removed share of the prunable weights at this step.
    seconds, left: time spent, and the estimate of what remains.
    model: the tuned network; carried by the last one, and by each that brings a new `quality`.
    pruned: the same with its masks.
    ended: whether the run is over, by its steps, its time limit or its patience; what it carries then is its result.
    """

    step: int
    of: int
    loss: float
    quality: Quality | None
    train: Quality | None
    sparsity: float
    seconds: float
    left: float
    model: nn.Module | None = None
    pruned: Pruned | None = None
    glance: Quality | None = None
    ended: bool = False


def preset_for(task: Task, name: str) -> Recipe:
    """Return a ready recipe as it suits a task. Raises BadRecipe for a name that is not one of the presets."""
    return Recipe.preset(name).for_task(task.training.augmentations, task.training.recipe_defaults.get(name, {}))


def steps_of(task: Task, recipe: Recipe) -> int:
    """Return how many optimiser steps a recipe takes on a task."""
    return recipe.steps or math.ceil(task.count("train") / recipe.batch_size) * recipe.epochs


def fine_tune(task: Task, pruned: Pruned, recipe: Recipe, keep_at: int = 0) -> Iterator[Progress]:
    """Train a pruned network on the task's training data while removed weights stay zero.

    The recipe's strategy says where it starts and whether it is pruned anew on its way, towards the sparsity of
    `pruned`. Whole units that are gone are left out of the training altogether. Works on a copy: neither the task's
    model nor `pruned` changes. To stop, stop iterating; the latest Progress with a model holds what was reached.
    keep_at: a step whose Progress carries the model too.
    Raises TuningFailed when the loss is no longer finite, BadRecipe when nothing is left that could learn.
    """
    if pruned.sparsity == 1:
        raise BadRecipe("Nothing is left to train: every weight was removed.", "Remove less.")
    of = steps_of(task, recipe)
    course = SCHEDULES[recipe.strategy](task, pruned, recipe, of)
    last_cut = max(course.cuts, default=0)
    run = _Run.begin(task, course.start, recipe, settled=not course.cuts)
    teacher = copy.deepcopy(task.model).to(memory_format=torch.channels_last) if recipe.distill else None
    generator = torch.Generator().manual_seed(recipe.seed)
    looks = min(max(recipe.epochs, CHECKS), MOST_CHECKS)
    checks = {round(of * share / looks) for share in range(1, looks + 1)}

    start, step, waited, best = time.monotonic(), 0, 0, None
    look: _Look | None = None
    losses: list[float] = []
    while step < of:
        learning, before = run, step
        for inputs, targets in task.batches("train", recipe.batch_size, generator, recipe.augment, run.model):
            if step in course.cuts:
                found = recut(task, run.whole().model, pruned, course.cuts[step])
                run = run.cut(task, found, recipe, settled=step == last_cut)
            run.set_rate(_rate(step, of, course.phases, recipe))
            output = run.answer(inputs, recipe.seed + step)
            loss = task.loss(output, targets, recipe.label_smoothing)
            if teacher is not None:
                with torch.no_grad():
                    wanted = teacher(inputs)
                loss = (1 - recipe.distill) * loss + recipe.distill * task.training.distillation_loss(
                    output, wanted, recipe.temperature
                )
            run.learn(loss)

            step += 1
            seconds = time.monotonic() - start
            done = max(step / of, seconds / recipe.seconds if recipe.seconds else 0.0)
            if recipe.average and step > last_cut and (done > 1 - recipe.average or recipe.patience):
                run.remember()
            losses = [*losses[-19:], loss.item()]
            if not math.isfinite(losses[-1]):
                raise TuningFailed(
                    f"The training loss stopped being a number after {step} steps, so the fine-tune was stopped.",
                    "The pruned network is kept as it was; try a gentler learning rate.",
                )
            over = step == of or done >= 1
            known: _Look | None = None
            if step in checks and recipe.patience and not over and step > last_cut:
                look = known = run.look(task, None)
                waited = 0 if best is None or look.quality.better_than(best.quality) else waited + 1
                best = look if waited == 0 else best
                if waited == 0 and done <= 1 - recipe.average:
                    run.forget()  # an average begins anew at the best look, until the share of the run's end is reached
                over = waited >= recipe.patience
            elif step in checks or step == keep_at:
                look = run.look(task, task.quick_eval_size if not recipe.patience else None)
            fresh = step in checks or step == keep_at or over
            if over:
                look = run.end(task, recipe, best, known)
            left = 0.0 if over else seconds / step * (of - step)
            if recipe.seconds is not None:
                left = min(left, max(recipe.seconds - seconds, 0.0))
            yield _progress(step, of, losses, look, fresh, run.pruned.sparsity, seconds, left, over)
            if over:
                return
            if run is not learning:
                break  # what is learned from may come of what the network does, and that is another one now
        if step == before:
            raise BadRecipe("There is nothing to learn from: no training data.", "Bring some, or choose another model.")
    if of == 0:
        look = run.end(task, recipe)
        yield _progress(0, 0, [math.nan], look, True, pruned.sparsity, time.monotonic() - start, 0.0, True)


@dataclass(frozen=True, eq=False)
class _Look:
    """One look at a network: on validation data, on what every look sees of it, on training data; and what it was."""

    quality: Quality
    glance: Quality
    train: Quality
    reached: Pruned


def _progress(
    step: int,
    of: int,
    losses: list[float],
    look: _Look | None,
    fresh: bool,
    sparsity: float,
    seconds: float,
    left: float,
    ended: bool,
) -> Progress:
    """Report a step, with the network itself where the look at it is fresh."""
    reached = look.reached if look and fresh else None
    return Progress(
        step,
        of,
        sum(losses) / len(losses),
        look.quality if look else None,
        look.train if look else None,
        sparsity,
        seconds,
        left,
        reached.model if reached else None,
        reached,
        look.glance if look else None,
        ended,
    )


def recalibrate(task: Task, model: nn.Module, recipe: Recipe) -> None:
    """Let batch norm take mean and variance anew from one pass over the training data; nothing else changes.

    Source: Li et al. 2020, EagleEye: fast sub-net evaluation for efficient neural network pruning.
    """
    norms = [module for module in model.modules() if isinstance(module, NORMS) and module.track_running_stats]
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    training = model.training
    model.eval()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain mean over all batches
        norm.train()
    with torch.no_grad():
        for inputs, _ in task.batches(
            "train", recipe.batch_size, torch.Generator().manual_seed(recipe.seed), (), model
        ):
            if len(inputs) > 1:  # one example has no variance
                model(inputs)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    model.train(training)


NORMS = nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d
"""Layers that normalise by the statistics of a batch."""


@dataclass(eq=False)
class _Run:
    """The network that is being trained, with what holds its zeros and moves its weights.

    small: the network without its removed units, once these are settled; `model` is then that one.
    """

    model: nn.Module
    pruned: Pruned
    small: SmallerNetwork | None
    optimizer: torch.optim.Optimizer
    held: list[tuple[Tensor, Tensor]]
    frozen: list[nn.Module]
    mean: dict[str, Tensor] = field(default_factory=dict)
    remembered: int = 0

    @classmethod
    def begin(cls, task: Task, start: Pruned, recipe: Recipe, settled: bool) -> "_Run":
        small = _smaller(start) if settled and start.plan.structured else None
        model = copy.deepcopy(small.model if small else start.model).to(memory_format=torch.channels_last)
        learning = _learning(model, task.prunable, recipe.learns)
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(name in learning)
        if not any(p.requires_grad for p in model.parameters()):
            raise BadRecipe("Nothing would learn with these choices.", "Let more of the network learn.")
        frozen = [
            module
            for name, module in model.named_modules()
            if isinstance(module, NORMS) and f"{name}.weight" not in learning
        ]
        run = cls(model, start, small, _optimizer(model, recipe), [], frozen)
        run.hold(start)
        run.ready()
        return run

    def hold(self, pruned: Pruned) -> None:
        """From now on keep zero what these masks remove; in a network without its removed units, the rest of that."""
        self.pruned = pruned
        parameters = dict(self.model.named_parameters())
        masks = {**pruned.masks, **pruned.companion_masks}
        masks = self.small.masks(masks) if self.small else masks
        self.held = [(parameters[name], mask.to(parameters[name].dtype)) for name, mask in masks.items()]
        self._zero(gradients=False)

    def cut(self, task: Task, pruned: Pruned, recipe: Recipe, settled: bool) -> "_Run":
        """Go on with other masks: with the same optimiser, or, once units are settled, in the smaller network."""
        if settled and pruned.plan.structured:
            return _Run.begin(task, pruned, recipe, settled=True)
        self.hold(pruned)
        return self

    def ready(self) -> None:
        """Set the network to training; frozen normalisation does not even move its statistics."""
        self.model.train()
        for module in self.frozen:
            module.eval()

    def set_rate(self, share: float) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = share * group["initial"]

    def answer(self, inputs: Tensor, seed: int) -> Tensor:
        """Return what the network says while it learns; whatever it leaves to chance is decided by the seed."""
        resting = [module for module in self.model.modules() if isinstance(module, NORMS) and module.training]
        resting = resting if len(inputs) == 1 else []
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

    def learn(self, loss: Tensor) -> None:
        """Take one step downhill, and none at all with what was removed."""
        self.optimizer.zero_grad()
        loss.backward()
        self._zero(gradients=True)
        self.optimizer.step()
        self._zero(gradients=False)

    def remember(self) -> None:
        """Count the present weights in to the mean of the last ones."""
        self.remembered += 1
        with torch.no_grad():
            for name, parameter in self.model.named_parameters():
                if name not in self.mean:
                    self.mean[name] = parameter.detach().clone()
                else:
                    self.mean[name].lerp_(parameter, 1 / self.remembered)

    def forget(self) -> None:
        """Begin the mean anew."""
        self.mean, self.remembered = {}, 0

    def end(self, task: Task, recipe: Recipe, best: "_Look | None" = None, last: "_Look | None" = None) -> "_Look":
        """Do what a recipe wants at every end, however it came: average, recalibrate, judge on everything.

        best: the best look of a run with patience; its weights are what ends, unless they are averaged.
        last: a look at the network as it is now, if there was one.
        """
        reached: Pruned | None = None
        if self.mean:
            with torch.no_grad():
                for name, parameter in self.model.named_parameters():
                    parameter.copy_(self.mean[name])
            self._zero(gradients=False)
        elif best is not None:
            last = last or self.look(task, None)
            if not last.quality.better_than(best.quality):
                if not recipe.recalibrate:
                    return best
                reached = best.reached
        if recipe.recalibrate and reached is not None:
            model = copy.deepcopy(reached.model)
            recalibrate(task, model, recipe)
            reached = reached.with_masks(model, reached.masks, reached.companion_masks)
            return _judged(task, reached.model, reached, None)
        if recipe.recalibrate:
            recalibrate(task, self.model, recipe)
        return self.look(task, None)

    def look(self, task: Task, limit: int | None) -> "_Look":
        """Judge the network on validation data, and on the beginning of the training data."""
        self.model.eval()
        found = _judged(task, self.model, self.whole(), limit)
        self.ready()
        return found

    def whole(self) -> Pruned:
        """Return a copy of what was reached, at full size, with its masks."""
        model = copy.deepcopy(self.model).to(memory_format=torch.contiguous_format).eval()
        for parameter in model.parameters():
            parameter.requires_grad_(True)
        if self.small:
            model = self.small.expand(model)
        return self.pruned.with_masks(model, self.pruned.masks, self.pruned.companion_masks)

    def _zero(self, gradients: bool) -> None:
        """Zero what was removed: in the gradients, so that no momentum gathers, or in the weights themselves."""
        with torch.no_grad():
            for parameter, mask in self.held:
                target = parameter.grad if gradients else parameter
                if target is not None:
                    target.mul_(mask)


def _smaller(start: Pruned) -> SmallerNetwork | None:
    """Return the network without its removed units; None where it would answer differently, so that zeros are held."""
    try:
        return SmallerNetwork.of(start)
    except BadPlan:
        return None


def _judged(task: Task, model: nn.Module, reached: Pruned, limit: int | None) -> _Look:
    """Judge a network on so many validation examples, None for all; and on as many as every look sees."""
    quality = task.evaluate(model, "validation", limit)
    if quality.n <= task.quick_eval_size:
        glance = quality
    elif quality.outcomes is not None and quality.outcomes.counts is None:
        glance = summary(quality.outcomes.part(slice(task.quick_eval_size)), quality.metric)
    else:
        glance = task.evaluate(model, "validation", task.quick_eval_size)
    return _Look(quality, glance, task.evaluate(model, "train", task.quick_eval_size), reached)


def _learning(model: nn.Module, prunable: tuple[str, ...], learns: str) -> set[str]:
    """Name the parameters that learn."""
    names = [name for name, _ in model.named_parameters()]
    if learns == "biases-norms":
        return {name for name, parameter in model.named_parameters() if parameter.ndim < 2}
    if learns == "all":
        return set(names)
    layers = [name for name in names if name in prunable]
    first = layers[-min(int(learns.removeprefix("last-")), len(layers))]
    return set(names[names.index(first) :])


def _rate(step: int, of: int, phases: tuple[int, ...], recipe: Recipe) -> float:
    """Return the learning rate before this step, as a share of the recipe's; each phase is a course of its own."""
    begun = max(phase for phase in phases if phase <= step)
    end = min((phase for phase in phases if phase > step), default=of)
    share = (step - begun) / max(end - begun, 1)
    if share < recipe.warmup:
        return (share + 0.01) / (recipe.warmup + 0.01)
    if not recipe.cosine:
        return 1.0
    after = (share - recipe.warmup) / max(1 - recipe.warmup, 1e-9)
    return 0.5 * (1 + math.cos(math.pi * after))


def _optimizer(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """Build the optimiser; weight decay spares biases and normalisation, as is usual."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    flat, deep = [p for p in parameters if p.ndim < 2], [p for p in parameters if p.ndim >= 2]
    groups: list[Mapping[str, object]] = [
        {"params": deep, "weight_decay": recipe.weight_decay, "initial": recipe.learning_rate},
        {"params": flat, "weight_decay": 0.0, "initial": recipe.learning_rate},
    ]
    builders = {
        "adam": lambda: torch.optim.Adam(groups, lr=recipe.learning_rate, fused=True),
        "adamw": lambda: torch.optim.AdamW(groups, lr=recipe.learning_rate, fused=True),
        "sgd": lambda: torch.optim.SGD(groups, lr=recipe.learning_rate, momentum=0.9, nesterov=True, fused=True),
    }
    return builders[recipe.optimizer]()
