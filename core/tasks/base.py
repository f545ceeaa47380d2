"""What every task has in common, whatever its field: a model, a way to judge it, a way to train it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from core.language import text
from core.quality import Quality
from core.tasks.demo import Demo
from core.tasks.layers import keeps_inputs_first
from core.tasks.records import (
    Baseline,
    Batch,
    BatchRequest,
    Classifier,
    ExtraFigures,
    Heads,
    Inputs,
    Packaging,
    Training,
    UploadAdapter,
)

__all__ = [
    "SPLITS",
    "Baseline",
    "Batch",
    "BatchRequest",
    "Classifier",
    "ExtraFigures",
    "Heads",
    "Inputs",
    "Packaging",
    "Task",
    "TaskInfo",
    "Training",
    "UploadAdapter",
    "prunable_parameters",
]

SPLITS = ("train", "validation", "test")

SPLIT_NAMES: Mapping[str, str] = {"train": text("train"), "validation": text("validation"), "test": text("test")}
"""How people read them."""


@dataclass(frozen=True)
class TaskInfo:
    """Describe one entry of the catalogue.

    name: what `load` takes, and what a link carries.
    title: what people read in the list.
    domain: the field, for example "vision".
    metric: the name of the quality figure, for example "Accuracy".
    parameters: how many numbers the dense model holds, biases and normalisation included.
    source: where the data comes from, with its licence.
    shipped: whether it works without any download.
    about: one or two sentences for somebody who meets it for the first time.
    worst: the metric's value at which nothing is left of a model, for figures relative to the dense one.
    weights: who trained the network, or where its weights come from.
    """

    name: str
    title: str
    domain: str
    metric: str
    parameters: int
    source: str
    shipped: bool
    about: str = ""
    worst: float = 0.0
    weights: str = ""

    @property
    def origin(self) -> str:
        """Where data and weights come from."""
        return (
            text("{source}; weights {weights}", source=self.source, weights=self.weights)
            if self.weights
            else self.source
        )


@dataclass(frozen=True, eq=False)
class Task:
    """Hold a pretrained model with the data and the metric that belong to it; shared, never mutated.

    model: the dense network in eval mode. Copy it before you change anything.
    prunable: names of the parameters that may be pruned, in the order data meets them.
    example: one input batch of size 1, as the model takes it.
    score: (model, split, limit) -> Quality of a growing part of the split; the last one is of all of it.
    draw: (request) -> shuffled (input, target) pairs, a smaller last batch included; `batches` asks for them.
    loss: (output, target, label smoothing) -> mean loss, a scalar tensor.
    count: (split) -> how many examples it holds.
    inputs: what the model reads.
    training: how its network can learn.
    extra: figures beside the headline one.
    packaging: what a download needs besides the weights.
    heads: the attention layers, if there are any.
    why_no_heads: a sentence on why none of its attention heads can go by themselves; "" where some can, or it has none.
    opt_in_parameters: those of `prunable` that stay whole unless a plan asks for them: embeddings.
    quick_eval_size: how many validation and training examples a fine-tune looks at on its way.
    shifts: kind of shift -> (strength, 1 to 5) -> the same task with validation data shifted that far.
    classifier: what the answers mean, for a classifier.
    demo: something to try a model on by hand.
    uploads: how pictures or texts that people bring are read, or None where they can bring none.
    """

    info: TaskInfo
    model: nn.Module
    prunable: tuple[str, ...]
    example: Tensor
    score: Callable[[nn.Module, str, int | None], Iterator[Quality]]
    draw: Callable[[BatchRequest], Iterable[Batch]]
    loss: Callable[[Tensor, Tensor, float], Tensor]
    count: Callable[[str], int]
    inputs: Inputs
    training: Training = field(default_factory=Training)
    extra: ExtraFigures = field(default_factory=ExtraFigures)
    packaging: Packaging = field(default_factory=Packaging)
    heads: tuple[Heads, ...] = ()
    why_no_heads: str = ""
    opt_in_parameters: tuple[str, ...] = ()
    quick_eval_size: int = 1000
    shifts: Mapping[str, Callable[[int], "Task"]] = field(default_factory=dict)
    classifier: Classifier | None = None
    demo: Demo | None = None
    uploads: UploadAdapter | None = None

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of a classifier's answers; none for other tasks."""
        return self.classifier.classes if self.classifier else ()

    def batches(
        self,
        split: str,
        batch_size: int,
        generator: torch.Generator,
        augment: tuple[str, ...] = (),
        model: nn.Module | None = None,
    ) -> Iterable[Batch]:
        """Return shuffled (input, target) pairs of one split; BatchRequest says what each choice means."""
        return self.draw(BatchRequest(split, batch_size, generator, augment, model))

    def inputs_of_usual_size(self, count: int) -> Tensor:
        """Return so many inputs of the usual size, for counting and timing."""
        if self.inputs.typical is not None:
            return self.inputs.typical(count)
        return self.example.expand(count, *self.example.shape[1:]).contiguous()

    def evaluate(self, model: nn.Module, split: str = "validation", limit: int | None = None) -> Quality:
        """Judge a model on one split, or on the first `limit` examples of it.

        Raises ValueError for an unknown split or a limit below 1.
        """
        *_, last = self.refine(model, split, limit)
        return last

    def refine(self, model: nn.Module, split: str = "validation", limit: int | None = None) -> Iterator[Quality]:
        """Judge as `evaluate` does, yielding the quality of what was seen so far after every few hundred examples."""
        if split not in SPLITS:
            raise ValueError(f"No split named {split!r}; there are {', '.join(SPLITS)}.")
        if limit is not None and limit < 1:
            raise ValueError("A limit must be at least 1 example.")
        return self.score(model, split, limit)


def prunable_parameters(model: nn.Module, excluded: Iterable[str] = ()) -> tuple[str, ...]:
    """List the weights of Linear, Conv, Embedding and attention layers by name, in the model's own order.

    What several layers share is listed once, under its first name.
    """
    kinds, left_out = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Embedding), set(excluded)
    own = {name for name, _ in model.named_parameters()}
    names = []
    for name, module in model.named_modules():
        if isinstance(module, kinds) or keeps_inputs_first(module):
            names.append(f"{name}.weight")
        elif isinstance(module, nn.MultiheadAttention) and module.in_proj_weight is not None:
            names.append(f"{name}.in_proj_weight")
    return tuple(name for name in names if name in own and name not in left_out)
