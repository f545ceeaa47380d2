"""Reading a checkpoint: the file, the state dict in it, and the steps that make it fit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from torch import Tensor

from core.errors import BadInput
from core.language import text
from core.uploads.checkpoints.bitmask import unpack_bits
from core.uploads.checkpoints.containers import Opened, open_file
from core.uploads.checkpoints.differences import DoesNotFit, differences, of_other_size, shapes_of
from core.uploads.checkpoints.extras import fill_missing, leave_extras
from core.uploads.checkpoints.folding import join_parts
from core.uploads.checkpoints.names import match_names
from core.uploads.checkpoints.numbers import convert
from core.uploads.checkpoints.state import State, Tensors, short
from core.uploads.checkpoints.wrappers import Candidate, candidates
from core.uploads.limits import (
    MAX_DESCRIPTION_BYTES,
    MAX_FILE_BYTES,
    MAX_TRIED,
    MAX_WEIGHTS_BYTES,
    WEIGHTS_FILE_RATIO,
    check_size,
)

Step = Callable[[State], State]


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """Hold weights under the names that a network wants.

    steps: what was done to make them fit, a sentence each.
    other_sizes: names of tensors with other sides than the network has, of as many dimensions.
    classes: the names of the answers, where the file says them.
    """

    weights: Mapping[str, Tensor]
    steps: tuple[str, ...] = ()
    other_sizes: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()


def read_weights(content: bytes, wanted: Tensors) -> dict[str, Tensor]:
    """Read a state dict that has the wanted names, shapes and dtypes once what was put around them is gone.

    Raises DoesNotFit with what differs, BadInput for anything else.
    """
    found = read_checkpoint(content, wanted)
    if found.other_sizes:
        raise DoesNotFit(differences(found.weights, wanted), shapes_of(found.weights))
    return dict(found.weights)


def read_checkpoint(content: bytes, wanted: Tensors) -> Checkpoint:
    """Read a checkpoint in the form in which somebody has it, for a network with the wanted tensors.

    Tensors may have other sides than wanted, as those of a smaller network or of another last layer have; no side of a
    tensor makes it swell, and nothing is read but tensors. Raises DoesNotFit with what differs in names, dimensions or
    dtypes, BadInput for what cannot be read.
    """
    most = max_weights_bytes(wanted)
    check_size(content, most)
    refused: BadInput | None = None
    for opened in open_file(content, most):
        try:
            return _best(opened(), wanted)
        except BadInput as error:
            refused = refused or error
    raise refused or BadInput(text("This file holds no weights."), text("Choose another one."))


def max_weights_bytes(wanted: Tensors) -> int:
    """Return how many bytes a file of these tensors may have, with an optimiser's state beside them."""
    network = sum(value.nbytes for value in wanted.values())
    usual = MAX_DESCRIPTION_BYTES + 2 * network
    return max(MAX_FILE_BYTES, usual, min(WEIGHTS_FILE_RATIO * network, MAX_WEIGHTS_BYTES))


def _best(opened: Opened, wanted: Tensors) -> Checkpoint:
    """Make the state dict of a file fit that differs the least. Raises DoesNotFit or BadInput."""
    there = candidates(opened.value)
    if not there:
        raise BadInput(
            text("This file holds no state dict."), text("Save it with torch.save(network.state_dict(), ...).")
        )
    tried: list[tuple[tuple[int, bool, bool, int, int], Candidate, State | BadInput]] = []
    for place, candidate in enumerate(there[:MAX_TRIED]):
        try:
            state: State | BadInput = _fitted(State(candidate.tensors), wanted)
            differ = _weigh(state, wanted)
        except BadInput as error:
            state, differ = error, len(wanted) + len(candidate.tensors)
        order = (differ, bool(candidate.parts), not candidate.averaged, len(candidate.path), place)
        tried.append((order, candidate, state))
    _, candidate, state = min(tried, key=lambda each: each[0])
    if isinstance(state, BadInput):
        raise state
    sizes = of_other_size(state.tensors, wanted)
    if sizes is None:
        raise DoesNotFit(differences(state.tensors, wanted), shapes_of(state.tensors))
    return Checkpoint(
        _finite({name: state.tensors[name] for name in wanted}, wanted),
        (*opened.steps, *candidate.steps, *state.steps),
        sizes,
        candidate.classes or opened.classes,
    )


def _fitted(state: State, wanted: Tensors) -> State:
    """Take every step that makes a state dict fit; a step that has nothing to do does nothing."""
    most = max((value.numel() for value in wanted.values()), default=0) * 4
    steps: tuple[Step, ...] = (
        partial(unpack_bits, most=most),
        partial(join_parts, most=most),
        partial(match_names, wanted=wanted),
        partial(leave_extras, wanted=wanted),
        partial(fill_missing, wanted=wanted),
        partial(convert, wanted=wanted),
    )
    for step in steps:
        state = step(state)
    return state


def _weigh(state: State | BadInput, wanted: Tensors) -> int:
    """Count what differs, names before sides."""
    assert isinstance(state, State)
    names = sum(name not in state.tensors for name in wanted) + sum(name not in wanted for name in state.tensors)
    return names * 4 + len(differences(state.tensors, wanted))


def _finite(tensors: Tensors, wanted: Tensors) -> dict[str, Tensor]:
    """Return tensors as they can be used: whole, by themselves. Raises BadInput for what is not a number, or swells."""
    for name, value in tensors.items():
        if value.numel() * value.itemsize > max(value.untyped_storage().nbytes(), wanted[name].nbytes):
            raise BadInput(
                text("`{name}` shows {count:,} numbers and holds fewer.", name=short(name), count=value.numel()),
                text("Save it whole: `contiguous()` and `clone()` make it so."),
            )
    broken = [name for name, value in tensors.items() if value.is_floating_point() and not value.isfinite().all()]
    if broken:
        raise BadInput(
            text(
                "{count} tensors hold values that are not numbers (NaN or infinite), the first is {broken}.",
                count=len(broken),
                broken=broken[0],
            ),
            text("Train again with a gentler learning rate, or choose an earlier checkpoint."),
        )
    return {name: value.detach().contiguous().clone() for name, value in tensors.items()}
