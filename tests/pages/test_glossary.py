"""The glossary without a browser: all terms, a search, a link to one, and where pages name them."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from core.glossary import read_glossary
from pages.shared.terms import glossary
from tests.conftest import ROOT


def open_page(page: str, **query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=240)
    app.query_params.update(query)
    app.run().switch_page(f"pages/{page}.py").run()
    assert not app.exception
    return app


@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_term_is_there_once_and_refers_to_others_of_the_page(language):
    terms = read_glossary(language).terms
    app = open_page("glossary", lang=language)
    shown = {each.proto.anchor: each.value for each in app.header}
    assert {anchor: name.casefold() for anchor, name in shown.items()} == {
        id: each.name.casefold() for id, each in terms.items()
    }
    leads = set(re.findall(r"\]\(#([a-z0-9-]+)\)", " ".join(each.value for each in app.caption)))
    assert leads == {other for each in terms.values() for other in each.see}


def test_a_search_lists_what_has_all_words_and_says_so_if_nothing_has():
    app = open_page("glossary")
    app.text_input(key="wanted-term").set_value("THRESHOLD").run()
    names = [each.value for each in app.header]
    assert names[0] == "Threshold"
    assert 1 < len(names) < 15
    app.text_input(key="wanted-term").set_value("<b>no such word").run()
    assert not app.header
    assert any("No term" in each.value for each in app.caption)


def test_a_link_to_no_term_is_a_sentence_and_the_page_works():
    app = open_page("glossary", term="<script>")
    assert any("<script>" in each.value and "not in the glossary" in each.value for each in app.warning)
    assert len(app.header) == len(read_glossary("en").terms)


@pytest.fixture
def fresh_glossary():
    glossary.clear()
    yield
    glossary.clear()


def test_a_broken_glossary_is_a_sentence_and_lessons_still_work(tmp_path, monkeypatch, fresh_glossary):
    (tmp_path / "en.md").write_text("## one: one\nOne.\n\n## no heading\nText.\n")
    monkeypatch.setattr("pages.shared.terms.read_glossary", lambda language: read_glossary("en", tmp_path))
    app = open_page("glossary")
    assert [each.value for each in app.header] == ["One"]
    assert any("en.md, line 4" in each.value for each in app.error)
    assert not open_page("learn").error


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("page", ["explore", "fine_tune", "adapt", "measure", "compare", "bring", "about", "learn"])
def test_every_page_links_its_terms_to_the_glossary_in_the_language_of_the_visitor(page, language):
    app = open_page(page, lang=language)
    written = " ".join(each.value for each in [*app.caption, *app.markdown])
    linked = re.findall(r"\]\(glossary\?([^ )]*) \"", written)
    assert linked
    for each in linked:
        assert ("lang=zh" in each) == (language == "zh")
        assert each.partition("term=")[2] in read_glossary(language).terms
    assert "[[" not in written
