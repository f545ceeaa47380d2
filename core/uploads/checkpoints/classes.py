"""The names of a classifier's answers, where a file says them beside its weights."""

from collections.abc import Mapping
from typing import Any

from core.uploads.limits import MAX_CLASSES, MAX_LABEL_CHARACTERS

PLACE_TO_NAME = ("id2label", "idx_to_class", "idx2class", "index_to_class")
NAME_TO_PLACE = ("class_to_idx", "class2idx", "label2id")
IN_ORDER = ("classes", "class_names", "labels", "label_names", "categories", "names")
"""Under which names people keep classes: place -> name, name -> place, or a list in the order of the outputs."""


def classes_in(told: Mapping[Any, object]) -> tuple[str, ...]:
    """Return the classes that a mapping names, in the order of the outputs; () where it names none."""
    for key in PLACE_TO_NAME:
        if found := _in_order(_pairs(told.get(key), name_first=False)):
            return found
    for key in NAME_TO_PLACE:
        if found := _in_order(_pairs(told.get(key), name_first=True)):
            return found
    for key in IN_ORDER:
        if found := _listed(told.get(key)) or _in_order(_pairs(told.get(key), name_first=False)):
            return found
    return ()


def _listed(value: object) -> tuple[str, ...]:
    """Return the names of a list; () where it is none, or too long."""
    if not isinstance(value, list | tuple) or not 2 <= len(value) <= MAX_CLASSES:
        return ()
    whole = all(isinstance(each, str) for each in value)
    return tuple(str(each)[:MAX_LABEL_CHARACTERS] for each in value) if whole else ()


def _pairs(value: object, name_first: bool) -> dict[int, str]:
    """Read place -> name from a mapping, in either direction; {} where it is none."""
    if not isinstance(value, Mapping) or not 2 <= len(value) <= MAX_CLASSES:
        return {}
    try:
        return {
            int(place): str(name)
            for name, place in (value.items() if name_first else ((n, p) for p, n in value.items()))
        }
    except (TypeError, ValueError):
        return {}


def _in_order(names: Mapping[int, str]) -> tuple[str, ...]:
    """Return names by their places, which have to be 0, 1, 2 ..."""
    whole = sorted(names) == list(range(len(names)))
    return tuple(names[place][:MAX_LABEL_CHARACTERS] for place in sorted(names)) if whole else ()
