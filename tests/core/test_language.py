"""What visitors read in another language than English: nothing missing, nothing left over, nothing that breaks."""

import ast
import copy
import io
import json
import pickle
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from hypothesis import given
from hypothesis import strategies as st

from core.build.catalogues import (
    KEYWORDS,
    extract_calls,
    is_translated,
    messages_of_code,
    read_catalogue,
    write_catalogue,
)
from core.language import (
    LOCALE,
    SOURCE,
    Text,
    best_language,
    languages,
    text,
    text_from_data,
    text_of,
    text_to_data,
    translate,
    translate_of,
)
from tests.conftest import ROOT

CATALOGUES = sorted(LOCALE.glob("*/messages.po"))
PAGES = [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))]
NAMES = st.text("abcdefghij", min_size=1, max_size=8)
PLAIN = st.text(st.characters(exclude_characters="{}"), min_size=1, max_size=30)


def language_of(path: Path) -> str:
    return path.parent.name


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def many(message: Message) -> str:
    """Return a message as the code has it, that for many things where there are two."""
    return message.id if isinstance(message.id, str) else message.id[-1]


def placeholders(message: str) -> set[str]:
    """Name the values that a message needs."""
    of_templates = set(re.findall(r"%\((\w+)\)s", message))
    return of_templates or {field for _, field, _, _ in string.Formatter().parse(message) if field is not None}


@pytest.fixture(scope="module")
def of_code() -> dict[object, Message]:
    return {message.id: message for message in messages_of_code() if message.id}


@pytest.fixture(params=CATALOGUES, ids=language_of)
def of_language(request: pytest.FixtureRequest) -> dict[object, Message]:
    return {message.id: message for message in read_catalogue(request.param) if message.id}


def test_no_message_is_missing(of_code, of_language):
    assert not sorted(map(str, of_code.keys() - of_language.keys())), "python -m core.build words"


def test_no_message_is_left_over(of_code, of_language):
    assert not sorted(map(str, of_language.keys() - of_code.keys())), "python -m core.build words"


def test_every_message_is_translated(of_language):
    assert not [many(each) for each in of_language.values() if each.fuzzy or not is_translated(each.string)]


def test_translations_have_the_values_of_their_messages(of_language):
    for message in of_language.values():
        if not is_translated(message.string):
            continue
        forms = [message.string] if isinstance(message.string, str) else list(message.string)
        wanted = placeholders(many(message))
        allowed = wanted | (set() if isinstance(message.id, str) else placeholders(message.id[0]))
        assert placeholders(forms[-1]) == wanted, message.id
        assert all(placeholders(form) <= allowed for form in forms), message.id


def test_messages_have_each_value_by_its_name(of_code):
    for message in of_code.values():
        assert all(each.isidentifier() for each in placeholders(many(message))), message.id


@pytest.mark.parametrize("path", CATALOGUES, ids=language_of)
def test_catalogues_are_written_as_they_stand(path):
    assert write_catalogue(read_catalogue(path)) == path.read_bytes(), "python -m core.build words"


def test_the_messages_of_templates_are_found_as_templates_ask_for_them(of_code):
    found = [each for each in of_code.values() if any(file.endswith(".jinja") for file, _ in each.locations)]
    assert len(found) > 30
    assert any("95 %%" in many(each) and "%(about)s" in many(each) for each in found)
    for message in found:  # a sign of percent by itself would stop the template
        many(message) % dict.fromkeys(placeholders(many(message)), "")


def extracted(source: str) -> list[list[str | None]]:
    return [arguments for _, _, arguments, _ in extract_calls(io.BytesIO(source.encode()), KEYWORDS, (), {})]


def test_messages_within_messages_are_found():
    source = 'from core.language import text\ntext("one {other}", other=text("two " "three"))'
    assert extracted(source) == [["one {other}"], ["two three"]]


def test_functions_of_the_same_name_from_elsewhere_are_not_ours():
    assert not extracted('from sqlalchemy import text\ntext("SELECT 1")')
    assert not extracted('from core.language import text\nplace.text("a name")')


@given(PLAIN, NAMES, st.one_of(st.integers(), PLAIN, st.floats(allow_nan=False)))
def test_a_text_goes_through_pickle_and_copies(message, field, value):
    made = text(f"{message} {{{field}}}", **{field: value})
    assert made == f"{message} {value}"
    for again in (pickle.loads(pickle.dumps(made)), copy.deepcopy(made)):
        assert (again, again.message, again.values, again.one) == (made, made.message, made.values, made.one)
        assert isinstance(again, Text)


@given(PLAIN, PLAIN, st.integers(0, 5))
def test_a_text_goes_through_the_store(outer, inner, count):
    made = text(f"{outer}: {{inner}}", inner=text_of("{count} " + inner, "{count} many " + inner, count))
    again = text_from_data(json.loads(json.dumps(text_to_data(made))))
    assert again == made
    assert pickle.dumps(again) == pickle.dumps(made)
    assert text_from_data(text_to_data(outer)) == outer


