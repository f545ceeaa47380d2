"""Labelled sets for an ONNX file, which has outputs but no names for them: folders and labels give the names."""

import csv
import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.errors import BadInput
from core.language import text
from core.uploads import Examples, LeftOut
from core.uploads.archives import files_in_zip, is_system_file
from core.uploads.columns import LABEL_HEADINGS, plain_heading
from core.uploads.csv_tables import SEPARATORS
from core.uploads.encodings import decode
from core.uploads.labels import match_cell
from core.uploads.limits import MAX_HEADING_CHARACTERS, MAX_ROWS, check_size
from core.uploads.picture_folders import read_picture_folders
from core.uploads.text_tables import read_text_table
from core.uploads.wording import listed, printable

MOST_CLASSES = 10_000
"""Outputs of a network that is judged as a classifier."""


@dataclass(frozen=True, eq=False)
class LabelledSet:
    """Hold a labelled set for a file; classes: the names of its outputs, in their order."""

    examples: Examples
    classes: tuple[str, ...]


def read_pictures(content: bytes, outputs: int | None, names: Sequence[str] = ()) -> LabelledSet:
    """Read a zip with one folder of pictures for each class.

    outputs: how many classes the network has, None where it does not say. names: of these, in their order; without
    any, folders that are whole numbers are the places of the outputs, and others stand in the order of their names,
    as torchvision's ImageFolder sorts them. Raises BadInput.
    """
    _check_outputs(outputs)
    folders = {
        file.path.parent.name
        for file in files_in_zip(content)
        if not is_system_file(file.path) and file.path.parent.name
    }
    classes = class_names(outputs, names) or _from_folders(outputs, folders)
    return LabelledSet(read_picture_folders(content, classes), classes)


def read_texts(
    content: bytes, outputs: int | None, names: Sequence[str] = (), check: Callable[[str], object] | None = None
) -> LabelledSet:
    """Read a table of text and label, where labels are names of outputs, or else their places.

    check: raises BadInput for a text that is to be left out. Raises BadInput.
    """
    classes = class_names(outputs, names) or _places(outputs)
    return LabelledSet(read_text_table(content, classes, check=check), classes)


def read_numbers(content: bytes, width: int, outputs: int | None, names: Sequence[str] = ()) -> LabelledSet:
    """Read a table (CSV) with one column for each of `width` numbers, in their order, and one for the label.

    Rows that cannot be read are left out. Raises BadInput.
    """
    check_size(content)
    classes = class_names(outputs, names) or _places(outputs)
    lines = decode(content).splitlines()
    if not lines or len(lines[0]) > MAX_HEADING_CHARACTERS or len(lines) > MAX_ROWS + 1:
        raise BadInput(
            text("This table has no line of headings, or more than {max_rows:,} rows.", max_rows=MAX_ROWS),
            text("Give fewer."),
        )
    separator = max(SEPARATORS, key=lines[0].count)
    headings = [plain_heading(each) for each in next(csv.reader(lines[:1], delimiter=separator))]
    places = [place for place, each in enumerate(headings) if each in LABEL_HEADINGS]
    if len(places) != 1 or len(headings) != width + 1:
        raise BadInput(
            text(
                "This table has {count:,} columns, {labels:,} of them a label.", count=len(headings), labels=len(places)
            ),
            text(
                "This network reads {width:,} numbers: give a column for each, in their order, and one headed label.",
                width=width,
            ),
        )
    rows, labels, left_out = [], [], []
    for number, cells in enumerate(csv.reader(io.StringIO("\n".join(lines[1:])), delimiter=separator), 2):
        try:
            label = match_cell(cells.pop(places[0]) if len(cells) == len(headings) else "", classes)
            rows.append([_number(cell) for cell in cells])
            labels.append(label)
        except BadInput as error:
            left_out.append(LeftOut(text("line {number}", number=number), error.what))
    if not rows:
        what = text("No row of this table can be read.")
        if left_out:
            first = left_out[0]
            what = text("No row of this table can be read. {place}: {why}", place=first.what, why=first.why)
        raise BadInput(what, text("Labels are: {classes}.", classes=listed(classes)))
    return LabelledSet(Examples(rows, labels, tuple(left_out), len(rows) + len(left_out)), classes)


def read_token_ids(written: str) -> list[int]:
    """Read token ids that stand in a text, with spaces or commas between. Raises BadInput."""
    try:
        found = [int(each) for each in written.replace(",", " ").split()]
    except ValueError as error:
        raise BadInput(
            text("This text is not one of token ids: {written!r}.", written=printable(written, 40)),
            text("Bring the network's tokenizer.json as well, or write whole numbers with spaces between."),
        ) from error
    if not found or not all(0 <= each < 2**31 for each in found):
        raise BadInput(text("Token ids are whole numbers of 0 or more."), text("Correct that text."))
    return found


def class_names(outputs: int | None, names: Sequence[str]) -> tuple[str, ...]:
    """Return names that a person gave, if any. Raises BadInput where they do not fit the outputs."""
    if not names:
        return ()
    if len(set(names)) < len(names) or len(names) != (outputs or len(names)):
        raise BadInput(
            text(
                "There are {count:,} names of classes, and {classes:,} classes.",
                count=len(names),
                classes=outputs or len(set(names)),
            ),
            text("Name each output once, in the order of the outputs."),
        )
    return tuple(names)


def _check_outputs(outputs: int | None) -> None:
    if outputs is not None and not 0 < outputs <= MOST_CLASSES:
        raise BadInput(
            text("This network has {outputs:,} outputs.", outputs=outputs),
            text("Judging takes at most {most_classes:,} classes.", most_classes=MOST_CLASSES),
        )


def _from_folders(outputs: int | None, folders: set[str]) -> tuple[str, ...]:
    """Name outputs after folders. Raises BadInput where that leaves a doubt."""
    numbers = {int(each) for each in folders if each.isascii() and each.isdigit() and len(each) < 6}
    if folders and len(numbers) == len(folders) and max(numbers) < (outputs or len(folders)):
        return tuple(str(place) for place in range(outputs or len(folders)))
    if outputs is not None and len(folders) != outputs:
        raise BadInput(
            text(
                "This network has {outputs:,} outputs, and this zip {count:,} folders: {folders}.",
                outputs=outputs,
                count=len(folders),
                folders=listed(sorted(folders)),
            ),
            text(
                "Give a folder for each class, name the folders 0 to {last:,}, or write the names of the classes.",
                last=outputs - 1,
            ),
        )
    return tuple(sorted(folders))


def _places(outputs: int | None) -> tuple[str, ...]:
    _check_outputs(outputs)
    if outputs is None:
        raise BadInput(text("This file does not say how many classes it has."), text("Write the names of the classes."))
    return tuple(str(place) for place in range(outputs))


def _number(cell: str) -> float:
    try:
        found = float(cell)
    except ValueError as error:
        raise BadInput(text("{cell!r} is no number.", cell=printable(cell, 20)), text("Give a number.")) from error
    if not math.isfinite(found):
        raise BadInput(text("{cell!r} is no number.", cell=printable(cell, 20)), text("Give a finite number."))
    return found
