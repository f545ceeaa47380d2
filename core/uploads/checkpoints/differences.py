"""What is not as the architecture wants it, tensor by tensor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from core.errors import BadInput
from core.language import text
from core.uploads.checkpoints.state import Tensors
from core.uploads.limits import MAX_FOREIGN_NAME


@dataclass(frozen=True)
class Difference:
    """Name one tensor that is not as the architecture wants it: what is expected, and found; "" for nothing."""

    name: str
    expected: str
    found: str


class DoesNotFit(BadInput):
    """Refuse a state dict of another network; `differences` say how it differs, `shapes` what is in the file."""

    def __init__(
        self, differences: Sequence[Difference], shapes: Mapping[str, tuple[int, ...]] | None = None, why: str = ""
    ) -> None:
        super().__init__(
            why or text("This file does not fit the network: {count:,} of its tensors differ.", count=len(differences)),
            text("Compare names, shapes and dtypes in the table, and choose the architecture that it was saved from."),
        )
        self.differences = tuple(differences)
        self.shapes = dict(shapes or {})


def differences(found: Tensors, wanted: Tensors) -> list[Difference]:
    """List the tensors whose name, shape or dtype differs: first the wanted ones, then what is there besides."""
    names = [*wanted, *(name for name in found if name not in wanted)]
    return [
        Difference(name[:MAX_FOREIGN_NAME], _in_words(wanted.get(name)), _in_words(found.get(name)))
        for name in names
        if _kind(wanted.get(name)) != _kind(found.get(name))
    ]


def of_other_size(found: Tensors, wanted: Tensors) -> tuple[str, ...] | None:
    """List the tensors that differ in nothing but how long some sides are; None where anything else differs."""
    if found.keys() != wanted.keys():
        return None
    if any(found[name].dtype != value.dtype or found[name].ndim != value.ndim for name, value in wanted.items()):
        return None
    return tuple(name for name, value in wanted.items() if found[name].shape != value.shape)


def shapes_of(tensors: Tensors) -> dict[str, tuple[int, ...]]:
    """Return the shape of each tensor."""
    return {name: tuple(value.shape) for name, value in tensors.items()}


def _kind(value: Tensor | None) -> object:
    return None if value is None else (value.shape, value.dtype)


def _in_words(value: Tensor | None) -> str:
    """Write a shape and a dtype, as in "3 x 4, float32"."""
    if value is None:
        return ""
    dtype = str(value.dtype)[6:]
    return f"{' x '.join(map(str, value.shape))}, {dtype}" if value.ndim else text("one number, {dtype}", dtype=dtype)
