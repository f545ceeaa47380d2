"""What somebody has in hand, in real browsers: on every page, through reloads, lost connections and Back."""

import io
import re
import zipfile

import pytest
import torch
from playwright.sync_api import Browser, Page, expect
from safetensors.torch import load, save

from core.tasks import load as load_task
from tests.browser.conftest import new_context
from tests.browser.test_journey import begin_fine_tune, metric, open_settled, percent, value


@pytest.fixture
def visitor(browser: Browser):
    """A new browser with nothing kept; its pages are tabs of one visit."""
    context = new_context(browser)
    yield context
    context.close()


def go(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_text("Pruning threshold").first).to_be_visible()


def choose(page: Page, title: str) -> None:
    page.get_by_role("combobox", name="Pretrained model").click()
    page.get_by_role("option", name=re.compile(title)).first.click()


def settled(page: Page) -> str:
    expect(metric(page, "Accuracy").get_by_test_id("stMetricValue")).to_have_text(re.compile(r"^[\d.]+ %$"))
    return value(page, "Accuracy")


def in_hand(page: Page) -> str:
    return page.get_by_role("combobox", name="Pretrained model").get_attribute("aria-label") or ""


def test_weights_of_ones_own_are_in_hand_everywhere_through_a_reload(visitor, lasting, tmp_path):
    mine = load_task("fashion-mlp").model.state_dict()
    torch.manual_seed(0)
    mine = {name: value + 0.002 * torch.randn(value.shape) for name, value in mine.items()}
    file = tmp_path / "mine.safetensors"
    file.write_bytes(save(mine))

    page = visitor.new_page()
    page.goto(f"{lasting}/bring?model=fashion-mlp&threshold=90")
    page.locator("input[type=file]").first.set_input_files(file)
    expect(page.get_by_text("your weights").first).to_be_visible()
    go(page, "Explore")
    expect(page.get_by_text("your weights").first).to_be_visible()
    before = percent(settled(page))

    go(page, "Fine-tune")
    begin_fine_tune(page, rounds=4, steps="628")
    expect(page.get_by_test_id("stProgress")).to_contain_text(re.compile(r"loss \d.*s left"))

    page.reload()  # in the middle of it
    expect(page.get_by_text("your weights").first).to_be_visible()
    expect(metric(page, "Fine-tuned")).to_be_visible()
    after = percent(value(page, "Fine-tuned"))
    assert after > before + 5

    second = visitor.new_page()  # another tab of the same visit
    second.goto(page.url)
    expect(second.get_by_role("radio", name="Fine-tuned")).to_be_visible()
    second.close()

    go(page, "Explore")
    page.get_by_role("radio", name="Fine-tuned").click()
    expect(metric(page, "Accuracy").get_by_test_id("stMetricValue")).to_have_text(f"{after:.1f} %")

    go(page, "Measure")
    page.get_by_role("button", name="Measure on this machine").click()
    expect(page.get_by_text("Smallest file")).to_be_visible()

    go(page, "Explore")
    page.wait_for_timeout(500)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download", exact=True).click()
    with zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes())) as archive:
        weights = load(archive.read("weights.safetensors"))
    layers = [value for name, value in weights.items() if name.endswith("weight")]
    removed = 1 - sum(int(torch.count_nonzero(each)) for each in layers) / sum(each.numel() for each in layers)
    assert abs(removed - 0.9) < 0.001

    # Pruned again: its result is where the next experiment begins.
    go(page, "Fine-tune")
    page.get_by_role("button", name="Go on from here").first.click()
    expect(page).to_have_url(re.compile("parent="))
    assert percent(settled(page)) > 10


def test_a_connection_that_is_lost_for_a_while_loses_nothing(visitor, lasting):
    page = visitor.new_page()
    page.goto(f"{lasting}/fine_tune?model=fashion-mlp&threshold=92")
    begin_fine_tune(page, rounds=6, steps="942")
    expect(page.get_by_test_id("stProgress")).to_contain_text(re.compile(r"loss \d.*s left"))
    visitor.set_offline(True)
    page.wait_for_timeout(30_000)
    visitor.set_offline(False)
    expect(metric(page, "Fine-tuned")).to_be_visible()
    expect(page.get_by_text("the best so far")).to_have_count(0)  # it was not stopped


def test_one_press_of_back_is_one_step_back(visitor, lasting):
    page = visitor.new_page()
    open_settled(page, f"{lasting}/?model=fashion-mlp&threshold=70")
    slider = page.get_by_role("slider", name="Pruning threshold")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(metric(page, "Sparsity").get_by_test_id("stMetricValue")).to_have_text("70.5 %")
    expect(page).to_have_url(re.compile("threshold=70.5"))
    page.go_back()
    expect(metric(page, "Sparsity").get_by_test_id("stMetricValue")).to_have_text("70.0 %")
    expect(page).to_have_url(re.compile(r"threshold=70(&|$)"))
    go(page, "Measure")
    expect(page).to_have_url(re.compile(r"/measure\?.*model=fashion-mlp"))
    page.go_back()
    expect(metric(page, "Sparsity").get_by_test_id("stMetricValue")).to_have_text("70.0 %")


def test_the_link_is_what_is_shown_also_after_fast_keys(visitor, lasting):
    page = visitor.new_page()
    open_settled(page, f"{lasting}/?model=fashion-mlp&threshold=40")
    slider = page.get_by_role("slider", name="Pruning threshold")
    slider.focus()
    for burst in range(4):
        for _ in range(7):
            page.keyboard.press("ArrowRight" if burst % 2 == 0 else "ArrowLeft")
            page.wait_for_timeout(30)
        page.wait_for_timeout(1500)
        at = float(slider.input_value())
        expect(page).to_have_url(re.compile(rf"threshold={at:g}(&|$)"))
        expect(metric(page, "Sparsity").get_by_test_id("stMetricValue")).to_have_text(f"{at:.1f} %")


def test_two_visitors_never_see_each_other(browser, lasting):
    one, two = (new_context(browser) for _ in range(2))
    mine, yours = one.new_page(), two.new_page()
    mine.goto(f"{lasting}/fine_tune?model=fashion-mlp&threshold=60")
    mine.get_by_role("button", name="Fine-tune", exact=True).click()
    expect(metric(mine, "Fine-tuned")).to_be_visible()
    yours.goto(f"{lasting}/fine_tune?model=fashion-mlp&threshold=60")
    expect(yours.get_by_role("button", name="Fine-tune", exact=True)).to_be_visible()
    expect(metric(yours, "Fine-tuned")).to_have_count(0)
    # A link opens the experiment, not the visit.
    yours.goto(mine.url)
    expect(yours.get_by_role("radio", name="Fine-tuned")).to_be_visible()
    keys = {context.cookies()[0]["value"] for context in (one, two)}
    assert len(keys) == 2
    assert not any(key in mine.url + yours.url for key in keys)
    for context in (one, two):
        context.close()
