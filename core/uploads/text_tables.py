"""Labelled texts: a table with a column of texts and one of labels."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core.errors import BadInput
from core.language import text
from core.uploads.columns import Columns, Table, TableRow, no_rows
from core.uploads.csv_tables import SAVE_AS_CSV, open_csv
from core.uploads.examples import Examples, LeftOut
from core.uploads.labels import NO_ALIASES, match_cell, match_cell_of_several
from core.uploads.limits import MAX_ROWS, MAX_TEXT_CHARACTERS, check_size

UNREAD_FORMATS = (
    (b"PK\x03\x04", b"xl/workbook", text("an Excel workbook")),
    (b"PK\x03\x04", b"opendocument.spreadsheet", text("an OpenDocument spreadsheet")),
    (b"PK\x03\x04", b"Index/Document.iwa", text("a Numbers spreadsheet")),
    (b"PK\x03\x04", b"word/document", text("a Word document")),
    (b"PK\x03\x04", b"", text("a zip")),
    (b"PK\x05\x06", b"", text("an empty zip")),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", text("an Excel workbook, or another file of Office,")),
    (b"%PDF", b"", text("a PDF")),
    (b"{\\rtf", b"", text("a text with formats (RTF)")),
    (b"\x1f\x8b", b"", text("a file packed with gzip")),
    (b"PAR1", b"", text("a Parquet file")),
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
            raise BadInput(text("This table has more than {max_rows:,} rows.", max_rows=MAX_ROWS), text("Give fewer."))
        try:
            written, label = _text_and_label(row, table.columns)
            found = match_cell_of_several(label, classes, aliases) if multi else match_cell(label, classes, aliases)
            if check is not None:
                check(written)
        except BadInput as error:
            left_out.append(LeftOut(row.name, error.what))
            first_problem = first_problem or row.nothing_usable(error)
        else:
            texts.append(written)
            labels.append(found)
    if not texts:
        raise first_problem or no_rows()
    return Examples(texts, labels, tuple(left_out), given)


def open_table(content: bytes) -> Table:
    """Open a table by what its file begins with. Raises BadInput for a format that is not read, or bad headings."""
    for begins, holds, what in UNREAD_FORMATS:
        if content.startswith(begins) and holds in content:
            raise BadInput(text("This is {what}, not a table as CSV.", what=what), SAVE_AS_CSV)
    return open_csv(content)


def _text_and_label(row: TableRow, columns: Columns) -> tuple[str, str]:
    """Return text and label of a row. Raises BadInput with what is wrong with it."""
    if row.problem is not None:
        raise row.problem
    if len(row.cells) <= max(columns.text, columns.label):
        raise BadInput(
            text("It has no text or no label; a quotation mark may be missing."), text("Give it both columns.")
        )
    written = row.cells[columns.text]
    if not written.strip():
        raise BadInput(text("It has no text."), text("Give it one."))
    if len(written) > MAX_TEXT_CHARACTERS:
        raise BadInput(
            text("Its text has {count:,} characters.", count=len(written)),
            text("At most {max_text_characters:,} are read.", max_text_characters=MAX_TEXT_CHARACTERS),
        )
    return written, row.cells[columns.label]
