"""Prune: a copy of a model without what a plan removes, and what is left of each layer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from core.pruning.masks import apply_masks, cut
from core.pruning.plan import PruningPlan
from core.pruning.ranking import Ranking, rank
from core.tasks.base import Heads, Task


@dataclass(frozen=True)
class Layer:
    """What happened to one parameter: `kept` of its `weights` stay.

    threshold: the score at the cut that this layer met; None where a pattern decided.
    """

    name: str
    shape: tuple[int, ...]
    weights: int
    kept: int
    threshold: float | None = None

    @property
    def sparsity(self) -> float:
        """The removed share, 0 to 1."""
        return 1 - self.kept / self.weights if self.weights else 0.0


@dataclass(frozen=True, eq=False)
class Pruned:
    """A pruned copy of a model.

    model: the copy; removed weights are exactly zero.
    masks: prunable parameter -> bool tensor of its shape, True where the weight is kept; what was zero before is not.
    companion_masks: the same for biases and normalisation that go with removed units, so that their outputs are zero.
    threshold: the score at the cut; every removed score lies below it (or, at an exact sparsity, on it).
        None where layers have cuts of their own.
    layers: what stays of each parameter, in the order data meets them.
    example: one input of batch size 1; heads: the attention layers, as the task names them.
    examples: () -> a few real inputs, on which networks that should say the same are compared.
    unscored: parameters that stayed whole, since the criterion could not see what they are multiplied with.
    """

    model: nn.Module
    masks: Mapping[str, Tensor]
    plan: PruningPlan
    threshold: float | None
    layers: tuple[Layer, ...]
    example: Tensor
    companion_masks: Mapping[str, Tensor]
    heads: tuple[Heads, ...] = ()
    examples: Callable[[], Tensor] | None = None
    unscored: tuple[str, ...] = ()

    def with_masks(self, model: nn.Module, masks: Mapping[str, Tensor], companions: Mapping[str, Tensor]) -> "Pruned":
        """Return this with another model and other masks; `model` is copied, and zero where they say so."""
        layers = tuple(replace(layer, kept=int(torch.count_nonzero(masks[layer.name]))) for layer in self.layers)
        return replace(
            self,
            model=apply_masks(model, {**masks, **companions}),
            masks=masks,
            companion_masks=companions,
            layers=layers,
        )

    @property
    def sparsity(self) -> float:
        """The removed share of the prunable weights, 0 to 1."""
        total = sum(layer.weights for layer in self.layers)
        return 1 - sum(layer.kept for layer in self.layers) / total if total else 0.0

    @property
    def collapsed(self) -> tuple[str, ...]:
        """Names of parameters of which nothing is left, so that no signal passes."""
        return tuple(layer.name for layer in self.layers if layer.kept == 0 < layer.weights)


def prune(task: Task, plan: PruningPlan, ranking: Ranking | None = None) -> Pruned:
    """Remove what a plan says from a copy of the task's model.

    ranking: what `rank(task, plan)` returned, if it is at hand; saves scoring and sorting again.
    Raises BadPlan when the plan does not fit the model, ValueError for a ranking of another plan.
    """
    ranking = ranking or rank(task, plan, sort=False)
    if ranking.plan != plan.scoring:
        raise ValueError("This ranking was made for a plan that scores differently.")
    masks, companions, thresholds = cut(ranking, plan)
    layers = tuple(
        Layer(name, tuple(mask.shape), mask.numel(), int(torch.count_nonzero(mask)), thresholds.get(name))
        for name, mask in masks.items()
    )
    overrides = dict(plan.overrides)
    common = {layer.threshold for layer in layers if layer.name in thresholds and layer.name not in overrides}
    return Pruned(
        model=apply_masks(task.model, {**masks, **companions}),
        masks=masks,
        plan=plan,
        threshold=common.pop() if len(common) == 1 else None,
        layers=layers,
        example=task.example,
        companion_masks=companions,
        heads=task.heads,
        examples=lambda: _some_examples(task),
        unscored=ranking.unscored,
    )


def _some_examples(task: Task, most: int = 4) -> Tensor:
    """Return a few inputs of a task, real ones where it has data: (n, ...), n at most `most`."""
    if task.inputs.few is not None:
        return task.inputs.few(most)
    for split in ("validation", "train"):
        if task.count(split):
            inputs, _ = next(iter(task.batches(split, most, torch.Generator().manual_seed(0), ())))
            return inputs
    if not task.example.is_floating_point():
        return task.example
    return torch.randn(most, *task.example.shape[1:], generator=torch.Generator().manual_seed(0))
