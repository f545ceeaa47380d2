"""What every task has in common, whatever its field: a model, a way to judge it, a way to train it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from core.tasks.quality import Change, Quality
from core.tasks.trial import Own, Shown, Trial

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
class Task:
    """A pretrained model with the data and the metric that belong to it; shared, never mutated.

    model: the dense network in eval mode. Copy it before you change anything.
    prunable: names of the parameters that may be pruned, in the order data meets them.
    example: one input batch of size 1, as the model takes it.
    inputs: how raw data becomes such a batch, in a sentence or two for somebody who loads the download.
    score: (model, split, limit) -> Quality of a growing part of the split; the last one is of all of it.
    batches: (split, batch size, generator, augmentations, model) -> shuffled (input, target) pairs, ragged end
        included; augmentations name the ways in which inputs are varied, and the model is the one that learns, or
        None for the dense one, which matters where examples come of what a model does.
    loss: (output, target, label smoothing) -> mean loss, a scalar tensor.
    count: (split) -> how many examples it holds.
    classes: what the answers mean, for a classifier; answers: (model, split) -> predicted and true class, (n,) each.
    logits: (model, split) -> what a classifier says to each example, (n, classes); labels: (split) -> true class, (n,).
    shown: (split, place) -> one example as people can look at it, with its true class.
    heads: the attention layers, if there are any.
    early: () -> the network as it was early in its training, or None where that was not kept.
    fresh: () -> the same architecture with random weights, drawn from torch's own generator; None where nobody knows
        how it was built.
    few: (how many) -> a few real inputs, quickly, on which networks that should say the same are compared; None: the
        first ones of a batch.
    typical: (how many) -> inputs of the usual size, for counting and timing; None where all have the size of `example`.
    usual: () -> that size in words, as in "62 words, the median of the validation data"; "" where all have one size.
    agree: (output, a teacher's output, temperature) -> how far they are apart, a scalar tensor, for distillation.
    augmentations: ways in which this task's training inputs can be varied.
    optional: those of `prunable` that stay whole unless a plan asks for them: embeddings.
    baseline: what a very simple way scores, with its name: (name, split -> quality).
    more: (model, split) -> further figures beside the metric, each with its own metric.
    more_changes: (answers of one network, answers of another, split) -> how much each of these changed, for a task
        with `logits`; where they are of examples that are judged one by one, they can be compared without it.
    groups: (model, split) -> the metric, or recall, of each part of the examples, by its name. Where there are
        `logits`, both take them as `said`, if they are known.
    shifts: kind of shift -> (strength, 1 to 5) -> the same task with validation data shifted that far.
    trial: something to try a model on by hand.
    own: how pictures or texts that people bring are read, or None where they can bring none.
    files: what somebody who loads the download needs besides: name -> content.
    built: how the network is built where it is not by the file model.py of a download: module, function, its arguments.
    glance: how many validation and training examples a fine-tune looks at on its way.
    ragged: whether inputs are (n, length) with any length.
    habits: what a recipe should be like here where it is not as everywhere: preset -> its other choices.
    """

    info: TaskInfo
    model: nn.Module
    prunable: tuple[str, ...]
    example: Tensor
    inputs: str
    score: Callable[[nn.Module, str, int | None], Iterator[Quality]]
    batches: Callable[..., Iterable[Batch]]
    loss: Callable[[Tensor, Tensor, float], Tensor]
    count: Callable[[str], int]
    classes: tuple[str, ...] = ()
    answers: Callable[[nn.Module, str], tuple[Tensor, Tensor]] | None = None
    logits: Callable[[nn.Module, str], Tensor] | None = None
    labels: Callable[[str], Tensor] | None = None
    shown: Callable[[str, int], Shown] | None = None
    heads: tuple[Heads, ...] = ()
    early: Callable[[], nn.Module | None] = lambda: None
    fresh: Callable[[], nn.Module] | None = None
    few: Callable[[int], Tensor] | None = None
    typical: Callable[[int], Tensor] | None = None
    usual: Callable[[], str] = lambda: ""
    agree: Callable[[Tensor, Tensor, float], Tensor] = distance
    augmentations: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    baseline: tuple[str, Callable[[str], Quality]] | None = None
    more: Callable[..., tuple[Quality, ...]] | None = None
    more_changes: Callable[[Tensor, Tensor, str], tuple[Change, ...]] | None = None
    groups: Callable[..., dict[str, Quality]] | None = None
    shifts: Mapping[str, Callable[[int], "Task"]] = field(default_factory=dict)
    trial: Trial | None = None
    own: Own | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    built: tuple[str, str, str] | None = None
    glance: int = 1000
    ragged: bool = False
    habits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def inputs_of_usual_size(self, count: int) -> Tensor:
        """Return so many inputs of the usual size, for counting and timing."""
        if self.typical is not None:
            return self.typical(count)
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
    """List the weights of Linear, Conv and Embedding layers by name, in the model's own order."""
    kinds = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Embedding)
    names = (f"{name}.weight" for name, module in model.named_modules() if isinstance(module, kinds))
    return tuple(name for name in names if name not in set(excluded))
