"""The glossary: the same terms in every language, and a broken entry told by file and line while the others work."""

import re

import pytest

from core.build.catalogues import read_catalogue
from core.glossary import FOLDER, link_terms, mentions, read_glossary
from core.language import LOCALE, languages
from core.lessons.reading import FOLDER as LESSONS

FILES = sorted(path.stem for path in FOLDER.glob("*.md"))


def glossary(tmp_path, text):
    (tmp_path / "en.md").write_text(text, encoding="utf-8")
    return read_glossary("en", tmp_path)


def test_every_language_explains_the_same_terms_in_the_same_order():
    assert set(languages()) == set(FILES)
    read = [read_glossary(each) for each in FILES]
    assert all(not each.broken for each in read)
    assert len({tuple(each.terms) for each in read}) == 1
    assert len(read[0].terms) >= 45
    for terms in zip(*(each.terms.values() for each in read), strict=True):
        assert len({(each.see, each.source) for each in terms}) == 1
        assert len({each.meaning for each in terms}) == len(terms)


@pytest.mark.parametrize("language", FILES)
def test_a_term_is_explained_in_a_sentence_or_a_few_and_refers_to_others(language):
    for term in read_glossary(language).terms.values():
        assert 1 <= len(re.findall(r"[.。](?:\s|$|(?=[^\d\s]))", term.meaning)) <= 3, term
        assert term.id not in term.see
        assert not set(re.findall(r"\[\[", term.meaning))


def test_a_file_is_read_term_by_term(tmp_path):
    found = glossary(
        tmp_path,
        "A note.\n\n## one: first thing\nIt is one.\nReally.\nsee: two\n\n## two: 二\nTwo: a pair.\nsource: A 2015\n",
    )
    assert not found.broken
    one, two = found.terms.values()
    assert (one.id, one.name, one.meaning, one.see) == ("one", "first thing", "It is one. Really.", ("two",))
    assert (two.name, two.meaning, two.source) == ("二", "Two: a pair.", "A 2015")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("## broken heading\nText.", 4),
        ("## Capital: name\nText.", 4),
        ("## empty: name\n\nsee: good", 4),
        ("## good: again\nText.", 4),
        ("## b: name\nText.\nsee: nothing", 4),
        ("## b: name\nText.\nsee:", 6),
        ("## b: name\nText.\nsource: A\nsource: B", 7),
    ],
)
def test_a_broken_entry_is_told_by_file_and_line_and_the_others_work(tmp_path, text, line):
    found = glossary(tmp_path, f"## good: good\nGood.\n\n{text}\n\n## last: last\nLast.\n")
    (error,) = found.broken
    assert error.what.startswith(f"en.md, line {line}: ")
    assert {"good", "last"} <= set(found.terms)


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_glossary_that_cannot_be_read_is_one_sentence(tmp_path, content):
    if content is not None:
        (tmp_path / "en.md").write_bytes(content)
    found = read_glossary("en", tmp_path)
    assert not found.terms
    assert "en.md" in found.broken[0].what


def test_terms_are_found_by_all_words_names_first(tmp_path):
    found = glossary(tmp_path, "## a: apple\nLike a pear.\n\n## b: Pear tree\nIt has fruit.\n\n## c: nut\nHard.\n")
    assert [each.id for each in found.search("pear")] == ["b", "a"]
    assert [each.id for each in found.search("FRUIT tree")] == ["b"]
    assert [each.id for each in found.search("")] == ["a", "b", "c"]
    assert found.search("plum") == []


def test_a_term_in_a_text_becomes_a_link_that_explains_it(tmp_path):
    known = glossary(tmp_path, '## a: apple\nSays "crunch".\n')
    assert link_terms("An [[a]] or **[[a|apples]]**; [[no]] [[no|pears]].", known, "glossary?term={id}") == (
        "An [apple](glossary?term=a \"Says 'crunch'.\") or **[apples](glossary?term=a \"Says 'crunch'.\")**; no pears."
    )


def test_lessons_mention_each_term_once_and_the_same_ones_in_every_language():
    known = set(read_glossary("en").terms)
    for path in sorted((LESSONS / "en").glob("*.md")):
        told = [
            list(mentions((LESSONS / language / path.name).read_text(encoding="utf-8"))) for language in sorted(FILES)
        ]
        for each in told:
            assert each, path.name
            assert len(set(each)) == len(each), path.name
            assert set(each) <= known
        assert len({frozenset(each) for each in told}) == 1, path.name


@pytest.mark.parametrize("path", sorted(LOCALE.glob("*/messages.po")), ids=lambda path: path.parent.name)
def test_messages_of_pages_name_terms_that_there_are_and_the_same_ones_in_every_language(path):
    known = read_glossary().terms
    messages = [each for each in read_catalogue(path) if "[[" in str(each.id)]
    assert len(messages) > 10
    for message in messages:
        named = sorted(mentions(str(message.id)))
        assert named and set(named) <= set(known), message.id
        assert sorted(mentions(str(message.string))) == named, message.id
