"""Pictures of the app in a browser, to be looked at: `python -m tests.pictures FOLDER [pages lessons adapting class]`.

pages: each page on three screens, light and dark. lessons: each lesson in each language on three screens, as it opens
and with all its guesses made. adapting: the page Adapt in each field once the ways were compared, which takes minutes.
class: a teacher and two learners at each turn of a step. A page with an error, or one that scrolls sideways, is named.
"""

import argparse
import contextlib
import re
from pathlib import Path

from playwright.sync_api import Browser, Page, TimeoutError, expect, sync_playwright

from core.language import languages
from core.lessons import list_lessons
from tests.browser.conftest import CHROMIUM, FLAGS, running_app
from tests.browser.test_accessibility import PAGES, settle
from tests.browser.test_class import join, press

SCREENS = {"wide": (1440, 900), "projector": (1280, 720), "phone": (390, 844)}

WAITS = re.compile("It is being measured|正在真实的网络上测量")

TARGETS = {
    "vision": "fashion-lenet5:turned",
    "language": "reuters-minilm:groups",
    "recommendation": "movielens-ncf:genre-horror",
    "control": "cartpole-policy:long-pole",
}
"""A network of each field with something that it can learn."""


def take(page: Page, file: Path, whole: bool = True) -> None:
    """Write a picture, of all of the page or of what the screen shows; name a page that has something wrong."""
    page.evaluate("document.fonts.ready")
    before = page.viewport_size or {"width": 0, "height": 0}
    wrong = page.get_by_test_id("stException").count()
    sideways = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    if wrong or sideways:
        print(f"{file.stem}: {wrong} errors, {'scrolls sideways' if sideways else 'fits'}")
    if whole:
        tall = page.get_by_test_id("stMain").evaluate("main => main.scrollHeight")
        page.set_viewport_size({"width": before["width"], "height": max(before["height"], min(tall, 9000))})
        page.wait_for_timeout(400)
    page.screenshot(path=file)
    page.set_viewport_size(before)


def opened(browser: Browser, screen: str, theme: str = "light") -> Page:
    """Open a page of a visitor of its own."""
    width, height = SCREENS[screen]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)
    context.set_default_timeout(120_000)
    return context.new_page()


def take_pages(browser: Browser, address: str, folder: Path) -> None:
    """Take each page on each screen, light and dark."""
    for screen in SCREENS:
        for theme in ("light", "dark"):
            page = opened(browser, screen, theme)
            for name in PAGES:
                page.goto(f"{address}/{name}")
                settle(page)
                take(page, folder / f"page-{name or 'explore'}-{screen}-{theme}.png", whole=False)
            page.context.close()


def take_lessons(browser: Browser, address: str, folder: Path) -> None:
    """Take each lesson in each language on each screen, before and after its guesses."""
    for language in languages():
        for screen in SCREENS:
            page = opened(browser, screen)
            for name in list_lessons("en"):
                page.goto(f"{address}/learn?lesson={name}&lang={language}")
                settle(page)
                take(page, folder / f"lesson-{name}-{language}-{screen}-1.png", whole=False)
                guess_all(page)
                take(page, folder / f"lesson-{name}-{language}-{screen}-2.png")
            page.context.close()


def guess_all(page: Page) -> None:
    """Make every guess of a lesson, each as it stands, or the first of several."""
    for _ in range(20):
        button = page.locator('.stButton button[kind="primary"]').filter(visible=True)
        if not button.count():
            return
        if button.first.is_disabled():
            page.get_by_test_id("stRadio").locator("label:has(input[type=radio])").last.click()
            expect(button.first).to_be_enabled()
        with contextlib.suppress(TimeoutError):  # it was drawn anew just now; what is there then is looked at again
            button.first.click(timeout=5_000)
        settle(page)
        expect(page.get_by_text(WAITS)).to_have_count(0, timeout=600_000)  # a lesson goes on once it is measured
        settle(page)


def take_adapting(browser: Browser, address: str, folder: Path) -> None:
    """Take the comparison of the ways to adapt in each field."""
    for field, name in TARGETS.items():
        page = opened(browser, "wide")
        network, target = name.split(":")
        page.goto(f"{address}/adapt?model={network}&target={target}")
        settle(page)
        page.get_by_role("button", name="Compare the ways").click()
        expect(page.get_by_text("What do the columns mean?")).to_be_visible()
        expect(page.get_by_role("button", name="Stop")).to_have_count(0, timeout=900_000)
        settle(page)
        take(page, folder / f"adapting-{field}.png")
        page.context.close()


def take_class(browser: Browser, address: str, folder: Path) -> None:
    """Take what a teacher and a learner see at each turn of a step."""
    teacher, ada, eve = opened(browser, "projector"), opened(browser, "phone"), opened(browser, "phone")
    turn = iter(range(1, 20))

    def both(what: str) -> None:
        number = next(turn)
        for who, page in (("teacher", teacher), ("learner", ada)):
            settle(page)
            take(page, folder / f"class-{number}-{what}-{who}.png", whole=False)

    for page in (teacher, ada, eve):
        page.goto(f"{address}/classroom")
        settle(page)
    press(teacher, "Open a class")
    code = teacher.get_by_test_id("stMetric").get_by_test_id("stMetricValue").first.inner_text()
    both("opened")
    join(ada, code, "Ada")
    join(eve, code, "Eve")
    expect(teacher.get_by_text("2 learners here").first).to_be_visible()
    both("joined")
    teacher.get_by_role("combobox", name="Lesson").click()
    teacher.get_by_role("option").first.click()
    expect(ada.get_by_text("step 1 of")).to_be_visible()
    both("explained")
    press(teacher, "Next")
    press(teacher, "Now predict")
    expect(ada.get_by_role("slider", name="Your guess")).to_be_visible()
    both("asked")
    for page, moves in ((ada, 12), (eve, -9)):
        page.get_by_role("slider", name="Your guess").focus()
        for _ in range(abs(moves)):
            page.keyboard.press("ArrowRight" if moves > 0 else "ArrowLeft")
        press(page, "That is my guess")
    expect(teacher.get_by_text("2 guesses", exact=True)).to_be_visible()
    both("guessed")
    press(teacher, "Show")
    for page in (teacher, ada):
        expect(page.get_by_test_id("stMetric").filter(has_text="Measured just now")).to_be_visible()
        expect(page.locator(".js-plotly-plot").get_by_text("measured")).to_be_visible()
    both("shown")
    for page in (teacher, ada, eve):
        page.context.close()


TAKEN = {"pages": take_pages, "lessons": take_lessons, "adapting": take_adapting, "class": take_class}


def main() -> None:
    """Read what to take and where to, and take it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("what", nargs="*", choices=[*TAKEN, []], default=list(TAKEN))
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    with running_app(PLAYGROUND_ABSENCE="600") as address, sync_playwright() as web:
        browser = web.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        for each in asked.what or list(TAKEN):
            TAKEN[each](browser, address, asked.folder)
        browser.close()


if __name__ == "__main__":
    main()
