"""The networks behind an experiment: the one it begins with, and what each of its stages makes of that."""

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load as read_tensors
from safetensors.torch import save as write_tensors
from torch import Tensor

from core.data_folder import NAME, read_artefact
from core.errors import BadInput, TaskUnavailable
from core.experiment import STAGES
from core.language import text
from core.pruning import Pruned, PruningPlan, prune
from core.tasks import Task
from core.tasks.adapting import head_of
from core.tasks.brought import with_weights
from core.tasks.names import TaskName
from core.tasks.own_data import adapt_to_own

SEPARATOR = "#"
"""Between the name of a network in the catalogue and the hash of other weights for it."""

WEIGHTS, MASKS, ABOUT, CLASSES = "weights/", "masks/", "about", "classes"
"""How names in a file of the store begin, and the entries that say whose the network is and what its answers are."""


@dataclass(frozen=True)
class Subject:
    """Name one network that somebody looks at; hashable, so that it can key a cache.

    network: a name of the catalogue, or `NAME#HASH` for the same network with weights from the store.
    plan: what is removed of it.
    stage: one of STAGES.
    tuned: hash of what a repair or a fine-tune reached; "" for the stages before.
    """

    network: str
    plan: PruningPlan = field(default_factory=PruningPlan)
    stage: str = "pruned"
    tuned: str = ""

    def __post_init__(self) -> None:
        if self.stage not in STAGES or (self.stage in ("repaired", "fine-tuned")) != bool(self.tuned):
            raise ValueError(f"{self.stage!r} with {self.tuned!r} is no stage.")

    @property
    def as_network(self) -> str:
        """The name under which this network, as it is, can be pruned again; for a stage with weights of its own."""
        return with_stored_weights(self.network, self.tuned) if self.tuned else self.network


def with_stored_weights(network: str, weights: str) -> str:
    """Return the name of a network with weights from the store in the place of its own."""
    return f"{catalogue_name(network)}{SEPARATOR}{weights}"


def catalogue_name(network: str) -> str:
    """Return the name of the catalogue within the name of a network."""
    return network.partition(SEPARATOR)[0]


def stored_weights(network: str) -> str:
    """Return the hash of the weights within the name of a network; "" for one with its own. Raises TaskUnavailable."""
    _, separator, weights = network.partition(SEPARATOR)
    if separator and not NAME.fullmatch(weights):
        raise TaskUnavailable(
            text("This address names weights that cannot be."), text("Choose a network from the list.")
        )
    return weights


def load_network(network: str, load: Callable[[str], Task], files: Path) -> Task:
    """Load a task, with weights from the store if its name says so.

    load: name of the catalogue -> task; files: the folder of the store's artefacts.
    Raises UnknownTask, or TaskUnavailable where the weights are gone.
    """
    task, weights = _load_task(catalogue_name(network), load, files), stored_weights(network)
    if not weights:
        return task
    packed = unpack(read_artefact(files, weights))
    learns = bool(TaskName.read(catalogue_name(network)).target)
    tensors = _with_fresh_head(task, packed.weights) if learns else packed.weights
    try:
        named = with_weights(task, tensors, packed.about, () if learns else packed.classes)
    except (RuntimeError, BadInput) as error:
        raise TaskUnavailable(text("These weights do not fit this network."), text("Bring them again.")) from error
    return replace(named, info=replace(named.info, name=network))


def _with_fresh_head(task: Task, weights: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """Return weights with the head of a task that learns other classes than theirs; those that fit as they are."""
    own, head = task.model.state_dict(), head_of(task.model)
    other = {name for name in own if name in weights and own[name].shape != weights[name].shape}
    fresh = {name for name in own if name.rpartition(".")[0] == head}
    return {**weights, **{name: own[name] for name in fresh}} if other and other <= fresh else weights


def _load_task(name: str, load: Callable[[str], Task], files: Path) -> Task:
    """Load a task by its name, with somebody's own data from the store if it is to learn that."""
    wanted = TaskName.read(name)
    if not wanted.own:
        return load(name)
    content = read_artefact(files, wanted.own)
    if content is None:
        raise TaskUnavailable(
            text("The data that this network is to learn is not here any more."), text("Bring it again.")
        )
    try:
        return adapt_to_own(load(wanted.untargeted), content, wanted)
    except BadInput as error:
        raise TaskUnavailable(error.what, error.advice) from error


def stage_network(task: Task, subject: Subject, files: Path) -> Pruned:
    """Return the network of a stage with its masks; a fine-tuned one comes from the store.

    Raises BadPlan when the plan does not fit, TaskUnavailable where the fine-tuned weights are gone.
    """
    if subject.stage == "dense":
        return prune(task, PruningPlan())
    pruned = prune(task, subject.plan)
    return with_packed(pruned, read_artefact(files, subject.tuned)) if subject.tuned else pruned


def with_packed(pruned: Pruned, content: bytes | None) -> Pruned:
    """Return a pruned network with weights and masks that `pack` wrote. Raises TaskUnavailable if they are gone."""
    packed = unpack(content)
    model, masks = copy.deepcopy(pruned.model), dict(packed.masks)
    try:
        model.load_state_dict(dict(packed.weights))
        kept = {name: masks.pop(name) for name in pruned.masks}
    except (KeyError, RuntimeError) as error:
        raise TaskUnavailable(
            text("What is stored of this network does not fit it."), text("Repair or tune it again.")
        ) from error
    return pruned.with_masks(model, kept, masks)


@dataclass(frozen=True, eq=False)
class Packed:
    """Hold what the store has of a network: its state, its masks if it has some, and whose it is.

    classes: the names of its answers, where these are other ones than its task's.
    """

    weights: Mapping[str, Tensor]
    masks: Mapping[str, Tensor] = field(default_factory=dict)
    about: str = text("your weights")
    classes: tuple[str, ...] = ()


def pack(packed: Packed) -> bytes:
    """Write a network for the store."""
    tensors = {f"{WEIGHTS}{name}": value.detach().clone().contiguous() for name, value in packed.weights.items()}
    tensors |= {f"{MASKS}{name}": mask.contiguous() for name, mask in packed.masks.items()}
    if packed.classes:
        tensors[CLASSES] = _as_tensor(json.dumps(packed.classes))
    return write_tensors(tensors | {ABOUT: _as_tensor(packed.about)})


def unpack(content: bytes | None) -> Packed:
    """Read what `pack` wrote. Raises TaskUnavailable if it is gone or something else."""
    try:
        tensors = read_tensors(content or b"")
        about = _as_text(tensors.pop(ABOUT))
        classes = tuple(json.loads(_as_text(tensors.pop(CLASSES)))) if CLASSES in tensors else ()
    except (SafetensorError, KeyError, ValueError) as error:
        raise TaskUnavailable(
            text("The weights of this network are not here any more."),
            text("Bring or tune it again, or choose another network."),
        ) from error
    weights = {name.removeprefix(WEIGHTS): value for name, value in tensors.items() if name.startswith(WEIGHTS)}
    masks = {name.removeprefix(MASKS): value.bool() for name, value in tensors.items() if name.startswith(MASKS)}
    return Packed(weights, masks, about, classes)


def _as_tensor(text: str) -> Tensor:
    return torch.tensor(list(text.encode()), dtype=torch.uint8)


def _as_text(numbers: Tensor) -> str:
    return bytes(numbers.tolist()).decode()
