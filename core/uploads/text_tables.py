"""Labelled texts: a table with a column of texts and one of labels."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core.errors import BadInput
from core.uploads.columns import Columns, Table, TableRow, no_rows
from core.uploads.csv_tables import SAVE_AS_CSV, open_csv
from core.uploads.examples import Examples, LeftOut
from core.uploads.labels import NO_ALIASES, match_cell, match_cell_of_several
from core.uploads.limits import MAX_ROWS, MAX_TEXT_CHARACTERS, check_size

UNREAD_FORMATS = (
    (b"PK\x03\x04", b"xl/workbook", "an Excel workbook"),
    (b"PK\x03\x04", b"opendocument.spreadsheet", "an OpenDocument spreadsheet"),
    (b"PK\x03\x04", b"Index/Document.iwa", "a Numbers spreadsheet"),
    (b"PK\x03\x04", b"word/document", "a Word document"),
    (b"PK\x03\x04", b"", "a zip"),
    (b"PK\x05\x06", b"", "an empty zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", "an Excel workbook, or another file of Office,"),
    (b"%PDF", b"", "a PDF"),
    (b"{\\rtf", b"", "a text with formats (RTF)"),
    (b"\x1f\x8b", b"", "a file packed with gzip"),
    (b"PAR1", b"", "a Parquet file"),
)
"""Files that people take for a table as CSV: how they begin, what else is in them, and what they are."""


def read_text_table(
    content: bytes,
    classes: Sequence[str],
    aliases: Mapping[str, str] = NO_ALIASES,
    check: Callable[[str], object] | None = None,
    multi: bool = False,
) -> Examples:
    """Read a table with a column of texts and one of labels; other columns are not looked at.

    aliases: other names of labels, as for `match_label`.
    check: raises BadInput for a text that is to be left out.
    multi: whether a text may have several labels, with ";" or "|" between them, or none.
    Leaves out rows that are no good. Raises BadInput for a file that is no such table, and if no row is left.
    """
    check_size(content)
    table = open_table(content)
    texts: list[str] = []
    labels: list[Any] = []
    left_out, given = [], 0
    first_problem: BadInput | None = None
    for row in table.rows:
        given += 1
        if given > MAX_ROWS:
            raise BadInput(f"This table has more than {MAX_ROWS:,} rows.", "Give fewer.")
        try:
            text, label = _text_and_label(row, table.columns)
            found = match_cell_of_several(label, classes, aliases) if multi else match_cell(label, classes, aliases)
            if check is not None:
                check(text)
        except BadInput as error:
            left_out.append(LeftOut(row.name, error.what))
            first_problem = first_problem or BadInput(
                f"No row of this table can be used. {row.name.capitalize()}: {error.what}", error.advice
            )
        else:
            texts.append(text)
            labels.append(found)
    if not texts:
        raise first_problem or no_rows()
    return Examples(texts, labels, tuple(left_out), given)


def open_table(content: bytes) -> Table:
    """Open a table by what its file begins with. Raises BadInput for a format that is not read, or bad headings."""
    for begins, holds, what in UNREAD_FORMATS:
        if content.startswith(begins) and holds in content:
            raise BadInput(f"This is {what}, not a table as CSV.", SAVE_AS_CSV)
    return open_csv(content)


def _text_and_label(row: TableRow, columns: Columns) -> tuple[str, str]:
    """Return text and label of a row. Raises BadInput with what is wrong with it."""
    if row.problem is not None:
        raise row.problem
    if len(row.cells) <= max(columns.text, columns.label):
        raise BadInput("It has no text or no label; a quotation mark may be missing.", "Give it both columns.")
    text = row.cells[columns.text]
    if not text.strip():
        raise BadInput("It has no text.", "Give it one.")
    if len(text) > MAX_TEXT_CHARACTERS:
        raise BadInput(f"Its text has {len(text):,} characters.", f"At most {MAX_TEXT_CHARACTERS:,} are read.")
    return text, row.cells[columns.label]
