"""Tables of ratings: who gave which film how many stars, as CSV, with films by title or by MovieLens's identifier."""

import csv
import io
import itertools
import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.errors import BadInput
from core.language import text, together
from core.uploads.columns import plain_heading
from core.uploads.csv_tables import EXCEL_SEPARATOR_LINE, SAVE_AS_CSV, SEPARATORS
from core.uploads.encodings import decode
from core.uploads.examples import LeftOut
from core.uploads.limits import MAX_COLUMNS, MAX_HEADING_CHARACTERS, check_size
from core.uploads.text_tables import UNREAD_FORMATS
from core.uploads.wording import printable

MAX_RATINGS_BYTES, MAX_RATINGS = 10 * 2**20, 50_000
"""Bytes and rows of a table of ratings: half as many as the shipped network learned from."""

MAX_CELL_CHARACTERS = 300
"""Characters of a cell: a person's name, a film's title, or a number."""

LEAST_STARS, MOST_STARS = 0.5, 5.0
"""What can be given."""

HEADINGS: Mapping[str, tuple[str, ...]] = {
    "user": ("user", "userid", "user_id", "user id", "person", "name", "who"),
    "item": ("item", "film", "movie", "title", "itemid", "item_id", "movieid", "movie_id", "filmid", "film_id"),
    "rating": ("rating", "ratings", "stars", "score"),
}
"""Column -> headings that it may have, in lower case; the first one that is there wins."""

FIRST_LINE = text("The first line must be: user,item,rating")

IDENTIFIER = re.compile(r"[0-9]{1,9}")

YEAR_AT_END = re.compile(r"\s*\((\d{4})\)\s*$")

ARTICLE_AT_END = re.compile(r"^(.*), (the|a|an|les|le|la|l'|der|die|das|il|el)\b(.*)$")


@dataclass(frozen=True, eq=False)
class RatingTable:
    """Hold the ratings of a table.

    users: what the table calls them, in the order in which they appear.
    rows: (place of the user, number of the film, stars), each pair once.
    left_out: rows that are not among them, and why.
    of: how many rows were given in all.
    """

    users: tuple[str, ...]
    rows: tuple[tuple[int, int, float], ...]
    left_out: tuple[LeftOut, ...]
    of: int


def read_ratings(content: bytes, titles: Sequence[str], years: Sequence[int], ids: Sequence[int]) -> RatingTable:
    """Read a table with a column of users, one of films and one of ratings; other columns are not looked at.

    titles, years, ids: of the films that are known, in the order of their numbers; 0 for an unknown year.
    A film is found by its title, with or without the year; or, where all of them are numbers, by its identifier.
    Leaves out rows that are no good.
    Raises BadInput for a file that is no such table, and if no row is left.
    """
    known = KnownFilms(titles, years, ids)
    users: dict[str, int] = {}
    rows: dict[tuple[int, int], float] = {}
    left_out = []
    first_problem: BadInput | None = None
    table = list(itertools.islice(_rows(content), MAX_RATINGS + 1))
    if len(table) > MAX_RATINGS:
        raise BadInput(
            text("This table has more than {max_ratings:,} ratings.", max_ratings=MAX_RATINGS), text("Give fewer.")
        )
    find = known.numbered if all(IDENTIFIER.fullmatch(cells[1].strip()) for _, cells in table) else known.titled
    for line, cells in table:
        try:
            user, film, stars = _user(cells[0]), find(cells[1].strip()), _stars(cells[2])
            place = users.get(user, len(users))
            if (place, film) in rows:
                raise BadInput(
                    text("{user} has rated {titles} before.", user=printable(user), titles=printable(titles[film])),
                    text("Give one rating."),
                )
        except BadInput as error:
            left_out.append(LeftOut(text("line {begin}", begin=line), error.what))
            first_problem = first_problem or BadInput(
                text("No row of this table can be used. Line {begin}: {what}", begin=line, what=error.what),
                error.advice,
            )
        else:
            users[user] = place
            rows[place, film] = stars
    if not rows:
        raise first_problem or BadInput(
            text("This table has no rows."), text("Give a line user,item,rating, then the ratings.")
        )
    found = tuple((user, film, stars) for (user, film), stars in rows.items())
    return RatingTable(tuple(users), found, tuple(left_out), len(table))


class KnownFilms:
    """Find films by what people write."""

    def __init__(self, titles: Sequence[str], years: Sequence[int], ids: Sequence[int]) -> None:
        self.titles, self.years = titles, years
        self.by_id = {identifier: number for number, identifier in enumerate(ids)}
        self.by_title: dict[str, list[int]] = defaultdict(list)
        for number, title in enumerate(titles):
            for name in {plain_title(title), *(plain_title(part) for part in _other_names(title))}:
                self.by_title[name].append(number)

    def numbered(self, written: str) -> int:
        """Return the number of the film with an identifier. Raises BadInput."""
        if int(written) not in self.by_id:
            raise BadInput(
                text("MovieLens's film {written} is not known here.", written=written),
                text("Use films of MovieLens, or titles."),
            )
        return self.by_id[int(written)]

    def titled(self, written: str) -> int:
        """Return the number of the film with a title. Raises BadInput for one that is not known, or is of several."""
        if not written:
            raise BadInput(text("It names no film."), text("Give a title, or a number of MovieLens."))
        year = YEAR_AT_END.search(written)
        found = self.by_title.get(plain_title(written[: year.start()] if year else written), [])
        if year:
            found = [each for each in found if self.years[each] == int(year[1])]
        if not found:
            raise BadInput(
                text("The film {written!r} is not known here.", written=printable(written)),
                text("Use titles as MovieLens has them."),
            )
        if len(found) > 1:
            years = together([str(self.years[each] or "") or text("unknown") for each in found[:6]], ", ")
            raise BadInput(
                text("There are several films called {written!r} ({years}).", written=printable(written), years=years),
                text("Write the year behind the title."),
            )
        return found[0]


