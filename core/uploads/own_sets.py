"""Labelled sets that bring their own classes, to learn from: read, freed of copies, and split into three parts."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from core.errors import BadInput
from core.language import text
from core.uploads.archives import files_in_zip, is_system_file
from core.uploads.examples import LeftOut
from core.uploads.labels import NO_ALIASES
from core.uploads.limits import MAX_LABEL_CHARACTERS, MAX_ROWS, check_size
from core.uploads.picture_folders import read_picture_folders
from core.uploads.text_tables import open_table, read_text_table
from core.uploads.wording import listed, printable

FEWEST_OF_A_CLASS, MOST_CLASSES = 10, 100
"""Examples that each class needs, and classes that there may be."""

PARTS: Mapping[str, float] = {"train": 0.7, "validation": 0.15, "test": 0.15}
"""Share of each class that goes into each part."""


@dataclass(frozen=True, eq=False)
class OwnSet:
    """Hold examples with classes of their own.

    kind: "picture" or "text"; classes: their names, sorted; items: pictures or texts; labels: place of each's class.
    places: part -> the places of its items, in no order; no item is in two parts, and no two items are the same.
    left_out: what is not among the items, and why.
    """

    kind: str
    classes: tuple[str, ...]
    items: tuple[Any, ...]
    labels: np.ndarray
    places: Mapping[str, np.ndarray]
    left_out: tuple[LeftOut, ...]


def read_own_set(kind: str, content: bytes, check: Callable[[Any], object] | None = None, seed: int = 0) -> OwnSet:
    """Read a zip of class folders, or a table of texts and labels, and split it, each class by the same shares.

    check: raises BadInput for an example that no network can take. seed: of the split; the same file and seed give the
    same parts. Raises BadInput for a file that is no such set, one class alone, too many, or too few examples of one.
    """
    check_size(content)
    classes = _classes_of_folders(content) if kind == "picture" else _classes_of_table(content)
    if len(classes) < 2:
        raise BadInput(
            text("All of this belongs to one class, {classes}.", classes=listed(classes))
            if classes
            else text("There is no class in this file."),
            text("Give at least two: a folder for each in the zip, or labels of two kinds in the table."),
        )
    if len(classes) > MOST_CLASSES:
        numbers = all(_is_number(each) for each in classes)
        what = text("These are {count:,} classes.", count=len(classes))
        if numbers:
            what = text("These are {count:,} classes, all of them numbers, so no kinds of things.", count=len(classes))
        raise BadInput(
            what,
            text("Give at most {most_classes}: put what belongs together under one label.", most_classes=MOST_CLASSES),
        )
    read = read_picture_folders if kind == "picture" else read_text_table
    examples = read(content, classes, NO_ALIASES, check, False)
    items, labels, copies = _without_copies(examples.items, examples.labels)
    counts = Counter(labels)
    few = [f"{classes[place]} ({counts[place]})" for place in range(len(classes)) if counts[place] < FEWEST_OF_A_CLASS]
    if few:
        raise BadInput(
            text("Too few examples to learn, to choose and to judge by: {few}.", few=listed(few)),
            text(
                "Give each class at least {fewest_of_a_class} different ones, or leave it out.",
                fewest_of_a_class=FEWEST_OF_A_CLASS,
            ),
        )
    left_out = examples.left_out + (
        (LeftOut(text("{copies:,} copies", copies=copies), text("The same example is there already.")),) * (copies > 0)
    )
    found = np.array(labels)
    return OwnSet(kind, classes, tuple(items), found, _parts(found, seed), left_out)


def _classes_of_folders(content: bytes) -> tuple[str, ...]:
    """Return the names of the innermost folders of a zip that hold files. Raises BadInput."""
    names = {file.path.parent.name.strip() for file in files_in_zip(content) if not is_system_file(file.path)}
    return tuple(sorted(name for name in names if name and len(name) <= MAX_LABEL_CHARACTERS))


def _classes_of_table(content: bytes) -> tuple[str, ...]:
    """Return the labels of a table. Raises BadInput."""
    table = open_table(content)
    names: set[str] = set()
    for number, row in enumerate(table.rows):
        if number >= MAX_ROWS:
            break  # reading it says so
        if row.problem is None and len(row.cells) > table.columns.label:
            name = row.cells[table.columns.label].strip()
            if name and len(name) <= MAX_LABEL_CHARACTERS:
                names.add(name)
    return tuple(sorted(names, key=_order))


def _order(name: str) -> tuple[bool, float, str]:
    """Sort numbers by their size, before words."""
    return (False, float(name), name) if _is_number(name) else (True, 0.0, name)


def _is_number(name: str) -> bool:
    try:
        return bool(np.isfinite(float(name)))
    except ValueError:
        return False


def _without_copies(items: Sequence[Any], labels: Sequence[int]) -> tuple[list[Any], list[int], int]:
    """Return items of which no two are the same, with their labels, and how many went; the first of each stays.

    Raises BadInput where the same example has two labels.
    """
    seen: dict[str, int] = {}
    kept: list[tuple[Any, int]] = []
    for item, label in zip(items, labels, strict=True):
        key = _content_of(item)
        if key not in seen:
            seen[key] = label
            kept.append((item, label))
        elif seen[key] != label:
            what = text("The same example stands under two classes.")
            if isinstance(item, str):
                what = text("The same example stands under two classes: {item!r}.", item=printable(str(item))[:80])
            raise BadInput(what, text("Leave one of them out: nobody could tell them apart."))
    return [item for item, _ in kept], [label for _, label in kept], len(items) - len(kept)


def _content_of(item: Any) -> str:
    if isinstance(item, Image.Image):
        return hashlib.sha256(repr((item.size, item.mode)).encode() + item.tobytes()).hexdigest()
    return hashlib.sha256(" ".join(str(item).split()).encode(errors="replace")).hexdigest()


def _parts(labels: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """Split places by class and by shares, every part with at least one of each class."""
    generator = np.random.default_rng(seed)
    parts: dict[str, list[np.ndarray]] = {part: [] for part in PARTS}
    for label in np.unique(labels):
        members = generator.permutation(np.flatnonzero(labels == label))
        held = max(1, round(PARTS["validation"] * len(members)))
        parts["validation"].append(members[:held])
        parts["test"].append(members[held : 2 * held])
        parts["train"].append(members[2 * held :])
    return {part: np.sort(np.concatenate(each)) for part, each in parts.items()}
