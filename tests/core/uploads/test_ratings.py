"""Tables of ratings: films by title, year or number, and everything that a stranger may write instead."""

import pytest

from core.errors import BadInput
from core.uploads.ratings import MAX_RATINGS, plain_title, read_ratings

TITLES = ["Sabrina", "Sabrina", "Matrix, The", "300", "Cité des enfants perdus, La (City of Lost Children, The)"]
YEARS, IDS = [1954, 1995, 1999, 2006, 1995], [915, 7, 2571, 51662, 29]


def read(*rows, heading="user,item,rating"):
    return read_ratings("\n".join([heading, *rows]).encode(), TITLES, YEARS, IDS)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("Sabrina (1954)", 0),
        ("sabrina (1995)", 1),
        ("The Matrix", 2),
        ('"Matrix, The (1999)"', 2),
        ("300", 3),
        ("300 (2006)", 3),
        ("the city of lost children", 4),
        ("La Cite des Enfants Perdus", 4),
    ],
)
def test_a_film_is_found_as_people_write_it(written, number):
    assert read(f"ann,{written},4", "bob,The Matrix,3").rows[0] == (0, number, 4.0)


def test_where_all_are_numbers_they_are_identifiers():
    assert read("1,7,4.5", "1,2571,3", heading="userId,movieId,rating").rows == ((0, 1, 4.5), (0, 2, 3.0))
    with pytest.raises(BadInput, match="300 is not known"):
        read("1,300,4")


def test_what_is_no_good_is_named_and_left_out():
    found = read(
        "ann,The Matrix,4",
        "ann,Sabrina,3",
        "ann,Nothing,3",
        "ann,300,7",
        "ann,The Matrix,5",
        "bob,300,nan",
        ",300,4",
        "bob,300",
    )
    assert found.users == ("ann",) and found.of == 8
    assert {each.what: each.why for each in found.left_out} == {
        "line 3": "There are several films called 'Sabrina' (1954, 1995).",
        "line 4": "The film 'Nothing' is not known here.",
        "line 5": "Its rating is 7, out of 0.5 to 5.",
        "line 6": "ann has rated Matrix, The before.",
        "line 7": "Its rating is 'nan'.",
        "line 8": "It names no user.",
        "line 9": "Its rating is ''.",
    }


def test_separators_and_decimal_commas_of_other_countries():
    assert read("ann;The Matrix;3,5", heading="User;Title;Stars").rows == ((0, 2, 3.5),)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"user,item\n1,2", "no column for rating"),
        (b"user,item,rating\n", "no rows"),
        (b"PK\x03\x04xl/workbook", "Excel"),
        (b"user,item,rating\nann,The Matrix,9", "9, out of"),
        (b"x" * 11_000_000, "MB"),
        (b"," * 200 + b"\n", "columns"),
        (b'user,item,rating\nann,"' + b"x" * 200_000, "quotation|characters"),
        (b"user,item,rating\n" + b"a,300,4\n" * (MAX_RATINGS + 1), "more than 50,000 ratings"),
        (b"user,item,rating\nann,300," + b"9" * 400, "more than 300"),
    ],
)
def test_what_is_no_table_of_ratings_is_refused(content, said):
    with pytest.raises(BadInput, match=said):
        read_ratings(content, TITLES, YEARS, IDS)


def test_titles_are_compared_by_their_letters():
    assert plain_title("Matrix, The") == plain_title("the MATRIX!") == "the matrix"
    assert plain_title("Amélie & Co") == "amelie and co"
