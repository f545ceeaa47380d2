"""Tables as CSV and its relatives, with whatever separator, line ends and quotation marks a spreadsheet chose."""

import csv
import io
import re
from collections.abc import Iterator

from core.errors import BadInput
from core.language import text
from core.uploads.columns import (
    Columns,
    Table,
    TableRow,
    check_column_count,
    count_known_columns,
    find_columns,
    no_rows,
    plain_heading,
)
from core.uploads.encodings import decode
from core.uploads.limits import MAX_HEADING_CHARACTERS, MAX_LINE_SEPARATORS, MAX_LINES, MAX_TEXT_CHARACTERS

SEPARATORS = ",;\t|"
"""Characters that stand between columns."""

EXCEL_SEPARATOR_LINE = re.compile(r'"?sep=([^\w\r\n" ])', re.IGNORECASE)
"""A line for Excel alone, which names the separator."""

SAVE_AS_CSV = text("Save it as CSV: in Excel with File, Save As, CSV UTF-8.")

OTHER_TEXTS = {"{": "JSON", "[": "JSON", "<": text("a web page, or XML")}
"""First character of a text that is no table -> its kind."""


def open_csv(content: bytes) -> Table:
    """Open a table as CSV. Raises BadInput if it cannot be decoded or its headings do not tell text and label."""
    decoded = decode(content)
    if decoded.count("\n") + decoded.count("\r") > 2 * MAX_LINES:  # which is how a line may end twice
        raise BadInput(text("This table has more than {max_lines:,} lines.", max_lines=MAX_LINES), text("Give fewer."))
    lines = io.StringIO(decoded, newline="")
    heading, number, separators = _heading_line(lines)
    columns, separator = _columns_and_separator(heading, separators)
    return Table(columns, _rows(lines, number, columns, separator))


def _heading_line(lines: io.StringIO) -> tuple[str, int, str]:
    """Read the line of headings; return it, its number, and the separators that may be meant. Raises BadInput."""
    separators, number = SEPARATORS, 0
    while True:
        line, number = lines.readline(), number + 1
        if not line:
            raise no_rows()
        if told := EXCEL_SEPARATOR_LINE.match(line):
            separators = told[1]
        elif line.strip():
            break
    if len(line) > MAX_HEADING_CHARACTERS:
        raise BadInput(
            text(
                "Line {number} has more than {max_heading_characters:,} characters.",
                number=number,
                max_heading_characters=MAX_HEADING_CHARACTERS,
            ),
            text("Keep two columns: text, label."),
        )
    return line, number, separators


def _columns_and_separator(line: str, separators: str) -> tuple[Columns, str]:
    """Choose the separator by which most is known of the headings. Raises BadInput if a column cannot be told."""
    candidates = [
        (separator, [plain_heading(cell) for cell in next(csv.reader([line], delimiter=separator))])
        for separator in separators
    ]
    separator, headings = max(candidates, key=lambda each: (count_known_columns(each[1]), len(each[1])))
    check_column_count(headings)
    if count_known_columns(headings) < 2 and (kind := OTHER_TEXTS.get(line.lstrip()[:1])):
        raise BadInput(text("This is {kind}, it has no rows of text and label.", kind=kind), SAVE_AS_CSV)
    return find_columns(headings), separator


def _rows(lines: io.StringIO, heading_lines: int, columns: Columns, separator: str) -> Iterator[TableRow]:
    """Yield the rows below the headings, without those of nothing.

    A row that is too long to be read is a single cell. Raises BadInput for a quotation that does not end.
    """
    line = ""

    def bounded_lines() -> Iterator[str]:
        nonlocal line
        while line := lines.readline():
            if line.count(separator) > MAX_LINE_SEPARATORS:
                raise BadInput(
                    text("There are columns without end in {count:,} characters.", count=len(line)),
                    text("Keep two: text and label."),
                )
            yield line

    reader = csv.reader(bounded_lines(), delimiter=separator, skipinitialspace=True)
    while True:
        begin = heading_lines + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if begin != heading_lines + reader.line_num or line.count('"') % 2:  # the rest would be taken for rows
                raise BadInput(
                    text(
                        "The text that begins in line {begin} does not end within {field_size_limit:,} characters.",
                        begin=begin,
                        field_size_limit=csv.field_size_limit(),
                    ),
                    text("Look for a quotation mark that is missing there."),
                ) from error
            cells = [line]
        end = heading_lines + reader.line_num
        if any(cell.strip() for cell in cells):
            yield TableRow(begin, end, cells, _problem(cells, columns, separator))


def _problem(cells: list[str], columns: Columns, separator: str) -> BadInput | None:
    """Say why a row cannot be read; return None if it can."""
    if len(cells) == 1 and len(cells[0]) > csv.field_size_limit():
        return BadInput(
            text("It has {count:,} characters.", count=len(cells[0])),
            text("At most {max_text_characters:,} are read.", max_text_characters=MAX_TEXT_CHARACTERS),
        )
    if any(cell.strip() for cell in cells[columns.count :]):
        return BadInput(
            text(
                "It has {count} columns where the headings have {columns_count}: a text that holds {separator!r} "
                "needs quotation marks around it.",
                count=len(cells),
                columns_count=columns.count,
                separator=separator,
            ),
            text("Save the table as CSV once more."),
        )
    return None
