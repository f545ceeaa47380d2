"""Presenter mode without a browser: where it begins and ends, what stays, and the code of the page."""

import re
import xml.etree.ElementTree as ElementTree

import pytest
from streamlit.testing.v1 import AppTest

from pages.shared.qr_code import NoCode, address_with, code_of
from tests.conftest import ROOT


def open_app(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=240)
    app.query_params.update(query)
    app.run()
    assert not app.exception
    return app


# The simulated browser runs app.py, where the switch is, in its first run alone; tests/browser leaves the mode again.


@pytest.mark.parametrize("present", [True, False])
def test_the_switch_and_the_link_say_the_same_and_there_is_a_way_out(present):
    by_switch = AppTest.from_file(str(ROOT / "app.py"), default_timeout=240)
    by_switch.query_params["model"] = "fashion-mlp"
    by_switch.session_state["present"] = present
    by_link = open_app(model="fashion-mlp", **({"present": "1"} if present else {}))
    for app in (by_switch.run(), by_link):
        assert not app.exception
        assert app.toggle(key="present").value is present
        assert ("1" in app.query_params.get("present", "")) is present
        assert [each.label for each in app.button if each.key == "present-leave"] == ["Leave"] * present


def test_a_strange_value_is_a_sentence_and_nobody_presents():
    app = open_app(present="<b>", model="fashion-mlp")
    assert app.toggle(key="present").value is False
    assert any("present" in each.value for each in app.warning)


def test_the_address_of_the_code_has_the_choices_and_nothing_else():
    assert (
        address_with("https://a.b/learn?x=1#y", {"lang": "zh", "own": "fc1:0"})
        == "https://a.b/learn?lang=zh&own=fc1%3A0"
    )
    assert address_with("http://a.b:8501/", {}) == "http://a.b:8501/"
    with pytest.raises(NoCode, match="does not tell"):
        address_with("", {})


def test_the_code_is_black_on_white_with_a_quiet_zone_and_too_much_is_a_sentence():
    drawn = ElementTree.fromstring(code_of("http://127.0.0.1:8501/?model=fashion-mlp&threshold=80"))
    _, _, width, height = map(int, drawn.attrib["viewBox"].split())
    assert width == height
    assert (width - 8 - 17) % 4 == 0  # a side has 17 + 4 v modules, and four are free on each side
    ground, dark = drawn.iter("{http://www.w3.org/2000/svg}path")
    assert (ground.get("fill"), dark.get("stroke")) == ("#fff", "#000")
    assert re.match(r"M4 4.5h7", dark.get("d"))  # the upper left eye
    with pytest.raises(NoCode, match="too long"):
        code_of("x" * 4000)
