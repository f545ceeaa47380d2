"""Fine-tune a pruned network, and compare fine-tunes at several sparsities."""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from safetensors.torch import load as load_weights
from safetensors.torch import save

from core.jobs.work.loader import Loader
from core.pruning import Pruned, PruningPlan, carry_out, prune
from core.quality import Quality
from core.tuning import Recipe, fine_tune, preset_for


@dataclass(frozen=True)
class TuneProgress:
    """How far a fine-tune is, without anything that only lives in the process that runs it.

    weights: safetensors bytes of the network's state, whenever `quality` is new; None between.
    masks: the same of its masks, those of biases and normalisation included.
    same_examples: the network on the validation examples that every look has seen.
    ended: whether the run came to its end, by its steps, its time limit or its patience.
    """

    step: int
    of: int
    loss: float
    quality: Quality | None
    train: Quality | None
    sparsity: float
    seconds: float
    left: float
    weights: bytes | None
    masks: bytes | None
    same_examples: Quality | None = None
    ended: bool = False


def tune(load: Loader, name: str, plan: PruningPlan, recipe: Recipe, repair: str = "") -> Iterator[TuneProgress]:
    """Prune a task's model by a plan, repair it if that is asked for, then fine-tune it by a recipe."""
    task = load(name)
    for p in fine_tune(task, carry_out(task, plan, repair), recipe):
        weights = masks = None
        if p.model is not None and p.pruned is not None:
            weights, masks = save(p.model.state_dict()), save({**p.pruned.masks, **p.pruned.companion_masks})
        yield TuneProgress(
            p.step,
            p.of,
            p.loss,
            p.quality,
            p.train,
            p.sparsity,
            p.seconds,
            p.left,
            weights,
            masks,
            p.same_examples,
            p.ended,
        )


@dataclass(frozen=True)
class TunedPoint:
    """How far a comparison of fine-tunes is: `quality`, once it is known, is that at `sparsity` after `of` steps."""

    sparsity: float
    quality: Quality | None
    step: int
    of: int


def tune_points(load: Loader, name: str, sparsities: tuple[float, ...], steps: int) -> Iterator[TunedPoint]:
    """Prune a task's model by magnitude to each sparsity and fine-tune it for so many steps of its quick recipe."""
    task = load(name)
    recipe = replace(preset_for(task, "quick"), steps=steps)
    for sparsity in sparsities:
        for p in fine_tune(task, prune(task, PruningPlan(sparsity=sparsity)), recipe):
            yield TunedPoint(p.sparsity, p.quality if p.ended else None, p.step, p.of)


def tuned_network(pruned: Pruned, reached: TuneProgress) -> Pruned:
    """Return a pruned network with the weights and masks that a fine-tune of it has sent."""
    assert reached.weights is not None and reached.masks is not None
    model = copy.deepcopy(pruned.model)
    model.load_state_dict(load_weights(reached.weights))
    sent = load_weights(reached.masks)
    masks = {name: sent.pop(name) for name in pruned.masks}
    return pruned.with_masks(model, masks, sent)


def best_progress(results: Sequence[TuneProgress], target: float) -> TuneProgress | None:
    """Return the result that a fine-tune is judged by: its last one, or, if it was stopped, the best at its sparsity.

    results: those that carry weights or have dropped them; target: the plan's sparsity, a share of 1.
    """
    if not results or results[-1].ended:
        return results[-1] if results else None
    chosen = results[-1]
    for each in results:
        there = each.sparsity >= target - 1e-9 and each.weights
        if there and (chosen.sparsity < each.sparsity or _is_better(each.quality, chosen.quality)):
            chosen = each
    return chosen


def _is_better(one: Quality | None, other: Quality | None) -> bool:
    return one is not None and other is not None and one.better_than(other)


def drop_weights(results: tuple[TuneProgress, ...]) -> tuple[TuneProgress, ...]:
    """Return the results without weights and masks, but for the last one and the best of the sparsest."""
    spared = best_progress(results, max(each.sparsity for each in results)), results[-1]
    return tuple(
        replace(each, weights=None, masks=None) if each.weights and each not in spared else each for each in results
    )
