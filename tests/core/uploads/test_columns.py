"""The columns of text and label are found by their headings, or the headings are named."""

import pytest

from core.errors import BadInput
from core.uploads.columns import LABEL_HEADINGS, TEXT_HEADINGS
from core.uploads.text_tables import read_text_table

CLASSES = ("crude oil", "grain", "money-fx")


@pytest.mark.parametrize("text", TEXT_HEADINGS)
@pytest.mark.parametrize("label", LABEL_HEADINGS)
def test_columns_are_found_by_their_usual_names_in_any_order(text, label):
    content = f"id;{label.title()};date;{text.upper()};x\n1;grain;today;corn is up;\n"
    read = read_text_table(content.encode(), CLASSES)
    assert (list(read.items), list(read.labels)) == (["corn is up"], [1])


def test_the_very_names_win_over_similar_ones():
    read = read_text_table(b"headline,text,class,label\nno,corn is up,no,grain\n", CLASSES)
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
        read_text_table(content, CLASSES)
    assert says in told.value.what and len(str(told.value)) < 400
