"""A class in real browsers: a teacher and two learners walk through a step of a lesson, and to the end of the class."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import new_context

QUESTION = "The smaller half of its 430,500 weights is thrown away"


def opened(browser, address: str) -> Page:
    page = new_context(browser).new_page()
    page.goto(f"{address}/classroom")
    expect(page.get_by_role("button", name="Open a class")).to_be_visible()
    return page


def join(page: Page, code: str, nickname: str) -> None:
    page.get_by_role("textbox", name="Code of the class").fill(code)
    page.get_by_role("textbox", name="Nickname").fill(nickname)
    page.get_by_role("button", name="Join", exact=True).click()
    expect(page.get_by_text(f", in class {code}")).to_be_visible()


def dots(page: Page):
    return page.locator(".js-plotly-plot .scatterlayer .trace path.point")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_a_teacher_and_two_learners_walk_through_a_step(browser, address, tmp_path):
    teacher = opened(browser, address)
    press(teacher, "Open a class")
    code = teacher.get_by_test_id("stMetric").get_by_test_id("stMetricValue").first.inner_text()
    assert re.fullmatch(r"[2-9A-HJ-NP-Z]{6}", code)
    expect(teacher.get_by_role("img", name=f"Code to join class {code}")).to_be_visible()

    ada = new_context(browser).new_page()
    ada.goto(f"{address}/classroom?class={code.lower()}")  # as the picture leads there
    expect(ada.get_by_role("textbox", name="Code of the class")).to_have_value(code.lower())
    join(ada, code, "Ada")
    expect(teacher.get_by_text("1 learner here")).to_be_visible()
    eve = opened(browser, address)
    join(eve, code, "<b>Ada</b> $x$")
    expect(eve.get_by_text(f"<b>Ada</b> $x$, in class {code}", exact=True)).to_be_visible()
    expect(teacher.get_by_text("2 learners here").first).to_be_visible()
    expect(teacher.get_by_text("<b>Ada</b> $x$")).to_be_visible()

    teacher.get_by_role("combobox", name="Lesson").click()
    teacher.get_by_role("option", name=re.compile("What can go")).click()
    for page in (ada, eve):
        expect(page.get_by_text("step 1 of")).to_be_visible()  # nobody pressed anything there
    press(teacher, "Next")
    for page in (teacher, ada, eve):
        expect(page.get_by_role("heading", name=re.compile(QUESTION))).to_be_visible()
    expect(ada.get_by_text("will say when to guess")).to_be_visible()
    press(teacher, "Now predict")
    slider = ada.get_by_role("slider", name="Your guess")
    slider.focus()
    for _ in range(3):
        ada.keyboard.press("ArrowRight")
    press(ada, "That is my guess")
    expect(ada.get_by_text("Your guess is in")).to_be_visible()
    expect(teacher.get_by_text("1 guess", exact=True)).to_be_visible()
    expect(dots(teacher)).to_have_count(1)
    expect(dots(ada)).to_have_count(1)
    expect(eve.get_by_text("once yours is in")).to_be_visible()

    ada.reload()
    expect(ada.get_by_text("Your guess is in")).to_be_visible()
    press(eve, "That is my guess")
    for page in (teacher, ada, eve):
        expect(dots(page)).to_have_count(2)
        expect(page.get_by_text("Measured just now")).to_have_count(0)

    teacher.reload()  # the connection is lost, and she goes on
    expect(teacher.get_by_text("2 guesses", exact=True)).to_be_visible()
    press(teacher, "Show")
    for page in (teacher, ada, eve):
        expect(page.get_by_test_id("stMetric").filter(has_text="Measured just now")).to_be_visible()
        expect(page.locator(".js-plotly-plot").get_by_text("measured")).to_be_visible()
    for name, page in (("teacher", teacher), ("learner", ada)):
        page.screenshot(path=tmp_path / f"{name}.png")

    late = opened(browser, address)
    join(late, code, "Joe")
    expect(late.get_by_test_id("stMetric").filter(has_text="Measured just now")).to_be_visible()
    press(late, "Leave")
    expect(late.get_by_role("button", name="Open a class")).to_be_visible()
    expect(teacher.get_by_text("2 learners here").first).to_be_visible()

    press(teacher, "Yours alone")
    link = teacher.get_by_test_id("stCode").inner_text().strip()
    assert f"class={code}&teacher=" in link
    second = new_context(browser).new_page()
    second.goto(link)
    expect(second.get_by_role("button", name="Next", exact=True)).to_be_visible()
    expect(second).to_have_url(re.compile(rf"class={code}$"))  # the key is not in the address any more
    press(second, "Next")
    expect(ada.get_by_text("step 3 of")).to_be_visible()
    expect(teacher.get_by_text("step 3 of")).to_be_visible()

    with teacher.expect_download() as download:
        teacher.get_by_role("button", name="Guesses (CSV)").click()
    lines = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert lines[0].startswith("nickname,lesson,step")
    assert sorted(line.split(",")[0] for line in lines[1:]) == ["<b>Ada</b> $x$", "Ada"]

    teacher.keyboard.press("Escape")
    press(teacher, "Leave or end")
    teacher.get_by_text("Yes, all of it").click()
    press(teacher, "Delete this class")
    for page in (ada, eve, second):
        expect(page.get_by_text("There is no such class")).to_be_visible()
        expect(page.get_by_role("button", name="Open a class")).to_be_visible()
    for page in (teacher, ada, eve, late, second):
        page.context.close()
