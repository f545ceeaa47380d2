"""Weights that were saved in parts, as pruning, weight and spectral normalisation of torch.nn.utils keep them: joined.

Salimans and Kingma 2016 (weight normalisation), Miyato et al. 2018 (spectral normalisation).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from core.errors import BadInput
from core.language import text, text_of
from core.uploads.checkpoints.state import State, is_plain, short

Parts = tuple[Tensor, ...]


@dataclass(frozen=True)
class Form:
    """Describe a way in which a weight lies in parts.

    endings: what follows the weight's name in the name of each part, the first one is what it is recognised by.
    join: (parts) -> the weight, or None where these parts are not what they should be.
    said: (how many weights, which share of them is zero) -> what was done.
    """

    endings: tuple[str, ...]
    join: Callable[..., Tensor | None]
    said: Callable[[int, float], str]


def masked(original: Tensor, mask: Tensor) -> Tensor | None:
    """Return a weight where its mask keeps it, and zero elsewhere, as torch.nn.utils.prune does."""
    return original * mask.to(original.dtype) if original.shape == mask.shape else None


def normalised(length: Tensor, direction: Tensor) -> Tensor | None:
    """Return directions brought to their lengths; a length is one number for each place that it has."""
    if length.ndim not in (0, direction.ndim):
        return None
    over = [side for side in range(direction.ndim) if length.ndim == 0 or length.shape[side] == 1]
    if length.ndim and any(length.shape[side] not in (1, direction.shape[side]) for side in range(direction.ndim)):
        return None
    return direction * (length / direction.norm(2, over, keepdim=length.ndim > 0)) if over else None


def spectral(original: Tensor, left: Tensor, right: Tensor) -> Tensor | None:
    """Return a weight divided by its largest singular value, as the kept vectors give it."""
    if original.ndim < 2 or left.ndim != 1 or right.ndim != 1:
        return None
    sides = [side for side in (0, 1) if original.shape[side] == len(left)]
    for side in sides:
        matrix = original.movedim(side, 0).flatten(1)
        if matrix.shape[1] == len(right):
            return original / torch.dot(left, matrix @ right)
    return None


FORMS = (
    Form(
        ("_mask", "_orig"),
        lambda mask, original: masked(original, mask),
        lambda count, zero: text_of(
            "Multiplied {count:,} weight with their masks, which remove {zero:.1%} of them.",
            "Multiplied {count:,} weights with their masks, which remove {zero:.1%} of them.",
            count,
            zero=zero,
        ),
    ),
    Form(
        ("_u", "_orig", "_v"),
        lambda left, original, right: spectral(original, left, right),
        lambda count, zero: text_of(
            "Joined {count:,} weight with their spectral norms.",
            "Joined {count:,} weights with their spectral norms.",
            count,
        ),
    ),
    Form(
        ("_g", "_v"),
        normalised,
        lambda count, zero: text_of(
            "Joined {count:,} weight with their weight norms.",
            "Joined {count:,} weights with their weight norms.",
            count,
        ),
    ),
)
"""Forms of torch.nn.utils before parametrizations."""

PARAMETRISED = (
    Form((".original0", ".original1"), normalised, FORMS[2].said),
    Form((".0._u", ".original", ".0._v"), lambda left, original, right: spectral(original, left, right), FORMS[1].said),
)
"""Forms of torch.nn.utils.parametrizations, after `parametrizations.` in a name."""

INFIX = "parametrizations."


def join_parts(state: State, most: int) -> State:
    """Join weights that lie in parts. Raises BadInput for a parametrisation that cannot be told from its parts.

    most: numbers of the largest weight that is joined.
    """
    for form in FORMS:
        state = _join(state, form, most, "")
    if any(INFIX in name for name in state.tensors):
        for form in PARAMETRISED:
            state = _join(state, form, most, INFIX)
        left = next((name for name in state.tensors if INFIX in name), None)
        if left is not None:
            raise BadInput(
                text(
                    "`{left}` belongs to a parametrisation that cannot be undone from its parts alone.",
                    left=short(left),
                ),
                text(
                    "Where the network was made, call torch.nn.utils.parametrize.remove_parametrizations on the "
                    "layer, and save its state dict again."
                ),
            )
    return state


def _join(state: State, form: Form, most: int, infix: str) -> State:
    """Join all weights that lie in parts of one form."""
    tensors = dict(state.tensors)
    weights, numbers, zeros = 0, 0, 0
    first, *_ = form.endings
    for name in [name for name in state.tensors if name.endswith(first) and infix in name]:
        stem = name.removesuffix(first)
        parts = [tensors.get(f"{stem}{ending}") for ending in form.endings]
        weight = _joined(form, parts, most)
        target = stem.replace(infix, "", 1) if infix else stem
        if weight is None or target in tensors:
            continue
        tensors[target] = weight
        for ending in form.endings:
            del tensors[f"{stem}{ending}"]
        weights, numbers, zeros = weights + 1, numbers + weight.numel(), zeros + int((weight == 0).sum())
    if not weights:
        return state
    return state.after(tensors, form.said(weights, zeros / max(numbers, 1)))


def _joined(form: Form, parts: list[Tensor | None], most: int) -> Tensor | None:
    """Return a weight from its parts; None where some are not there, or are no plain numbers, or too many."""
    there = [part for part in parts if part is not None and is_plain(part) and part.numel() <= most]
    if len(there) != len(parts):
        return None
    exact: Mapping[torch.dtype, torch.dtype] = {torch.float16: torch.float32, torch.bfloat16: torch.float32}
    return form.join(*(part.to(exact.get(part.dtype, part.dtype)) for part in there))
