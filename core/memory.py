"""How much memory a value holds, so that a store can be bounded in bytes."""

import dataclasses
import sys
from collections.abc import Iterable, Mapping
from typing import Any


def bytes_in_memory(value: object) -> int:
    """Estimate the bytes that a value holds: its own, those of its elements or fields, and of theirs, each once.

    Of arrays and tensors, the elements that they show count; what any other object keeps to itself does not.
    """
    seen: set[int] = set()
    todo: list[Any] = [value]
    total = 0
    while todo:
        each = todo.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        elements = getattr(each, "nbytes", None)  # of an array of numpy or a tensor of torch
        if isinstance(elements, int) and not isinstance(each, type):
            total += 100 + elements
            continue
        total += sys.getsizeof(each)
        todo += _parts(each)
    return total


def _parts(value: object) -> Iterable[Any]:
    """Return what an object consists of, as far as that is data."""
    if isinstance(value, Mapping):
        return [*value.keys(), *value.values()]
    if isinstance(value, list | tuple | set | frozenset):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [getattr(value, field.name) for field in dataclasses.fields(value)]
    return ()
