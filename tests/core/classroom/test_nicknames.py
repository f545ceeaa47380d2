"""Nicknames: whatever somebody types becomes one short line of text, or a sentence."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.classroom.nicknames import JOINERS, LONGEST, clean_nickname, tell_apart
from core.errors import BadInput


@given(st.text(max_size=60))
def test_a_nickname_is_one_short_line_of_text_or_a_sentence(typed):
    try:
        name = clean_nickname(typed)
    except BadInput as error:
        assert error.what
        assert error.advice
        return
    assert 1 <= len(name) <= LONGEST
    assert name == name.strip()
    assert name.isprintable() or any(each in JOINERS or unicodedata.category(each) == "Cn" for each in name)
    assert not any(
        unicodedata.bidirectional(each) in ("RLO", "LRO", "RLE", "LRE", "PDF", "RLI", "LRI") for each in name
    )
    assert clean_nickname(name) == name
    name.encode()  # which a half of a letter could not be


@given(st.lists(st.sampled_from(["Ada", "ada", "ADA ", "Ада", "A\u200dda", "Ada (2)", "ada (3)"]), max_size=30))
def test_no_two_have_one_nickname(typed):
    names = []
    for each in typed:
        names.append(tell_apart(clean_nickname(each), names))
    assert len({name.casefold() for name in names}) == len(names)


@pytest.mark.parametrize(
    "typed",
    [
        "🦊🐼",
        "👩‍👩‍👧‍👦 family",
        "مريم",
        "נועה",
        "می‌خواهم",
        "小明",
        "<script>alert(1)</script>",
        "'; DROP TABLE members; --",
        "a" * LONGEST,
        "**bold** $x$ :red[y]",
        "!",
    ],
)
def test_what_people_write_stays_as_it_is(typed):
    assert clean_nickname(f"  {typed}\n") == typed[:LONGEST]


def test_controls_and_marks_of_direction_are_gone_and_lines_are_one():
    assert clean_nickname("\u202eevil\u2066\x00\x1b[31m\ud800") == "evil[31m"
    assert clean_nickname("first\r\n\tlast") == "first last"


@pytest.mark.parametrize("typed", ["", "   ", "\u200b\u200d", "\u3164\u2800", "\x00\n", "\u202e"])
def test_an_empty_one_is_a_sentence(typed):
    with pytest.raises(BadInput, match="at least one letter"):
        clean_nickname(typed)


@pytest.mark.parametrize("typed", ["a" * (LONGEST + 1), "x" * 10_000])
def test_a_long_one_is_a_sentence_that_says_how_long(typed):
    with pytest.raises(BadInput, match=f"at most {LONGEST} characters; this one has {len(typed):,}"):
        clean_nickname(typed)


def test_the_second_of_a_name_gets_a_number_and_the_third_the_next():
    assert tell_apart("Ada", []) == "Ada"
    assert tell_apart("ada", ["Ada"]) == "ada (2)"
    assert tell_apart("Ada", ["Ada", "ada (2)"]) == "Ada (3)"
