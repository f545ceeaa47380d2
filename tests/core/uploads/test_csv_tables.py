"""However a spreadsheet saves a table as CSV it is read."""

import contextlib
import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import BadInput
from core.uploads.text_tables import read_text_table
from tests.core.uploads.files import left

CLASSES = ("crude oil", "grain", "money-fx")
TEXTS = ["Öl wird teurer, überall", 'er sagte: "genug"', "Weizen; Mais | Gerste"]
LABELS = [0, 2, 1]


def table(separator=",", ends="\r\n", headings=("text", "label"), quoting=csv.QUOTE_MINIMAL, texts=TEXTS):
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=separator, lineterminator=ends, quoting=quoting)
    writer.writerow(headings)
    writer.writerows((text, CLASSES[label]) for text, label in zip(texts, LABELS, strict=True))
    return file.getvalue()


SAVED = {
    "commas, as usual": table().encode(),
    "semicolons, as German Excel": table(";").encode("cp1252"),
    "semicolons, UTF-8 with a mark": table(";").encode("utf-8-sig"),
    "tabs": table("\t").encode(),
    "bars": table("|").encode(),
    "tabs, Unicode text of Excel": table("\t").encode("utf-16"),
    "UTF-16, the other way round": b"\xfe\xff" + table().encode("utf-16-be"),
    "UTF-16 without a mark": table().encode("utf-16-le"),
    "UTF-16 without a mark, the other way round": table().encode("utf-16-be"),
    "UTF-32": table().encode("utf-32"),
    "UTF-32 without a mark": table().encode("utf-32-be"),
    "old Mac": table(";", "\r").encode("mac_roman"),
    "old Mac in UTF-8": table(";", "\r").encode(),
    "Unix": table(ends="\n").encode(),
    "all in quotes": table(quoting=csv.QUOTE_ALL).encode(),
    "headings in capitals": table(headings=("Text", "LABEL")).encode(),
    "headings with spaces": table(headings=(" text ", "label ")).encode(),
    "headings in two kinds of quotes": table(headings=("'text'", '"label"')).encode(),
    "other headings": table(headings=("Review", "Category")).encode(),
    "a line for Excel": b"sep=;\r\n" + table(";").encode("cp1252"),
    "empty lines before": b"\r\n\r\n" + table().encode(),
    "empty lines between": table(ends="\r\n\r\n").encode(),
    "empty cells below": table(";").encode() + b";\r\n" * 20,
}


@pytest.mark.parametrize("how", SAVED)
def test_however_it_was_saved_a_table_is_read(how):
    read = read_text_table(SAVED[how], CLASSES)
    assert (list(read.items), list(read.labels), read.left_out, read.of) == (TEXTS, LABELS, (), 3)


def test_a_row_that_an_open_quotation_swallowed_is_named_with_all_its_lines():
    read = read_text_table(b'text,label\ncorn,grain\n"oil,crude oil\nmore,grain\nmost,grain\n', CLASSES)
    assert list(read.items) == ["corn"]
    assert "quotation mark" in left(read)["lines 3 to 5"]


def test_a_quotation_without_end_is_a_sentence_with_its_line():
    content = b'text,label\ncorn,grain\n"oil,crude oil\n' + b"more words,grain\n" * 9_000
    with pytest.raises(BadInput, match="line 3"):
        read_text_table(content, CLASSES)


@settings(max_examples=400)
@given(st.sampled_from([*SAVED.values()]), st.data())
def test_one_changed_byte_ends_in_rows_or_a_sentence(content, data):
    changed = bytearray(content)
    changed[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(BadInput):
        read = read_text_table(bytes(changed), CLASSES)
        assert len(read.items) == len(read.labels) >= 1


@given(st.text(alphabet='",;\t|\n\r ab\0', max_size=60), st.sampled_from(["utf-8", "utf-16", "cp1252"]))
def test_any_rows_end_in_rows_or_a_sentence(rows, encoding):
    with contextlib.suppress(BadInput):
        read = read_text_table(f"text,label\n{rows}".encode(encoding), ("a", "b"))
        assert read.of == len(read.items) + len(read.left_out)


@given(
    st.lists(st.tuples(st.text(min_size=1, max_size=20), st.integers(0, 2)), min_size=1, max_size=5),
    st.sampled_from(",;\t|"),
)
def test_what_a_program_writes_is_read_back(rows, separator):
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=separator, quoting=csv.QUOTE_ALL)
    writer.writerow(["text", "label"])
    writer.writerows((text, CLASSES[label]) for text, label in rows)
    content = file.getvalue().encode("utf-8", "replace")
    expected = [(text.encode("utf-8", "replace").decode(), label) for text, label in rows if text.strip()]
    if expected:
        read = read_text_table(content, CLASSES)
        assert list(zip(read.items, read.labels, strict=True)) == expected
