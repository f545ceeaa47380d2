"""The training loop: one generator that serves the page, the tests and the builder of the shipped weights."""

import math
from collections import deque
from collections.abc import Iterator

import torch
from torch import Tensor

from core.errors import BadRecipe, TuningFailed
from core.language import text
from core.pruning import Pruned
from core.tasks.base import Task
from core.tuning.averaging import WeightAverage
from core.tuning.cuts import recut
from core.tuning.early_stopping import EarlyStopping
from core.tuning.evaluation import Evaluation
from core.tuning.progress import Progress
from core.tuning.recalibration import recalibrate, recalibrated
from core.tuning.recipe import Recipe
from core.tuning.schedule import Clock, looks_of, rate_at, steps_of
from core.tuning.strategies import known_strategies
from core.tuning.training import NetworkInTraining


def fine_tune(task: Task, pruned: Pruned, recipe: Recipe, keep_at: int = 0) -> Iterator[Progress]:
    """Train a pruned network on the task's training data while removed weights stay zero.

    The recipe's strategy says where it starts and whether it is pruned anew on its way, towards the sparsity of
    `pruned`. Whole units that are gone are left out of the training altogether. Works on a copy: neither the task's
    model nor `pruned` changes. To stop, stop iterating; the latest Progress with a model holds what was reached.
    keep_at: a step whose Progress carries the model too.
    Raises TuningFailed when the loss is no longer finite, BadRecipe when nothing is left that could learn.
    """
    if pruned.sparsity == 1:
        raise BadRecipe(text("Nothing is left to train: every weight was removed."), text("Remove less."))
    steps = steps_of(task, recipe)
    schedule = known_strategies()[recipe.strategy].schedule(task, pruned, recipe, steps)
    network = NetworkInTraining(task, schedule.start, recipe, settled=not schedule.cuts)
    looks = looks_of(steps, recipe)
    stopping, average = EarlyStopping(recipe.patience), WeightAverage()
    clock, losses = Clock(steps, recipe.seconds), deque[float](maxlen=20)
    latest: Evaluation | None = None
    if steps == 0:
        latest = _finish(network, average, None, None)
        yield Progress(0, 0, math.nan, pruned.sparsity, clock.seconds(), 0.0, True).with_look(latest, fresh=True)
        return
    for step, (inputs, targets) in enumerate(_batches(network), 1):
        before = step - 1
        if before in schedule.cuts:
            found = recut(task, network.at_full_size().model, pruned, schedule.cuts[before])
            network.cut(found, settled=before == schedule.last_cut)
        network.set_rate(rate_at(before, steps, schedule.phases, recipe))
        losses.append(_finite(network.learn(inputs, targets, recipe.seed + before), step))

        seconds = clock.seconds()
        done, settled = clock.share(step, seconds), step > schedule.last_cut
        at_end = done > 1 - recipe.average
        if recipe.average and settled and (at_end or recipe.patience):
            average.add(network.model)
        over = done >= 1
        fresh = over or step in looks or step == keep_at
        judged: Evaluation | None = None
        if fresh and not over:
            latest = network.look(None if recipe.patience else task.quick_eval_size)
            if recipe.patience and settled and step in looks:
                judged = latest
                if stopping.is_best(latest) and not at_end:
                    average.restart()  # until the share of the run's end is reached
                over = stopping.exhausted
        if over:
            latest = _finish(network, average, stopping.best, judged)
        left = 0.0 if over else clock.left(step, seconds)
        now = Progress(step, steps, sum(losses) / len(losses), network.pruned.sparsity, seconds, left, over)
        yield now.with_look(latest, fresh)
        if over:
            return


def _batches(network: NetworkInTraining) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield batches of training data (inputs, targets) without an end.

    Begins anew when another network learns, since what is learned from may come of what the network does.
    Raises BadRecipe when there is no training data.
    """
    recipe, generator = network.recipe, torch.Generator().manual_seed(network.recipe.seed)
    while True:
        learning, empty = network.model, True
        for batch in network.task.batches("train", recipe.batch_size, generator, recipe.augment, learning):
            empty = False
            yield batch
            if network.model is not learning:
                break
        if empty:
            raise BadRecipe(
                text("There is nothing to learn from: no training data."), text("Bring some, or choose another model.")
            )


def _finite(loss: float, step: int) -> float:
    """Return a loss. Raises TuningFailed where it is no finite number."""
    if not math.isfinite(loss):
        raise TuningFailed(
            text(
                "The training loss stopped being a number after {step} steps, so the fine-tune was stopped.", step=step
            ),
            text("The pruned network is kept as it was; try a gentler learning rate."),
        )
    return loss


def _finish(
    network: NetworkInTraining, average: WeightAverage, best: Evaluation | None, judged: Evaluation | None
) -> Evaluation:
    """Do what a recipe wants at every end, however it came: average, recalibrate, judge on everything.

    best: the best look of a run with patience; its weights are what ends, unless they are averaged.
    judged: a look at the network as it is now, if there was one.
    """
    task, recipe = network.task, network.recipe
    if average.steps:
        network.set_weights(average.mean)
    elif best is not None and not (judged or network.look()).quality.better_than(best.quality):
        return recalibrated(task, best, recipe) if recipe.recalibrate else best
    if recipe.recalibrate:
        recalibrate(task, network.model, recipe)
    return network.look()