def plain_title(title: str) -> str:
    """Reduce a title to lower-case letters and digits, an article that stands behind a comma brought to the front."""
    folded = unicodedata.normalize("NFKD", title[:MAX_CELL_CHARACTERS]).casefold().strip()
    if moved := ARTICLE_AT_END.match(folded):
        folded = f"{moved[2]} {moved[1]}{moved[3]}"
    folded = folded.replace("&", " and ")
    return " ".join(re.findall(r"[^\W_]+", "".join(each for each in folded if not unicodedata.combining(each))))


def _other_names(title: str) -> Iterator[str]:
    """Yield the title without what stands in brackets behind it, and what stands there: other names of the film."""
    if found := re.fullmatch(r"(.+?) \((?:a\.k\.a\. )?(.+)\)", title):
        yield found[1]
        yield found[2]


def _user(cell: str) -> str:
    user = cell.strip()
    if not user:
        raise BadInput(text("It names no user."), text("Give a name or a number."))
    return user


def _stars(cell: str) -> float:
    written = cell.strip().replace(",", ".")
    if not re.fullmatch(r"[+-]?\d{1,9}(\.\d{0,9})?", written, re.ASCII):
        raise BadInput(text("Its rating is {cell!r}.", cell=printable(cell.strip())), text("Give a number of stars."))
    stars = float(written)
    if not (math.isfinite(stars) and LEAST_STARS <= stars <= MOST_STARS):
        raise BadInput(
            text(
                "Its rating is {stars:g}, out of {least_stars} to {most_stars:g}.",
                stars=stars,
                least_stars=LEAST_STARS,
                most_stars=MOST_STARS,
            ),
            text("Bring ratings to that scale."),
        )
    return stars


def _rows(content: bytes) -> Iterator[tuple[int, tuple[str, str, str]]]:
    """Yield the line of each row and its user, item and rating. Raises BadInput for what is no table of ratings."""
    check_size(content, MAX_RATINGS_BYTES)
    for begins, holds, what in UNREAD_FORMATS:
        if content.startswith(begins) and holds in content:
            raise BadInput(text("This is {what}, not a table as CSV.", what=what), SAVE_AS_CSV)
    lines = io.StringIO(decode(content), newline="")
    heading, number, separators = "", 0, SEPARATORS
    while not heading.strip():
        heading, number = lines.readline(MAX_HEADING_CHARACTERS + 1), number + 1
        if not heading:
            raise BadInput(text("This table has no rows."), text("Give a line user,item,rating, then the ratings."))
        if len(heading) > MAX_HEADING_CHARACTERS:
            raise BadInput(
                text(
                    "Line {number} has more than {max_heading_characters:,} characters.",
                    number=number,
                    max_heading_characters=MAX_HEADING_CHARACTERS,
                ),
                FIRST_LINE,
            )
        if told := EXCEL_SEPARATOR_LINE.match(heading):
            separators, heading = told[1], ""
    places, separator = _places(heading, separators)
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True)
    while True:
        line = number + reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise BadInput(
                text("The table cannot be read from line {line} on.", line=line),
                text("Look for a missing quotation mark."),
            ) from error
        if cells is None:
            return
        if not any(cell.strip() for cell in cells):
            continue
        chosen = [cells[place] if place < len(cells) else "" for place in places]
        if max(map(len, chosen)) > MAX_CELL_CHARACTERS:
            raise BadInput(
                text("A cell of line {line} has more than {most} characters.", line=line, most=MAX_CELL_CHARACTERS),
                text("Look for a missing quotation mark."),
            )
        yield line, (chosen[0], chosen[1], chosen[2])


def _places(heading: str, separators: str) -> tuple[list[int], str]:
    """Return the places of user, item and rating, and the separator between columns. Raises BadInput."""
    best: tuple[list[int | None], str] = ([None, None, None], separators[0])
    for separator in separators:
        headings = [plain_heading(cell) for cell in next(csv.reader([heading], delimiter=separator))]
        if len(headings) > MAX_COLUMNS:
            raise BadInput(text("This table has more than {max_columns} columns.", max_columns=MAX_COLUMNS), FIRST_LINE)
        found = [
            next((headings.index(name) for name in names if name in headings), None) for names in HEADINGS.values()
        ]
        if found.count(None) < best[0].count(None):
            best = (found, separator)
    places, separator = best
    missing = [column for column, place in zip(HEADINGS, places, strict=True) if place is None]
    if missing:
        absent = missing[0]
        for column in missing[1:]:
            absent = text("{first} and {second}", first=absent, second=column)
        raise BadInput(text("This table has no column for {missing}.", missing=absent), FIRST_LINE)
    return [place for place in places if place is not None], separator
