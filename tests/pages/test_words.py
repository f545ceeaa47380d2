"""The pages in another language, one in which each message stands between brackets, so that what is not said shows."""

import re

import pytest
from streamlit.testing.v1 import AppTest

import core.language
from core.glossary import link_terms, read_glossary
from core.language import text, text_of
from core.pruning import PruningPlan
from core.stages import Subject
from pages.parts.measure import report as report_panel
from pages.shared import charts, words
from pages.shared.in_hand import InHand
from tests.bracketed import Bracketed, unsaid
from tests.conftest import ROOT

PAGES = ("explore", "fine_tune", "adapt", "measure", "compare", "bring", "learn", "about")
SAID = ["markdown", "caption", "info", "warning", "error", "success", "title", "subheader", "header"]
LABELLED = [
    *("selectbox", "slider", "select_slider", "button", "checkbox", "toggle", "text_input", "number_input"),
    *("multiselect", "radio"),
]

NOT_OURS = re.compile(r"https?://\S+|glossary\?\S+|<[^>]*>|`[^`]*`|:material/\S+:|[\w.-]*\.\w+|LeNet\S*")
"""What stands in texts and is in no language."""


@pytest.fixture
def bracketed(monkeypatch: pytest.MonkeyPatch) -> None:
    known = core.language.catalogue
    monkeypatch.setattr(core.language, "catalogue", lambda code: Bracketed() if code == "zh" else known(code))


def open_page(page: str, **query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=240)
    app.query_params.update({"model": "fashion-mlp", **query})
    app.run()
    if page != "explore":
        app.switch_page(f"pages/{page}.py").run().run()
    assert not app.exception
    return app


def shown(app: AppTest) -> list[str]:
    """List what is read on a page: sentences, labels, and what hovering over a question mark shows."""
    sentences = [str(each.value) for kind in SAID for each in app.get(kind)]
    widgets = [each for kind in LABELLED for each in app.get(kind)]
    labels = [each.label for each in widgets]
    helps = [str(getattr(each.proto, "help", "")) for each in widgets]
    metrics = [said for each in app.metric for said in (each.label, each.delta)]
    return [*sentences, *labels, *helps, *metrics, *(each.label for each in app.expander)]


@pytest.mark.parametrize("page", PAGES)
def test_every_sentence_of_a_page_is_said_in_its_language(page, bracketed):
    app = open_page(page, lang="zh")
    files = [words.LOCALE.joinpath("zh", f"{name}.md").read_text(encoding="utf-8") for name in ("about", "compare")]
    texts = [link_terms(each, read_glossary("zh"), "glossary?lang=zh&term={id}").strip() for each in files]
    found = [
        each for each in shown(app) if re.search(r"[A-Za-z]{2,}", NOT_OURS.sub("", unsaid(each))) and each not in texts
    ]
    assert not found
    assert any("«" in each for each in shown(app))


def test_a_switch_of_language_keeps_what_was_chosen(bracketed):
    app = open_page("explore", threshold="60", remove="neuron", judge="random", stage="Pruned")
    app.selectbox(key="rounds").set_value("Longer (3 times)").run()
    before = {each.key: each.value for each in [*app.selectbox, *app.slider, *app.number_input] if each.key}
    app.session_state["lang"] = "zh"  # as the choice below the menu does, which later runs of a test do not draw
    app.run()
    assert not app.exception
    after = {each.key: each.value for each in [*app.selectbox, *app.slider, *app.number_input] if each.key}
    assert after == before
    assert app.session_state["stage"] == "Pruned"
    assert app.slider(key="threshold").label == "«Pruning threshold»"


def test_a_figure_is_said_wherever_it_holds_sentences(bracketed, monkeypatch):
    numbers = [1.0, 2.0]
    figure = {
        "data": [{"name": text("pruned"), "x": numbers, "text": [None, text("here")], "type": "scatter"}],
        "layout": {"title": {"text": text_of("{count} run", "{count} runs", 2)}, "height": 3},
    }
    assert charts.in_language(figure) is figure
    monkeypatch.setattr(charts, "language", lambda: "zh")
    said = charts.in_language(figure)
    assert said["data"][0]["name"] == "«pruned»"
    assert said["data"][0]["text"] == [None, "«here»"]
    assert said["data"][0]["x"] is numbers
    assert said["data"][0]["type"] == "scatter"
    assert said["layout"] == {"title": {"text": "«2 runs»"}, "height": 3}


def test_cells_of_a_table_are_said_only_where_they_are_ours(bracketed, monkeypatch):
    monkeypatch.setattr(words, "language", lambda: "zh")
    assert words.say_rows([{"Film": "More", "Why": text("no row {row}", row=3), "n": 2}]) == [
        {"«Film»": "More", "«Why»": "«no row 3»", "«n»": 2}
    ]


def test_a_sentence_for_later_is_said_when_it_is_shown(bracketed, monkeypatch):
    later = words.Later(text("Loading ..."))
    assert str(later) == "Loading ..."
    monkeypatch.setattr(words, "language", lambda: "zh")
    assert str(later) == "«Loading ...»"


def test_outside_of_a_page_everything_is_english():
    assert words.language() == "en"
    assert words.t_of("{count} step", "{count} steps", 1) == "1 step"


def test_a_report_in_another_language_is_another_job(monkeypatch):
    hand = InHand(Subject("fashion-mlp", PruningPlan(sparsity=0.5)), 50.0)
    english = report_panel._arguments(hand)
    monkeypatch.setattr(report_panel, "language", lambda: "zh")
    assert (english[-1], report_panel._arguments(hand)[-1]) == ("en", "zh")
    assert english != report_panel._arguments(hand)
