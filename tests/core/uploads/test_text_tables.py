"""Tables of labelled texts: rows that are no good are named, and so is what is no table."""

import pytest

from core.errors import BadInput
from core.uploads.text_tables import read_text_table
from tests.core.uploads.files import left, zipped

CLASSES = ("crude oil", "grain", "money-fx")


def excel():
    """The files of a small workbook, as a zip."""
    return zipped(
        {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>", "xl/worksheets/sheet1.xml": b""}
    )


def opendocument():
    return zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b""}, 0)


OTHERS = {
    "a workbook": (excel(), "Excel workbook"),
    "a damaged workbook": (excel()[:-40], "Excel workbook"),
    "an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "Excel workbook"),
    "a spreadsheet of LibreOffice": (opendocument(), "OpenDocument"),
    "a spreadsheet of Numbers": (zipped({"Index/Document.iwa": b""}), "Numbers"),
    "a letter": (zipped({"word/document.xml": b""}), "Word"),
    "a zip of a table": (zipped({"a.csv": b"text,label\n"}), "a zip"),
    "an empty zip": (zipped({}), "zip"),
    "a PDF": (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
    "a gzip": (b"\x1f\x8b\x08" + bytes(50), "gzip"),
    "a Parquet file": (b"PAR1" + bytes(50), "Parquet"),
}


@pytest.mark.parametrize("what", OTHERS)
def test_what_is_no_table_is_named_with_the_way_out(what):
    content, says = OTHERS[what]
    with pytest.raises(BadInput) as told:
        read_text_table(content, CLASSES)
    assert says in told.value.what and "CSV" in told.value.advice


def test_a_heading_that_begins_like_a_zip_is_a_heading():
    assert list(read_text_table(b"PK,text,label\n1,corn is up,grain\n", CLASSES).labels) == [1]


def test_rows_that_are_no_good_are_left_out_and_named_by_their_line():
    content = "\n".join(
        [
            "text,label",
            "corn is up,grain",
            ",grain",
            "opec,sandals",
            '"two',
            'lines",crude oil',
            "no label at all",
            "empty label,",
            f"{'x' * 10_001},grain",
            f"{'y' * 200_000},grain",
            "corn, wheat,grain",
            "oil falls,crude oil,,",
            "dollar,MONEY FX",
        ]
    )
    read = read_text_table(content.encode(), CLASSES)
    assert list(read.items) == ["corn is up", "two\nlines", "oil falls", "dollar"]
    assert list(read.labels) == [1, 0, 0, 2]
    whys = {
        "line 3": "no text",
        "line 4": "'sandals', which is no class here",
        "line 7": "no text or no label",
        "line 8": "no label",
        "line 9": "10,001 characters",
        "line 10": "200,0",
        "line 11": "3 columns where the headings have 2",
    }
    assert list(left(read)) == list(whys)
    assert {line: why for line, why in left(read).items() if whys[line] not in why} == {}
    assert read.of == 11


def test_a_label_that_could_mean_several_classes_is_named():
    read = read_text_table(b"text,label\na,C\nb,c++\nd,C--\n", ("C", "C++", "C#"))
    assert list(read.labels) == [0, 1]
    assert "could be any of C, C++, C#" in left(read)["line 4"]


def test_signs_are_told_apart():
    read = read_text_table(b"text,label\na,+1\nb,-1\nc,1\n", ("+1", "-1"))
    assert list(read.labels) == [0, 1]
    assert list(left(read)) == ["line 4"]


def test_a_table_is_read():
    content = '\ufefftext,label,other\n"one, two\nthree",T-Shirt,x\nfour,ankle boot,\n'.encode()
    read = read_text_table(content, ("T-shirt", "Ankle boot"))
    assert (read.items, read.labels) == (["one, two\nthree", "four"], [0, 1])
    assert (read.left_out, read.of) == ((), 2)
