"""A checkpoint of somebody's own for an architecture by its name: how many classes it has is read from its shapes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from torch import Tensor

from core.errors import BadInput
from core.language import text
from core.tasks.base import Task
from core.tasks.brought import with_weights
from core.tasks.libraries.construction import TRAINING_ONLY, laid_out, require_known
from core.tasks.libraries.names import MOST_CLASSES, USUAL_CLASSES, Architecture
from core.tasks.libraries.task import load_architecture, seeded
from core.uploads import Checkpoint, DoesNotFit, check_size, differences, max_weights_bytes, read_checkpoint


@dataclass(frozen=True, eq=False)
class BroughtCheckpoint:
    """Hold a task with a network that somebody brought, and what was done to make it fit, a sentence each."""

    task: Task
    steps: tuple[str, ...]


def task_for_checkpoint(architecture: str, content: bytes, classes: Sequence[str] | None = None) -> BroughtCheckpoint:
    """Return the task of an architecture with weights from a file, safetensors or a torch file.

    architecture: one of `architectures()`. classes: names of the answers, in the order of the outputs; else those that
    the file says, or "class 1", "class 2" and so on.
    The task's name holds the number of classes, so that it loads again with the same weights from the store.
    Raises UnknownTask, DoesNotFit with what differs, BadInput for a file that cannot be read or other classes than
    there are.
    """
    wanted = replace(Architecture.read(architecture), classes=USUAL_CLASSES)
    require_known(wanted)
    shapes = laid_out(wanted)
    check_size(content, max_weights_bytes(shapes))
    head = _head(wanted, shapes)
    found = _read(wanted, content)
    outputs = _outputs(found, shapes, head)
    if not 2 <= outputs <= MOST_CLASSES:
        raise BadInput(
            text("This network has {outputs:,} answers.", outputs=outputs),
            text("Bring one with 2 to {most_classes:,} classes.", most_classes=MOST_CLASSES),
        )
    named = tuple(classes or ())
    if named and len(named) != outputs:
        raise BadInput(
            text("This network has {outputs:,} answers, not {count:,}.", outputs=outputs, count=len(named)),
            text("Name each of them once."),
        )
    task = load_architecture(str(replace(wanted, classes=outputs)))
    named = named or (found.classes if len(found.classes) == outputs else task.classes)
    try:
        mine = with_weights(task, found.weights, classes=named)
    except RuntimeError as error:
        every = differences(found.weights, task.model.state_dict())
        raise DoesNotFit(every, {name: tuple(value.shape) for name, value in found.weights.items()}) from error
    smaller = [name for name in found.other_sizes if name not in head]
    rebuilt = (
        text("Rebuilt the network with fewer units, as {count} of the file's tensors have them.", count=len(smaller)),
    )
    steps = (
        *found.steps,
        text("It has {outputs:,} classes, by the shape of {head}.", outputs=outputs, head=head[0]),
        *(rebuilt if smaller else ()),
    )
    return BroughtCheckpoint(mine, steps)


def _head(wanted: Architecture, shapes: dict[str, Tensor]) -> list[str]:
    """Name the tensors whose shapes follow the number of classes. Raises BadInput where there are none."""
    others = laid_out(wanted, USUAL_CLASSES - 1)
    head = [name for name, value in shapes.items() if name in others and others[name].shape != value.shape]
    if not head:
        raise BadInput(text("{name} has no layer for classes.", name=wanted.name), text("Choose another architecture."))
    return head


def _read(wanted: Architecture, content: bytes) -> Checkpoint:
    """Read a file for an architecture, with answers for training alone left out. Raises DoesNotFit or BadInput."""
    state = seeded(wanted).state_dict()
    try:
        return read_checkpoint(content, state)
    except DoesNotFit as error:
        extra = [each for each in error.differences if not each.expected]
        if not extra or not all(each.name.startswith(TRAINING_ONLY) for each in extra):
            raise
    beside = {name: value for name, value in _with_training_answers(wanted).items() if name not in state}
    found = read_checkpoint(content, {**state, **beside})
    kept = {name: value for name, value in found.weights.items() if name not in beside}
    sizes = tuple(name for name in found.other_sizes if name not in beside)
    step = text("Left out the answers that are for training alone.")
    return replace(found, weights=kept, other_sizes=sizes, steps=(*found.steps, step))


def _with_training_answers(wanted: Architecture) -> dict[str, Tensor]:
    """Return the state of a network of torchvision that has further answers while it trains."""
    from core.tasks.imagenet.networks import torchvision

    model = torchvision().models.get_model(wanted.name, aux_logits=True, init_weights=False)
    return dict(model.state_dict())


def _outputs(found: Checkpoint, shapes: dict[str, Tensor], head: list[str]) -> int:
    """Return how many classes a file's last layer has."""
    places = [place for place, side in enumerate(shapes[head[0]].shape) if side == USUAL_CLASSES]
    return int(found.weights[head[0]].shape[places[0]])
