"""An architecture with any classes as a task: it comes without data and is judged on what people bring."""

from collections.abc import Sequence

import torch
from torch import nn

from core.language import text
from core.tasks.base import Inputs, Packaging, Task, TaskInfo, Training, UploadAdapter, prunable_parameters
from core.tasks.classification import cross_entropy
from core.tasks.imagenet.attention import heads_of
from core.tasks.libraries.construction import build, constructor, laid_out, require_known, view_of
from core.tasks.libraries.names import Architecture
from core.tasks.without_data import numbered_classes, with_own_classes

SEED = 0
"""Of the random weights that a network has before it is given some."""


def load_architecture(network: str) -> Task:
    """Load an architecture by its full name, as `tv:resnet18:10`, with random weights, the same ones each time.

    Weights are put in by `core.tasks.brought.with_weights`. Raises UnknownTask for a name that there is not,
    TaskUnavailable without its library, BadInput for what is too large or cannot be built.
    """
    wanted = Architecture.read(network)
    require_known(wanted)
    laid_out(wanted)
    return make_task(wanted, seeded(wanted))


def seeded(wanted: Architecture, classes: int | None = None) -> nn.Module:
    """Build a network whose random weights are the same each time; torch's own generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        return build(wanted, classes)


def make_task(wanted: Architecture, model: nn.Module, classes: Sequence[str] = ()) -> Task:
    """Join a network with its view of pictures to a task without examples.

    classes: names of its answers; "class 1", "class 2" and so on without.
    """
    view = view_of(wanted)
    example = torch.zeros(1, 3, view.side, view.side)
    named = tuple(classes) or numbered_classes(wanted.classes)
    heads = heads_of(model, example)
    plain = Task(
        info=info(wanted, sum(each.numel() for each in model.parameters())),
        model=model.eval(),
        prunable=prunable_parameters(model),
        example=example,
        score=lambda model, split, limit: iter(()),
        draw=lambda request: iter(()),
        loss=cross_entropy,
        count=lambda split: 0,
        inputs=Inputs(
            text(
                "the middle square of a photograph, {side} by {side} pixels, after its shorter side was brought "
                "to {resized}; red, green and blue from 0 to 1, minus {mean}, divided by {deviation}.",
                side=view.side,
                resized=view.resized or view.side,
                mean=view.mean,
                deviation=view.deviation,
            )
        ),
        training=Training(("flip",), fresh=lambda: build(wanted)),
        packaging=Packaging(constructor=constructor(wanted)),
        heads=heads,
        why_no_heads="" if heads else _why_no_heads(wanted, model),
        uploads=UploadAdapter("picture", view.pixels.inputs, pixels=view.pixels),
    )
    return with_own_classes(plain, model, named)


def info(wanted: Architecture, parameters: int) -> TaskInfo:
    """Describe an architecture with its number of classes."""
    return TaskInfo(
        str(wanted),
        text(
            "{name} of {package}, {classes:,} classes", name=wanted.name, package=wanted.package, classes=wanted.classes
        ),
        "vision",
        "Accuracy",
        parameters,
        text("No examples of its classes are here"),
        False,
        about=text(
            "An architecture of {package} for weights of your own. It looks at pictures as it does with its "
            "usual weights: if yours were trained on others, its answers suffer.",
            package=wanted.package,
        ),
        weights=text("random, until yours are put in"),
    )


def _why_no_heads(wanted: Architecture, model: nn.Module) -> str:
    """Say why no attention heads can go; "" for a network that has none."""
    if not any("attention" in type(module).__name__.lower() for module in model.modules()):
        return ""
    return text(
        "{name} has attention, but its heads do not lie where they are known to lie in other networks.",
        name=wanted.name,
    )
