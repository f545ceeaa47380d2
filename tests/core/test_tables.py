"""Tables of texts from people: however a spreadsheet saves them they are read, and rows that are no good are named."""

import contextlib
import csv
import io
import math
from types import SimpleNamespace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import BadInput
from core.tasks import load
from core.tasks.brought import answer, judge, read_labelled
from core.tasks.demo import UploadAdapter
from core.uploads import readers
from core.uploads.readers import LeftOut
from tests.core.test_inbox import zipped

CLASSES = ("crude oil", "grain", "money-fx")
TEXTS = ["Öl wird teurer, überall", 'er sagte: "genug"', "Weizen; Mais | Gerste"]
LABELS = [0, 2, 1]


def table(separator=",", ends="\r\n", headings=("text", "label"), quoting=csv.QUOTE_MINIMAL, texts=TEXTS):
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=separator, lineterminator=ends, quoting=quoting)
    writer.writerow(headings)
    writer.writerows((text, CLASSES[label]) for text, label in zip(texts, LABELS, strict=True))
    return file.getvalue()


def left(read):
    return {each.what: each.why for each in read.left_out}


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
    read = readers.read_texts(SAVED[how], CLASSES)
    assert (list(read.items), list(read.labels), read.left_out, read.of) == (TEXTS, LABELS, (), 3)


@pytest.mark.parametrize("text", readers.TEXT)
@pytest.mark.parametrize("label", readers.LABEL)
def test_columns_are_found_by_their_usual_names_in_any_order(text, label):
    content = f"id;{label.title()};date;{text.upper()};x\n1;grain;today;corn is up;\n"
    read = readers.read_texts(content.encode(), CLASSES)
    assert (list(read.items), list(read.labels)) == (["corn is up"], [1])


def test_the_very_names_win_over_similar_ones():
    read = readers.read_texts(b"headline,text,class,label\nno,corn is up,no,grain\n", CLASSES)
    assert (list(read.items), list(read.labels)) == (["corn is up"], [1])


HEADINGS = {
    "no text": (b"name,label\na,grain\n", "no text among its headings: 'name', 'label'"),
    "no label": (b"text;kind\na;grain\n", "no label among its headings: 'text', 'kind'"),
    "neither": (b"a,b\nc,grain\n", "no text and no label among its headings: 'a', 'b'"),
    "two that could be it": (b"headline,content,label\na,b,grain\n", "'headline', 'content', 'label'"),
    "the same twice": (b"text,text,label\na,b,grain\n", "Which column is the text"),
    "JSON": (b'[{"text": "a", "label": "grain"}]', "JSON"),
    "JSON in lines": (b'{"text": "a", "label": "grain"}\n', "JSON"),
    "a web page": (b"<html><table><tr><td>text</td></tr></table>", "web page"),
    "no headings at all": (b"corn is up,grain\n", "no text and no label"),
    "headings alone": (b"text,label\n", "no rows"),
    "empty lines alone": (b"\n\n\r\n", "no rows"),
    "headings and empty cells": (b"text,label\n,\n , \n", "no rows"),
    "headings without end": (b"text,label," + b"x" * 20_001 + b"\n", "characters"),
    "sixty headings": (b"text;label" + b";x" * 60 + b"\n", "50 columns"),
}


@pytest.mark.parametrize("what", HEADINGS)
def test_headings_that_cannot_be_told_are_a_sentence_that_names_them(what):
    content, says = HEADINGS[what]
    with pytest.raises(BadInput) as told:
        readers.read_texts(content, CLASSES)
    assert says in told.value.what and len(str(told.value)) < 400


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
        readers.read_texts(content, CLASSES)
    assert says in told.value.what and "CSV" in told.value.advice


def test_a_heading_that_begins_like_a_zip_is_a_heading():
    assert list(readers.read_texts(b"PK,text,label\n1,corn is up,grain\n", CLASSES).labels) == [1]


WORDS = {
    "French": ("cp1252", "L'été fut très chaud à Paris, où le marché a chuté."),
    "Spanish": ("cp1252", "¿Qué pasó con el maíz? España exportó más."),
    "Swedish": ("cp1252", "Priset på råolja föll på måndagen."),
    "a currency": ("cp1252", "Es kostet 5 € mehr, das sind 25 °C und 3 ½ %."),
    "curly quotes": ("cp1252", "He said \u201chello\u201d \u2013 it\u2019s fine\u2026"),
    "Russian": ("cp1251", "Цены на нефть растут, рынок зерна упал вчера вечером."),
    "Greek": ("cp1253", "Οι τιμές του πετρελαίου αυξάνονται σήμερα."),  # noqa: RUF001
    "Czech": ("cp1250", "Příliš žluťoučký kůň úpěl ďábelské ódy."),
    "Chinese": ("gb18030", "油价上涨了很多,股市下跌,粮食出口减少。"),
}


@pytest.mark.parametrize("language", WORDS)
def test_what_spreadsheets_of_other_countries_write_is_read(language):
    encoding, text = WORDS[language]
    content = f"text;label\n{text};grain\n".encode(encoding)
    assert list(readers.read_texts(content, CLASSES).items) == [text]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1254", "Petrol fiyatları yükseliyor, şirket kâr etti ağır"),  # noqa: RUF001
        ("cp1255", "מחירי הנפט עולים"),
        ("latin-1", "\x81\x8d\x90 \xa4\xb6"),
    ],
)
def test_an_encoding_that_cannot_be_told_is_a_sentence(encoding, text):
    with pytest.raises(BadInput, match="cannot be told in which encoding") as told:
        readers.read_texts(f"text;label\n{text};grain\n".encode(encoding), CLASSES)
    assert "UTF-8" in told.value.advice


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
    read = readers.read_texts(content.encode(), CLASSES)
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


