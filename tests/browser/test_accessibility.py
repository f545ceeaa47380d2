"""What axe-core finds on every page in both languages, and lessons walked by keyboard alone."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from core.language import languages
from core.lessons import list_lessons, read_lesson
from tests.browser.conftest import new_context

STREAMLITS_OWN: dict[str, str] = {}
"""Rules that Streamlit's own parts break, with where and why; nothing of ours may be among what they name."""

PAGES = ("", "fine_tune", "adapt", "measure", "compare", "bring", "learn", "classroom", "glossary", "about")


def settle(page: Page) -> None:
    """Wait until Streamlit is idle and the page has stopped changing."""
    expect(page.get_by_test_id("stMain").get_by_role("heading", level=1).first).to_be_visible()
    page.wait_for_function(
        """() => {
            const now = document.body.innerText.length + ":" + document.querySelectorAll("*").length;
            const idle = document.querySelector('[data-test-script-state="notRunning"]');
            window.still = idle && now === window.before ? (window.still || 0) + 1 : 0;
            window.before = now;
            return window.still > 3;
        }""",
        polling=200,
    )


def await_measured(page: Page) -> None:
    """Wait until what a guess is laid beside is there: the lesson goes on only then."""
    waiting = page.get_by_text("It is being measured")
    if waiting.count():
        expect(waiting).to_have_count(0, timeout=600_000)
        settle(page)


def faults(page: Page) -> list[str]:
    """What axe-core finds on a page of serious or critical impact, or about headings and the language."""
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']} ({each['impact']}): {node['target']} {node['html'][:160]}"
        for each in found
        for node in each["nodes"]
        if each["id"] not in STREAMLITS_OWN
        and (each["impact"] in ("serious", "critical") or each["id"] in ("heading-order", "page-has-heading-one"))
    ]


def test_the_pages_here_are_those_of_the_menu(page, address):
    page.goto(address)
    settle(page)
    links = page.locator(".st-key-menu").get_by_role("link").evaluate_all("all => all.map(a => a.pathname)")
    assert sorted(each.strip("/") for each in links) == sorted(PAGES)


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_serious_of_ours(page, address, name, language):
    page.goto(f"{address}/{name}?lang={language}")
    settle(page)
    expect(page.locator("html")).to_have_attribute("lang", language)
    assert faults(page) == []
    unnamed = page.locator('.js-plotly-plot, [data-testid="stImage"] img').evaluate_all(
        """all => all.filter(e => !e.closest("[aria-label]") && !e.getAttribute("alt"))
                     .map(e => e.outerHTML.slice(0, 200))"""
    )
    assert unnamed == []


def test_nothing_moves_for_those_who_ask_for_less_motion(browser, address):
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{address}/about")
    settle(page)
    longest = page.evaluate(
        """Math.max(...[...document.querySelectorAll("*")].flatMap(e => {
            const style = getComputedStyle(e);
            return [...style.transitionDuration.split(","), ...style.animationDuration.split(",")].map(parseFloat);
        }))"""
    )
    assert longest < 0.01
    context.close()


JUDGED = re.compile(r"^(Right\.|Not quite:)")
"""How the answer to a review begins, once one was chosen."""

FOCUSED = """() => {
    const e = document.activeElement;
    const group = e.type === "radio" ? [...document.getElementsByName(e.name)] : [];
    return { kind: e.type || e.tagName.toLowerCase(), text: e.innerText || "", chosen: group.some(each => each.checked),
             disabled: !!e.disabled, seen: e === document.body || e.matches(":focus-visible") };
}"""

GUESS = "That is my guess"


def walk(page: Page, name: str) -> None:
    """Go through a lesson from its first guess to its summary with Tab, arrows, space and enter."""
    lesson = read_lesson(name)
    guessing = page.get_by_role("button", name=GUESS)
    for _ in range(600):
        page.keyboard.press("Tab")
        here = page.evaluate(FOCUSED)
        assert here["seen"], here
        # What is done depends on what is seen: a key that comes while the page is drawn anew may be lost.
        if here["kind"] == "radio" and not here["chosen"]:
            page.keyboard.press("Space")
            settle(page)
        elif here["kind"] == "range" and not here["disabled"] and guessing.count():
            page.keyboard.press("ArrowRight")
            settle(page)
        elif here["text"].strip() == GUESS and not here["disabled"]:
            page.keyboard.press("Enter")
            settle(page)
        await_measured(page)  # at each key: just after a guess, the sentence may not be there yet
        if page.get_by_text(JUDGED).count() == len(lesson.reviews):
            return
    raise AssertionError(f"{name} was not ended with the keyboard")


@pytest.mark.parametrize("name", list_lessons("en"))
def test_a_lesson_is_walked_by_keyboard_alone(browser, address, name):
    page = new_context(browser).new_page()
    page.goto(f"{address}/learn?lesson={name}")
    settle(page)
    walk(page, name)
    lesson = read_lesson(name)
    expect(page.get_by_text(re.compile("An interview might ask"))).to_have_count(len(lesson.reviews))
    expect(page.locator("h2").filter(has_text="What you guessed")).to_be_visible()
    expect(page.get_by_text("Measured just now").first).to_be_visible()
    assert faults(page) == []
    page.context.close()
