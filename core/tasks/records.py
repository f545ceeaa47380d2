"""The parts of a task: what its network reads, how it learns, what its answers mean, what people can bring to it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from core.language import together
from core.quality import Change, Quality
from core.tasks.demo import Answer
from core.tasks.outputs import distillation_loss, predicted_classes

Batch = tuple[Tensor, Tensor]
"""Inputs and targets of some examples."""


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

    format: how raw data becomes a batch, in a sentence or two for somebody who loads the download; answers: what the
        network answers, the same way.
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
    answers: str = ""

    @property
    def described(self) -> str:
        """How raw data becomes a batch, and what the network answers."""
        return together((self.format, self.answers)) if self.answers else self.format


@dataclass(frozen=True, eq=False)
class Training:
    """Describe how a task's network can learn.

    augmentations: ways in which training inputs can be varied.
    recipe_defaults: preset -> the choices in which it differs for this task.
    early_checkpoint: () -> the network as it was early in its training, or None where that was not kept.
    fresh: () -> the same architecture with random weights, drawn from torch's own generator; None where nobody knows
        how it was built.
    distillation_loss: (output, a teacher's output, temperature) -> how far they are apart, a scalar tensor.
    before: () -> the task that its network learned before it began with this one, where the catalogue's task of that
        name is another one; None elsewhere.
    """

    augmentations: tuple[str, ...] = ()
    recipe_defaults: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    early_checkpoint: Callable[[], nn.Module | None] = lambda: None
    fresh: Callable[[], nn.Module] | None = None
    distillation_loss: Callable[[Tensor, Tensor, float], Tensor] = distillation_loss
    before: Callable[[], Any] | None = None


@dataclass(frozen=True)
class Heads:
    """Name the parameters of one attention layer, whose `count` heads lie side by side.

    rows: weights and biases of query, key and value, cut along their outputs.
    columns: weights of the projection behind, cut along its inputs.
    packed: weights and biases that hold query, key and value one above the other, cut along their outputs.
    tables: parameters with one column for each head, which say nothing by themselves.
    module: the attention layer, where it has to be told how many heads are left once some are cut out.
    inputs_first: whether its matrices are (in, out), as Conv1D of `transformers` keeps them.
    together: whether its heads can only stay all together.
    """

    count: int
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    packed: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    module: str = ""
    inputs_first: bool = False
    together: bool = False

    @property
    def inputs(self) -> tuple[str, ...]:
        """Parameters of query, key and value; the first one names the heads."""
        return (*self.packed, *self.rows)


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
        return predicted_classes(self.logits(model, split)), self.labels(split)


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
    baseline: the score of a very simple way to do the task.

    A classifier's `metrics` and `groups` take its outputs as `outputs`, if they are known.
    """

    metrics: Callable[..., tuple[Quality, ...]] | None = None
    metric_changes: Callable[[Tensor, Tensor, str], tuple[Change, ...]] | None = None
    groups: Callable[..., dict[str, Quality]] | None = None
    baseline: Baseline | None = None


@dataclass(frozen=True, eq=False)
class PictureBytes:
    """Say how pictures are held as bytes, in a quarter of the memory of the numbers that a network takes.

    read: (pictures) -> uint8 (n, channels, height, width): decoded, brought to a network's size by Pillow or
        torchvision, which round to whole bytes as they resize, and not scaled yet.
    normal: that -> what the network takes, float of the same shape. Nothing is lost on the way: rounding comes with
        resizing, whoever holds the pictures how, so that the numbers are the same to the last bit.
    """

    read: Callable[[list[Any]], Tensor]
    normal: Callable[[Tensor], Tensor]

    def inputs(self, pictures: list[Any]) -> Tensor:
        """Turn pictures into one batch of inputs, float (n, channels, height, width)."""
        return self.normal(self.read(pictures))


@dataclass(frozen=True, eq=False)
class UploadAdapter:
    """Turn pictures or texts that people bring into inputs.

    kind: "picture" or "text".
    inputs: (pictures or texts) -> one batch of inputs; raises BadInput for what no model can answer.
    picked: places of the network's outputs that stand for the classes, in their order; None for all.
    aliases: other names that folders and labels may have -> the class that each stands for.
    check: one picture or text -> nothing; raises BadInput if no model can answer it. None: texts are tried by `inputs`.
    multi: whether each class is a label by itself, so that an example may have several of them, or none.
    how_much: one text -> how much of it the network reads, as a sentence; "" where it reads all. None: always all.
    in_words: (output (1, numbers)) -> the answer, of a network that answers with numbers. None: they are classes.
    pixels: how many pictures are held; None for texts, and for pictures of which only `inputs` can be held.
    """

    kind: str
    inputs: Callable[[list[Any]], Tensor]
    picked: list[int] | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)
    check: Callable[[Any], object] | None = None
    multi: bool = False
    how_much: Callable[[Any], str] | None = None
    in_words: Callable[[Tensor], Answer] | None = None
    pixels: PictureBytes | None = None


@dataclass(frozen=True, eq=False)
class Packaging:
    """Describe what a download needs besides the weights.

    files: name -> content of further files.
    constructor: module, function and its arguments that build the network, where the download's model.py does not.
    """

    files: Mapping[str, bytes] = field(default_factory=dict)
    constructor: tuple[str, str, str] | None = None
