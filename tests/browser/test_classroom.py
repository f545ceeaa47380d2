"""Several visitors at once, in real browsers: nobody waits for another one's work."""

import re
import statistics
import time

from playwright.sync_api import expect

from tests.browser.conftest import new_context
from tests.browser.test_journey import begin_fine_tune, metric, open_settled


def visit(browser, url):
    page = new_context(browser).new_page()
    page.goto(url)
    expect(page.get_by_role("button", name="Fine-tune", exact=True)).to_be_visible()
    return page


def latencies(page, steps):
    """Seconds from a key press on the slider to the settled figure of a sparsity nobody has visited."""
    slider = page.get_by_role("slider", name="Pruning threshold")
    slider.focus()
    found = []
    for _ in range(steps):
        before = float(metric(page, "Sparsity").get_by_test_id("stMetricValue").inner_text().removesuffix(" %"))
        begun = time.monotonic()
        page.keyboard.press("ArrowRight")
        expect(metric(page, "Sparsity").get_by_test_id("stMetricValue")).to_have_text(f"{before + 0.5:.1f} %")
        expect(metric(page, "Accuracy").get_by_test_id("stMetricValue")).to_have_text(re.compile(r"^[\d.]+ %$"))
        found.append(time.monotonic() - begun)
    return found


def test_two_tune_while_a_third_slides_then_stop_return_and_leave(browser, address):
    third = new_context(browser).new_page()
    open_settled(third, f"{address}/?model=fashion-mlp&threshold=52.5")
    third.wait_for_function("document.querySelectorAll('.js-plotly-plot .trace path.point').length >= 3")
    third.wait_for_timeout(1500)
    idle = latencies(third, 3)

    tuning = [visit(browser, f"{address}/fine_tune?model=fashion-lenet5&threshold=9{i}") for i in (0, 1)]
    for page in tuning:
        begin_fine_tune(page, rounds=50, steps="7,850")
    for page in tuning:
        expect(page.get_by_test_id("stProgress")).to_contain_text(re.compile(r"loss \d.*s left"))
    busy = latencies(third, 3)
    print(f"slider: idle {statistics.median(idle):.3f} s, while two tune {statistics.median(busy):.3f} s")
    assert statistics.median(busy) < 10 * statistics.median(idle)  # the figure itself is in the note, not here

    waiting = visit(browser, f"{address}/fine_tune?model=fashion-mlp&threshold=92")
    waiting.get_by_role("button", name="Fine-tune", exact=True).click()
    expect(waiting.get_by_test_id("stProgress")).to_contain_text("number 1 in line")

    first, second = tuning
    first.get_by_role("link", name="About").click()
    expect(first.get_by_role("heading", name="About Pruning Playground")).to_be_visible()
    first.get_by_role("link", name="Fine-tune").click()
    expect(first.get_by_test_id("stProgress")).to_contain_text(re.compile(r"loss \d.*s left"))
    expect(first.get_by_test_id("stProgress")).to_contain_text("Accuracy about")
    first.get_by_role("button", name="Stop", exact=True).click()
    expect(first.get_by_role("button", name="Fine-tune", exact=True)).to_be_visible()
    expect(first.get_by_text("the best so far is from step")).to_be_visible()
    expect(metric(waiting, "Fine-tuned")).to_be_visible()  # the worker that stopped took the next in line

    with first.expect_download() as download:
        first.get_by_role("button", name="Download runs (CSV)").click()
    lines = download.value.path().read_text().splitlines()
    assert lines[0].startswith("Run,Model,Strategy")
    assert lines[1].startswith("1,fashion-lenet5,one-shot")

    # Closing the browser ends its fine-tune. One worker is kept busy, so what waits gets the one that it leaves.
    first.get_by_role("button", name="Fine-tune", exact=True).click()
    expect(first.get_by_test_id("stProgress")).to_contain_text(re.compile(r"loss \d.*s left"))
    other = visit(browser, f"{address}/fine_tune?model=fashion-mlp&threshold=93")
    other.get_by_role("button", name="Fine-tune", exact=True).click()
    expect(other.get_by_test_id("stProgress")).to_contain_text("number 1 in line")
    second.context.close()
    expect(metric(other, "Fine-tuned")).to_be_visible()
    for page in (third, first, waiting, other):
        page.context.close()