def test_a_row_that_an_open_quotation_swallowed_is_named_with_all_its_lines():
    read = readers.read_texts(b'text,label\ncorn,grain\n"oil,crude oil\nmore,grain\nmost,grain\n', CLASSES)
    assert list(read.items) == ["corn"]
    assert "quotation mark" in left(read)["lines 3 to 5"]


def test_a_quotation_without_end_is_a_sentence_with_its_line():
    content = b'text,label\ncorn,grain\n"oil,crude oil\n' + b"more words,grain\n" * 9_000
    with pytest.raises(BadInput, match="line 3"):
        readers.read_texts(content, CLASSES)


def test_a_label_that_could_mean_several_classes_is_named():
    read = readers.read_texts(b"text,label\na,C\nb,c++\nd,C--\n", ("C", "C++", "C#"))
    assert list(read.labels) == [0, 1]
    assert "could be any of C, C++, C#" in left(read)["line 4"]


def test_signs_are_told_apart():
    read = readers.read_texts(b"text,label\na,+1\nb,-1\nc,1\n", ("+1", "-1"))
    assert list(read.labels) == [0, 1]
    assert list(left(read)) == ["line 4"]


@settings(max_examples=400)
@given(st.sampled_from([*SAVED.values()]), st.data())
def test_one_changed_byte_ends_in_rows_or_a_sentence(content, data):
    changed = bytearray(content)
    changed[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(BadInput):
        read = readers.read_texts(bytes(changed), CLASSES)
        assert len(read.items) == len(read.labels) >= 1


@given(st.text(alphabet='",;\t|\n\r ab\0', max_size=60), st.sampled_from(["utf-8", "utf-16", "cp1252"]))
def test_any_rows_end_in_rows_or_a_sentence(rows, encoding):
    with contextlib.suppress(BadInput):
        read = readers.read_texts(f"text,label\n{rows}".encode(encoding), ("a", "b"))
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
        read = readers.read_texts(content, CLASSES)
        assert list(zip(read.items, read.labels, strict=True)) == expected


# A row of emoji, of Chinese, of nothing


ODD = "text,label\nopec cuts crude oil output,crude oil\n😀😀,grain\n你好,grain\n,grain\nwheat exports fall,grain\n"


def test_what_a_network_cannot_read_is_named_and_all_the_rest_is_judged():
    task = load("reuters-cnn")
    given = read_labelled(task, ODD.encode() + b"corn exports fall,grain\n" * 40)
    assert [each.what for each in given.left_out] == ["line 3", "line 4", "line 5"]
    assert all("known" in each.why or "no text" in each.why for each in given.left_out)
    assert (len(given.items), given.of) == (42, 45)
    assert given.counts["grain"] == 41 and given.counts["crude oil"] == 1 and sum(given.counts.values()) == 42
    told = list(judge(task, task.model, given))
    assert told[-1].n == 42


def test_a_set_of_nothing_that_can_be_read_is_refused():
    with pytest.raises(BadInput, match=r"Line 2: .*known"):
        read_labelled(load("reuters-cnn"), "text,label\n😀,grain\n你好,grain\n".encode())


# Several labels for an example, each judged by itself


TOXIC = ("toxic", "insult", "threat;mild", "a|b")


def several(**own):
    """A task that reads its answers from the text itself, as numbers."""

    def inputs(texts):
        return torch.tensor([[float(each) for each in text.split()] for text in texts])

    return SimpleNamespace(own=UploadAdapter("text", inputs, multi=True, **own), classes=TOXIC)


def test_each_label_is_sure_by_itself():
    said = answer(several(), lambda seen: seen, "-6 -7 2 0")
    assert said.said == "threat;mild, a|b (each label is judged by itself)"
    expected = [
        (name, round(100 / (1 + math.exp(-x)), 1))
        for name, x in (("threat;mild", 2), ("a|b", 0), ("toxic", -6), ("insult", -7))
    ]
    assert [(row["Answer"], row["Sure, %"]) for row in said.rows] == expected
    assert answer(several(), lambda seen: seen, "-6 -7 -8 -9").said.startswith("none of them")
    assert answer(several(), lambda seen: seen, "nan 1 1 1").said == "no answer"


def test_a_cell_holds_several_labels_or_none():
    rows = {
        "": (),
        "toxic": (0,),
        "toxic;insult": (0, 1),
        " Insult | TOXIC ": (0, 1),
        "threat;mild": (2,),
        "a|b": (3,),
        "toxic;threat;mild|a|b": (0, 2, 3),
        "toxic;toxic;": (0,),
    }
    content = "text,label\n" + "".join(f'1 1 1 1,"{cell}"\n' for cell in rows)
    given = read_labelled(several(), content.encode())
    assert list(given.labels) == list(rows.values())
    assert given.counts == {"toxic": 5, "insult": 2, "threat;mild": 2, "a|b": 2}
    assert given.left_out == ()


def test_a_cell_with_one_label_that_is_none_is_named():
    given = read_labelled(several(), b"text,label\n1 1 1 1,toxic;rude\n1 1 1 1,toxic\n")
    assert given.left_out == (LeftOut("line 2", "It has the label 'rude', which is no class here."),)


def test_right_is_who_names_exactly_the_labels():
    content = (
        b"text,label\n9 -9 -9 -9,toxic\n9 9 -9 -9,toxic\n-9 -9 -9 -9,\n9 -9 -9 -9,toxic;insult\nnan 1 1 1,insult\n"
    )
    *_, quality = judge(several(), lambda seen: seen, read_labelled(several(), content))
    assert (quality.value, quality.n) == (2 / 5, 5)
