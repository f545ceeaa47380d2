"""What every task has in common, whatever its field: a model, a way to judge it, a way to train it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.quality import Change, Quality
from core.tasks.demo import Answer, Demo, UploadAdapter

SPLITS = ("train", "validation", "test")

Batch = tuple[Tensor, Tensor]


def distance(output: Tensor, wanted: Tensor, temperature: float) -> Tensor:
    """Return how far answers (n, classes) are from a teacher's, both softened: temperature^2 * KL(wanted || output).

    Source: Hinton, Vinyals, Dean 2015, Distilling the knowledge in a neural network.
    """
    ours, theirs = F.log_softmax(output / temperature, 1), F.log_softmax(wanted / temperature, 1)
    return temperature**2 * F.kl_div(ours, theirs, reduction="batchmean", log_target=True)


@dataclass(frozen=True)
class TaskInfo:
    """Describe one entry of the catalogue.

    name: what `load` takes, and what a link carries.
    title: what people read in the list.
    domain: the field, for example "vision".
    metric: the name of the quality figure, for example "Accuracy".
    parameters: how many numbers the dense model holds, biases and normalisation included.
    source: where the data comes from, with its licence.
    weights: who trained the network, or where its weights come from.
    shipped: whether it works without any download.
    about: one or two sentences for somebody who meets it for the first time.
    worst: the metric's value at which nothing is left of a model, for figures relative to the dense one.
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
        return f"{self.source}; weights {self.weights}" if self.weights else self.source


@dataclass(frozen=True)
class Heads:
    """Name the parameters of one attention layer, whose `count` heads lie side by side.

    rows: weights and biases of query, key and value, cut along their outputs.
    columns: weights of the projection behind, cut along its inputs.
    """

    count: int
    rows: tuple[str, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class BatchRequest:
    """Say which examples are wanted for training.

    split: one of SPLITS; batch_size: examples at a time, the last batch may be smaller.
    generator: decides the order and every variation.
    augment: names of the ways in which inputs are varied; a task ignores those that it does not know.
    model: the network that learns, or None for the dense one; it matters where examples come of what a model does.
    """

    split: str
    batch_size: int
    generator: torch.Generator
    augment: tuple[str, ...] = ()
    model: nn.Module | None = None

    def shuffled(self, count: int) -> tuple[Tensor, ...]:
        """Return the places of so many examples in random order, int (batch_size,) at a time, fewer in the last one."""
        return torch.randperm(count, generator=self.generator).split(self.batch_size)


@dataclass(frozen=True, eq=False)
class Inputs:
    """Describe what a model reads.

    format: how raw data becomes a batch, in a sentence or two for somebody who loads the download.
    few: (how many) -> a few real inputs, quickly, on which networks that should answer alike are compared; None: the
        first ones of a batch.
    typical: (how many) -> inputs of the usual size, for counting and timing; None where all have the same size.
    usual_size: () -> that size in words, as in "62 words, the median of the validation data"; "" where all are alike.
    variable_length: whether inputs are (n, length) with any length.
    """

    format: str
    few: Callable[[int], Tensor] | None = None
    typical: Callable[[int], Tensor] | None = None
    usual_size: Callable[[], str] = lambda: ""
    variable_length: bool = False


@dataclass(frozen=True, eq=False)
class Training:
    """Describe how a task's network can learn.

    augmentations: ways in which training inputs can be varied.
    recipe_defaults: preset -> the choices in which it differs for this task.
    early_checkpoint: () -> the network as it was early in its training, or None where that was not kept.
    fresh: () -> the same architecture with random weights, drawn from torch's own generator; None where nobody knows
        how it was built.
    distillation_loss: (output, a teacher's output, temperature) -> how far they are apart, a scalar tensor.
    """

    augmentations: tuple[str, ...] = ()
    recipe_defaults: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    early_checkpoint: Callable[[], nn.Module | None] = lambda: None
    fresh: Callable[[], nn.Module] | None = None
    distillation_loss: Callable[[Tensor, Tensor, float], Tensor] = distance


@dataclass(frozen=True, eq=False)
class Classifier:
    """Describe what a classifier answers.

    classes: the names of the answers, in the order of the network's outputs.
    logits: (model, split) -> the outputs for each example, (n, classes).
    labels: (split) -> the place of the true class of each example, int (n,).
    example: (split, place) -> one example as people can look at it, with its true class; None where there is no data.
    """

    classes: tuple[str, ...]
    logits: Callable[[nn.Module, str], Tensor]
    labels: Callable[[str], Tensor]
    example: Callable[[str, int], Answer] | None = None

    def answers(self, model: nn.Module, split: str) -> tuple[Tensor, Tensor]:
        """Return the class that a model names for each example, -1 for no answer, and the true one, both int (n,)."""
        return named(self.logits(model, split)), self.labels(split)


@dataclass(frozen=True, eq=False)
class Baseline:
    """Name a very simple way to do the task, and score it: (split) -> quality."""

    name: str
    score: Callable[[str], Quality]


@dataclass(frozen=True, eq=False)
class ExtraFigures:
    """Measure what stands beside the headline metric.

    metrics: (model, split) -> further figures, each with its own metric.
    metric_changes: (outputs of one network, outputs of another, split) -> how much each of these changed, for a
        classifier; where they are of examples that are judged one by one, they can be compared without it.
    groups: (model, split) -> the metric, or recall, of each part of the examples, by its name.
    baseline: what a very simple way scores.

    A classifier's `metrics` and `groups` take its outputs as `said`, if they are known.
    """

    metrics: Callable[..., tuple[Quality, ...]] | None = None
    metric_changes: Callable[[Tensor, Tensor, str], tuple[Change, ...]] | None = None
    groups: Callable[..., dict[str, Quality]] | None = None
    baseline: Baseline | None = None


@dataclass(frozen=True, eq=False)
class Packaging:
    """Describe what a download needs besides the weights.

    files: name -> content of further files.
    constructor: module, function and its arguments that build the network, where the download's model.py does not.
    """

    files: Mapping[str, bytes] = field(default_factory=dict)
    constructor: tuple[str, str, str] | None = None


@dataclass(frozen=True, eq=False)
class Task:
    """A pretrained model with the data and the metric that belong to it; shared, never mutated.

    model: the dense network in eval mode. Copy it before you change anything.
    prunable: names of the parameters that may be pruned, in the order data meets them.
    example: one input batch of size 1, as the model takes it.
    score: (model, split, limit) -> Quality of a growing part of the split; the last one is of all of it.
    draw: (request) -> shuffled (input, target) pairs, a smaller last batch included; `batches` asks for them.
    loss: (output, target, label smoothing) -> mean loss, a scalar tensor.
    count: (split) -> how many examples it holds.
    inputs, training, extra, packaging: what the model reads, how it learns, figures beside the headline one, and what
        a download needs.
    heads: the attention layers, if there are any.
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


def named(outputs: Tensor) -> Tensor:
    """Return the class that each row of outputs (n, classes) names, int (n,); -1 for no answer: not a number."""
    sure, guessed = outputs.max(1)
    return guessed.masked_fill(~sure.isfinite(), -1)


def prunable_parameters(model: nn.Module, excluded: Iterable[str] = ()) -> tuple[str, ...]:
    """List the weights of Linear, Conv and Embedding layers by name, in the model's own order."""
    kinds = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Embedding)
    names = (f"{name}.weight" for name, module in model.named_modules() if isinstance(module, kinds))
    return tuple(name for name in names if name not in set(excluded))
