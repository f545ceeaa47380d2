"""Presenter mode in a real browser: what is seen on a projector, what keys do, and the code of the page."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_accessibility import PAGES, faults, settle
from tests.browser.test_journey import metric, value


def test_a_projector_shows_slider_figures_and_curve_and_keys_do_the_rest(page, address):
    page.goto(f"{address}/?model=fashion-mlp&threshold=80&present=1")
    settle(page)
    expect(page.get_by_test_id("stSidebar")).not_to_be_visible()
    expect(page.get_by_test_id("stCaptionContainer").first).not_to_be_visible()
    for what in (
        page.get_by_role("slider", name="Pruning threshold").locator("xpath=ancestor::*[@data-testid='stSlider']"),
        metric(page, "Accuracy"),
        metric(page, "Sparsity"),
        page.locator(".js-plotly-plot"),
    ):
        box = what.bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 720
    assert page.evaluate("parseFloat(getComputedStyle(document.querySelector('h1')).fontSize)") >= 30
    assert faults(page) == []

    sparsity = metric(page, "Sparsity").get_by_test_id("stMetricValue")
    for key, expected in (("ArrowRight", "80.5 %"), ("ArrowRight", "81.0 %"), ("ArrowLeft", "80.5 %")):
        page.keyboard.press(key)
        expect(sparsity).to_have_text(expected)
    expect(page).to_have_url(re.compile("(?=.*threshold=80.5)(?=.*present=1)"))

    page.keyboard.press("q")
    code = page.get_by_role("img", name=re.compile("QR code of the address"))
    expect(code).to_be_visible()
    assert code.bounding_box()["width"] > 300
    shown = code.get_attribute("alt")
    assert shown.endswith("?model=fashion-mlp&threshold=80.5")
    page.keyboard.press("Escape")
    expect(code).not_to_be_visible()

    page.keyboard.press("p")
    expect(page.get_by_test_id("stSidebar")).to_be_visible()
    expect(page).not_to_have_url(re.compile("present"))
    assert value(page, "Sparsity") == "80.5 %"


def test_a_lesson_goes_step_by_step_and_a_guess_comes_first(page, address):
    page.goto(f"{address}/learn?lesson=03-weights-or-neurons&present=1")
    settle(page)
    expect(page.get_by_text("There are three ways to remove a part")).to_be_visible()
    expect(page.get_by_text("Guess first.")).to_have_count(0)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("Guess first.")).to_be_visible()
    expect(page.get_by_text("There are three ways to remove a part")).to_have_count(0)
    expect(page.get_by_role("button", name="Next")).to_be_disabled()
    page.keyboard.press("ArrowRight")
    settle(page)
    expect(page.get_by_text("Guess first.")).to_be_visible()
    page.get_by_text("Whole neurons", exact=True).click()
    page.get_by_role("button", name="That is my guess").click()
    expect(page.get_by_text("Measured just now")).to_be_visible()
    page.locator("h1").click()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("slider", name="Pruning threshold")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_text("Measured just now")).to_be_visible()
    assert faults(page) == []


@pytest.mark.parametrize("name", PAGES)
def test_no_page_scrolls_sideways_before_a_room(page, address, name):
    page.goto(f"{address}/{name}?present=1")
    settle(page)
    expect(page.get_by_test_id("stSidebar")).not_to_be_visible()
    assert page.evaluate("document.scrollingElement.scrollWidth <= document.scrollingElement.clientWidth")
    wide = page.evaluate(
        "(() => { const m = document.querySelector('[data-testid=stMain]'); return m.scrollWidth - m.clientWidth; })()"
    )
    assert wide <= 0
