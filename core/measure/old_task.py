"""What a network forgot of the data that it was trained on, while it learned something else."""

import copy
from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from core.quality import Change, Quality, change
from core.stages import catalogue_name
from core.tasks import Task, load
from core.tasks.adapting import head_of
from core.tasks.names import TaskName


@dataclass(frozen=True)
class OldTask:
    """Hold how good a network still is at what it knew before, on validation data.

    before: the pretrained network; now: the adapted one; change: from one to the other, on the same examples.
    """

    before: Quality
    now: Quality
    change: Change


def forgotten_of_old(task_name: str, model: nn.Module, load: Callable[[str], Task] = load) -> OldTask | None:
    """Judge an adapted network on the data that it was trained on before; where its head is new, with the old head.

    task_name: the name under which it was adapted; model: of full size. load: name -> task, for one who keeps them.
    None where it knew nothing before (from scratch), or where its other layers fit the old data no longer.
    """
    name = TaskName.read(catalogue_name(task_name))
    if not name.target or name.start != "pretrained":
        return None
    new = load(str(name))
    old = new.training.before() if new.training.before else load(name.untargeted)
    judged = model if new.classes == old.classes else _with_old_head(old.model, model)
    if judged is None or not _same_shapes(old.model, judged):
        return None
    before, now = old.evaluate(old.model), old.evaluate(judged)
    return OldTask(before, now, change(before, now))


def _with_old_head(old: nn.Module, model: nn.Module) -> nn.Module | None:
    """Return a copy of a network with the last fully connected layer of the old one; None if it has no such layer."""
    head = head_of(old)
    try:
        model.get_submodule(head)
    except AttributeError:
        return None
    found = copy.deepcopy(model)
    found.set_submodule(head, copy.deepcopy(old.get_submodule(head)))
    return found


def _same_shapes(one: nn.Module, other: nn.Module) -> bool:
    shapes = ({name: value.shape for name, value in model.state_dict().items()} for model in (one, other))
    return next(shapes) == next(shapes)
