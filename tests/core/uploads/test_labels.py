"""Labels and folder names stand for the classes that they mean, or end in a sentence."""

import contextlib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.uploads.labels import UnmatchedLabel, match_label

CLASSES = ("T-shirt", "Trousers", "Coat")
LANGUAGES = ("C", "C++", "C#", "Java")
MATCHED = [
    ("C", LANGUAGES, 0),
    ("C++", LANGUAGES, 1),
    ("C#", LANGUAGES, 2),
    (" c++ ", LANGUAGES, 1),
    ("c", LANGUAGES, 0),
    ("java", LANGUAGES, 3),
    ("J_a-v a", LANGUAGES, 3),
    ("+1", ("+1", "-1"), 0),
    ("-1", ("+1", "-1"), 1),
    ("us", ("US", "us"), 1),
    ("money fx", ("money-fx", "ship"), 0),
    ("MONEY_FX", ("money-fx", "ship"), 0),
    ("\N{FULLWIDTH LATIN CAPITAL LETTER A}nkle boot", ("T-shirt", "Ankle boot"), 1),
    ("Strasse", ("Straße", "Weg"), 0),
    (unicodedata.normalize("NFD", "Öl"), ("Ol", "Öl"), 1),
    ("1-5", ("1 5", "6"), 0),
    ("😀", ("😀", "😢"), 0),
    ("का", ("की", "का"), 1),
]


UNMATCHED = [
    ("C--", LANGUAGES, "could be any of C, C"),
    ("c.", LANGUAGES, "could be any of C, C"),
    ("C", ("C++", "Java"), "is no class"),
    ("C++", ("C", "Java"), "is no class"),
    ("-1", ("+1", "0"), "is no class"),
    ("1", ("+1", "-1"), r"could be any of \+1, -1"),
    ("1.0", ("10", "1"), "is no class"),
    ("1-5", ("15", "3"), "is no class"),
    ("Us", ("US", "us"), "could be any of US, us"),
    ("a b", ("a-b", "a_b"), "could be any of a-b, a_b"),
    ("same", ("same", "same"), "could be any of"),
    ("", ("---", "x"), "is no class"),
    ("***", ("---", "x"), "is no class"),
    ("!?", ("...", "x"), "is no class"),
    ("की", ("का", "x"), "is no class"),
    ("x" * 100_000, ("x",), "is no class"),
]


@pytest.mark.parametrize(("given", "names", "place"), MATCHED)
def test_a_label_stands_for_the_class_that_it_means(given, names, place):
    assert match_label(given, names) == place


@pytest.mark.parametrize(("given", "names", "says"), UNMATCHED)
def test_a_label_that_could_mean_several_or_none_is_told(given, names, says):
    with pytest.raises(UnmatchedLabel, match=says) as told:
        match_label(given, names)
    assert len(str(told.value)) < 400


def test_other_names_are_looked_up_by_the_same_rule_and_never_before_a_class():
    aliases = {"T-shirt/top": "T-shirt", "Coat": "Trousers", "n04370456": "Trousers", "gone": "no such class"}
    for other, place in {
        "T-shirt_top": 0,
        "t-shirt/TOP": 0,
        "N04370456": 1,
        "Coat": 2,
        "coat": None,
        "gone": None,
    }.items():
        if place is None:
            with pytest.raises(UnmatchedLabel):
                match_label(other, CLASSES, aliases)
        else:
            assert match_label(other, CLASSES, aliases) == place


@given(st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=5, unique=True))
def test_a_class_is_always_found_by_its_own_name(names):
    plain = [unicodedata.normalize("NFC", name).strip() for name in names]
    for place, name in enumerate(names):
        if plain[place] and plain.count(plain[place]) == 1:
            assert match_label(name, names) == place


@given(st.text(max_size=6), st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=4))
def test_any_label_is_a_class_or_a_sentence(given_label, names):
    with contextlib.suppress(UnmatchedLabel):
        assert 0 <= match_label(given_label, names) < len(names)