@pytest.mark.parametrize("data", [None, 3, [], {}, {"values": 3}])
def test_what_is_no_text_in_the_store_is_refused(data):
    with pytest.raises(ValueError, match="no sentence"):
        text_from_data(data)


@given(PLAIN, PLAIN, st.integers(0, 5))
def test_a_text_within_a_text_is_said_too(outer, inner, count):
    made = text(f"{outer}: {{inner}}", inner=text_of("{count} " + inner, "{count} many " + inner, count))
    for language in languages():
        assert translate(language, pickle.loads(pickle.dumps(made))) == translate(language, made)
    assert translate(SOURCE, made) == made


@given(PLAIN, PLAIN, st.integers(-3, 300))
def test_an_unknown_language_falls_back_to_english(message, language, count):
    assert translate(f"?{language}", message) == message
    assert translate(f"?{language}", text(message)) == message
    said = translate_of(f"?{language}", "{count} thing", "{count} things", count)
    assert said == (f"{count} thing" if count == 1 else f"{count} things")


@given(st.lists(st.text(max_size=40), max_size=6))
def test_any_wish_of_a_browser_gets_a_language(wanted):
    assert best_language(wanted) in languages()


@pytest.mark.parametrize("wanted", ["zh", "zh-CN", "zh_Hans_CN", "ZH-tw", "zh-Hant-HK-x-own"])
def test_browsers_that_ask_for_chinese_get_it(wanted):
    assert best_language([wanted]) == "zh"
    assert best_language(["tlh", wanted, "en"]) == "zh"


@pytest.mark.parametrize("wanted", [(), ("",), ("en",), ("en-GB", "zh"), ("xx-YY",)])
def test_others_get_english(wanted):
    assert best_language(wanted) == SOURCE


# What pages show has to go through `t`: in which places of these calls something is shown.
FIRST = (
    "markdown caption info warning error success write text title header subheader button download_button "
    "form_submit_button checkbox toggle radio selectbox multiselect slider select_slider number_input text_input "
    "text_area file_uploader camera_input segmented_control pills expander popover spinner toast status"
)
SHOWN = {each: (0,) for each in FIRST.split()} | {"metric": (0, 1, 2), "progress": (1,), "page_link": ()}
OWN = {"job_button": (1,), "show_until_results": (2,), "draw_quality": (1,), "show_error": (0, 1)}
SHOWN_BY_NAME = {"label", "help", "placeholder", "alt", "text", "beside", "title"}
SAID = {"t", "t_of", "text", "text_of", "listing"}


def literals(node: ast.expr) -> Iterator[str]:
    """Yield the words that an expression has of its own, where it is not said in the visitor's language."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from re.findall(r"[A-Za-z]{2,}", node.value)
    elif isinstance(node, ast.JoinedStr):
        for part in node.values:
            yield from literals(part.value if isinstance(part, ast.FormattedValue) else part)
    elif isinstance(node, ast.BinOp):
        yield from (*literals(node.left), *literals(node.right))
    elif isinstance(node, ast.IfExp):
        yield from (*literals(node.body), *literals(node.orelse))
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from literals(value)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("join", "format"):
        yield from literals(node.func.value)


def shown(call: ast.Call) -> Iterator[ast.expr]:
    """Yield the arguments of a call that a visitor reads."""
    if isinstance(call.func, ast.Attribute):
        called, places = call.func.attr, SHOWN
    elif isinstance(call.func, ast.Name):
        called, places = call.func.id, OWN
    else:
        return
    if called in places:
        yield from (call.args[place] for place in places[called] if place < len(call.args))
        yield from (each.value for each in call.keywords if each.arg in SHOWN_BY_NAME)


def calls(path: Path) -> list[ast.Call]:
    return [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_what_pages_show_is_said_in_the_visitors_language(path):
    found = {(call.lineno, word) for call in calls(path) for argument in shown(call) for word in literals(argument)}
    assert not sorted(found)


@pytest.mark.parametrize("path", [*PAGES, *sorted((ROOT / "core").rglob("*.py"))], ids=name)
def test_messages_are_written_out_where_they_are_said(path):
    """A message that is put together is in no catalogue."""
    for call in calls(path):
        if isinstance(call.func, ast.Name) and call.func.id in SAID and call.args:
            messages = call.args[: 2 if call.func.id.endswith("_of") else 1]
            whole = [isinstance(each, ast.Constant) or not list(literals(each)) for each in messages]
            assert all(whole), f"line {call.lineno}"


def test_the_check_of_pages_sees_words_that_are_not_said():
    source = 'st.caption(f"Of {a} {t(b)}")\nst.metric(t("a"), x, "so many" if y else "")\nst.info(t("all {x}", x="is"))'
    tree = ast.parse(source)
    found = [list(literals(each)) for node in ast.walk(tree) if isinstance(node, ast.Call) for each in shown(node)]
    assert [each for each in found if each] == [["Of"], ["so", "many"]]
