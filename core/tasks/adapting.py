"""What all fields share when a network learns something new: how it begins, what it sees, what it is called."""

import copy
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from core.errors import BadInput
from core.language import text, text_of
from core.tasks.base import Task, TaskInfo
from core.tasks.names import BEGINNINGS, TaskName
from core.tasks.targets import Target

DRAWN: Mapping[str, Callable[[Tensor], Tensor]] = {
    "scratch": lambda usual: usual,
    "scratch-large": lambda usual: 10 * usual,
    "scratch-alike": lambda usual: usual.square().mean().sqrt().expand_as(usual),
}
"""Start from scratch -> (weights or biases of a layer as they are usually drawn) -> as they begin, of the same shape.

Not all zeros, which would teach the same as all alike: a weight of zero counts as removed here.
"""


def starting_network(
    pretrained: nn.Module, build: Callable[[], nn.Module], name: TaskName, classes: int | None = None
) -> nn.Module:
    """Return the network with which `name` begins to learn, in eval mode; `pretrained` stays as it is.

    build: () -> the same architecture with weights from torch's own generator.
    classes: outputs of the fresh head; None where the old head fits and stays.
    """
    if name.start in DRAWN:
        return from_scratch(build, classes, name.seed, name.start)
    return copy.deepcopy(pretrained).eval() if classes is None else fresh_head(pretrained, classes, name.seed)


def fresh_head(model: nn.Module, classes: int, seed: int = 0) -> nn.Module:
    """Return a copy in eval mode whose last fully connected layer is a new one with so many outputs.

    Raises ValueError for a network without such a layer.
    """
    name = head_of(model)
    found = copy.deepcopy(model)
    old = found.get_submodule(name)
    with drawn(seed):
        head = nn.Linear(int(old.in_features), classes, bias=old.bias is not None)  # type: ignore[arg-type]
    found.set_submodule(name, head)
    return found.eval()


def with_whole_head(task: Task, name: TaskName) -> Task:
    """Return a task whose fresh head stays whole unless a plan asks for it too.

    Nobody has trained it yet, so how large its weights are says nothing: with one threshold for all, pruning a
    pretrained body would take the whole head, and nothing could be learned any more.
    """
    head = f"{head_of(task.model)}.weight"
    if name.start != "pretrained" or head not in task.prunable or head in task.opt_in_parameters:
        return task
    return replace(task, opt_in_parameters=(*task.opt_in_parameters, head))


def from_scratch(
    build: Callable[[], nn.Module], classes: int | None = None, seed: int = 0, start: str = "scratch"
) -> nn.Module:
    """Return a network in eval mode whose weights are all drawn anew.

    build: () -> the network, its weights from torch's own generator.
    classes: outputs of its head; None for those that it is built with.
    start: one of DRAWN, how the layers' weights and biases begin; normalisation begins as usual.
    """
    with drawn(seed):
        model = build()
    if classes is not None and int(model.get_submodule(head_of(model)).out_features) != classes:  # type: ignore[arg-type]
        model = fresh_head(model, classes, seed)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.Linear | nn.Conv1d | nn.Conv2d | nn.Embedding):
                for each in module.parameters(recurse=False):
                    each.copy_(DRAWN[start](each))
    return model.eval()


def head_of(model: nn.Module) -> str:
    """Return the name of the last fully connected layer. Raises ValueError if there is none."""
    names = [name for name, module in model.named_modules() if isinstance(module, nn.Linear)]
    if not names:
        raise ValueError("This network has no fully connected layer.")
    return names[-1]


@contextmanager
def drawn(seed: int) -> Iterator[None]:
    """Draw from torch's own generator by a seed, and leave that generator as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        yield


def choose_examples(labels: Tensor, count: int | None, seed: int = 0) -> Tensor:
    """Choose training examples, every class by its share and each at least once where there are enough; int (count,).

    labels: the class of each example, int (n,); all alike where examples have no classes.
    count: how many; None for all. Fewer are always among more of the same seed.
    Raises BadInput for a count that cannot be had.
    """
    total = len(labels)
    if count is None:
        return torch.arange(total)
    if not 1 <= count <= total:
        raise BadInput(
            text("There are {total:,} training examples, not {count:,}.", total=total, count=count),
            text("Choose 1 to {total:,}, or all.", total=total),
        )
    generator = torch.Generator().manual_seed(seed)
    turn = torch.empty(total, dtype=torch.float64)
    for label in labels.unique().tolist():
        members = torch.nonzero(labels == label).flatten()
        members = members[torch.randperm(len(members), generator=generator)]
        turn[members] = (torch.arange(len(members)) + torch.rand(1, generator=generator)).double() / len(members)
        turn[members[0]] -= 1.0  # the first of each class comes before everything else
    return turn.argsort(stable=True)[:count].sort().values


def adapted_info(info: TaskInfo, name: TaskName, target: Target, model: nn.Module, **changes: Any) -> TaskInfo:
    """Describe a network that learns a target: its name says all of it, its title what people want to know.

    info: the network on the data that it was trained on; changes: further fields that differ, such as `metric`.
    """
    count = text("all examples")
    if name.examples is not None:
        count = text_of("{count:,} example", "{count:,} examples", name.examples)
    parts = {"network": info.title, "target": target.title, "count": count, "start": BEGINNINGS[name.start]}
    title = text("{network} → {target} ({count}, {start})", **parts)
    if name.seed:
        title = text("{network} → {target} ({count}, {start}, draw {seed})", **parts, seed=name.seed)
    pretrained = name.start == "pretrained"
    described = replace(
        info,
        name=str(name),
        title=title,
        parameters=sum(each.numel() for each in model.parameters()),
        source=target.source,
        about=target.about,
        weights=text("{weights}, for other data", weights=info.weights) if pretrained else text("drawn anew"),
    )
    return replace(described, **changes)


def adapting_defaults(examples: int, steps: int = 200, batch_size: int = 32) -> dict[str, dict[str, Any]]:
    """Return the choices in which each preset differs for a network that learns from so few examples.

    It counts steps, since a round of ten examples is one step only; and it never asks the dense network, which does
    not know the target yet.
    steps, batch_size: of the quick preset, which takes a whole round at least where there are many examples; careful
    takes three times as many steps.
    """
    batch = batch_size if examples < 5_000 else 128
    round_ = math.ceil(examples / batch)
    quick = max(steps, round_)
    same: dict[str, Any] = {"batch_size": batch, "distill": 0.0}
    return {
        "quick": {**same, "steps": quick},
        "careful": {**same, "steps": 3 * quick},
        "textbook": {**same, "steps": 2 * quick},
    }
