"""The two columns of a table that are read, found by their headings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.errors import BadInput
from core.language import text
from core.uploads.limits import MAX_COLUMNS
from core.uploads.wording import printable

TEXT_HEADINGS = ("text", "texts", "sentence", "review", "content", "headline", "message")
LABEL_HEADINGS = ("label", "labels", "class", "category", "topic", "target")
"""Headings of the two columns, in lower case; the first one wins over the others."""


@dataclass(frozen=True)
class Columns:
    """Say in which column of a table the texts are, in which the labels, and how many columns there are."""

    text: int
    label: int
    count: int


@dataclass(frozen=True)
class TableRow:
    """Hold one row below the headings.

    begin, end: the lines in which it begins and ends, the first one of the file being 1.
    cells: its cells, in the order of the columns.
    problem: why it cannot be read, None if it can.
    """

    begin: int
    end: int
    cells: Sequence[str]
    problem: BadInput | None = None

    @property
    def name(self) -> str:
        """Where it stands, as in "line 7"."""
        if self.begin == self.end:
            return text("line {begin}", begin=self.begin)
        return text("lines {begin} to {end}", begin=self.begin, end=self.end)

    def nothing_usable(self, problem: BadInput) -> BadInput:
        """Make the error of a table in which no row can be used, this one for that reason."""
        if self.begin == self.end:
            what = text("No row of this table can be used. Line {begin}: {what}", begin=self.begin, what=problem.what)
        else:
            what = text(
                "No row of this table can be used. Lines {begin} to {end}: {what}",
                begin=self.begin,
                end=self.end,
                what=problem.what,
            )
        return BadInput(what, problem.advice)


@dataclass(frozen=True, eq=False)
class Table:
    """Hold a table whose headings were read; its rows come as they are asked for, and may raise BadInput."""

    columns: Columns
    rows: Iterator[TableRow]


def plain_heading(cell: str) -> str:
    """Reduce a heading to lower case, without spaces and quotation marks around it."""
    return cell.strip().strip("\"'").strip().casefold()


def count_known_columns(headings: Sequence[str]) -> int:
    """Count for how many of the two columns, text and label, plain headings have one: 0 to 2."""
    return sum(bool(_places(headings, known)) for known in (TEXT_HEADINGS, LABEL_HEADINGS))


def check_column_count(headings: Sequence[str]) -> None:
    """Refuse a table with too many columns. Raises BadInput."""
    if len(headings) > MAX_COLUMNS:
        raise BadInput(
            text("This table has more than {max_columns} columns.", max_columns=MAX_COLUMNS),
            text("Keep two: text and label."),
        )


def find_columns(headings: Sequence[str]) -> Columns:
    """Find the columns of text and label by plain headings. Raises BadInput unless there is one of each."""
    places = {"text": _places(headings, TEXT_HEADINGS), "label": _places(headings, LABEL_HEADINGS)}
    written = ", ".join(repr(printable(name, 20)) for name in headings[:6]) + (", ..." if len(headings) > 6 else "")
    if not all(places.values()):
        problem = text("This table has no text and no label among its headings: {written}.", written=written)
        if places["text"]:
            problem = text("This table has no label among its headings: {written}.", written=written)
        elif places["label"]:
            problem = text("This table has no text among its headings: {written}.", written=written)
        raise BadInput(
            problem,
            text("The first line must be: text,label"),
        )
    for what, found in places.items():
        if len(found) > 1:
            raise BadInput(
                text(
                    "Which column is the {what} cannot be told from these headings: {written}.",
                    what=what,
                    written=written,
                ),
                text("Name one of them {what}.", what=what),
            )
    return Columns(places["text"][0], places["label"][0], len(headings))


def no_rows() -> BadInput:
    """Make the error of a table without rows."""
    return BadInput(text("This table has no rows."), text("Give a line text,label and then one line for each text."))


def _places(headings: Sequence[str], known: Sequence[str]) -> list[int]:
    """Find the columns that have the first known heading, or else any of them."""
    exactly = [place for place, name in enumerate(headings) if name == known[0]]
    return exactly or [place for place, name in enumerate(headings) if name in known]
