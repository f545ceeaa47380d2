"""A newcomer's whole way through the app, in a real browser."""

import io
import json
import re
import zipfile

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from playwright.sync_api import Page, expect
from safetensors.torch import load
from torch import nn

from tests.browser.conftest import new_context, running_app
from tests.conftest import ROOT


class Fresh(nn.Module):
    """LeNet-5 as somebody would write it who has only read the paper."""

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 20, 5), nn.Conv2d(20, 50, 5)
        self.fc1, self.fc2 = nn.Linear(800, 500), nn.Linear(500, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


def value(page: Page, label: str) -> str:
    return metric(page, label).get_by_test_id("stMetricValue").inner_text()


def metric(page: Page, label: str):
    exactly = page.get_by_test_id("stMetricLabel").filter(has_text=re.compile(f"^{label}$"))
    return page.get_by_test_id("stMetric").filter(has=exactly)


def percent(text: str) -> float:
    assert text.endswith(" %"), text
    return float(text.removesuffix(" %"))


def open_settled(page: Page, url: str) -> None:
    page.goto(url)
    expect(metric(page, "Accuracy").get_by_test_id("stMetricValue")).to_have_text(re.compile(r"^[\d.]+ %$"))
    expect(page.get_by_role("button", name="Fine-tune", exact=True)).to_be_visible()


def begin_fine_tune(page: Page, rounds: int, steps: str) -> None:
    """Start a fine-tune of so many rounds on its page, once that says how many steps these are."""
    page.get_by_text("The recipe in detail").click()
    page.get_by_label("Rounds (epochs)").fill(str(rounds))
    page.get_by_label("Rounds (epochs)").press("Enter")
    expect(page.get_by_text(f"{steps} optimiser steps")).to_be_visible()
    page.get_by_role("button", name="Fine-tune", exact=True).click()


def test_open_pick_slide_tune_stop_download_and_load(page, address):
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    open_settled(page, address)

    page.get_by_role("combobox", name="Pretrained model").click()
    page.get_by_role("option", name=re.compile("LeNet-5")).click()
    before = percent(value(page, "Accuracy"))
    slider = page.get_by_role("slider", name="Pruning threshold")
    slider.focus()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    expect(metric(page, "Sparsity").get_by_test_id("stMetricValue")).to_have_text("90.0 %")
    expect(metric(page, "Accuracy").get_by_test_id("stMetricValue")).to_have_text(re.compile(r"^[\d.]+ %$"))
    pruned = percent(value(page, "Accuracy"))
    assert pruned < before - 5

    page.get_by_role("button", name="Fine-tune", exact=True).click()
    expect(page.get_by_test_id("stProgress")).to_contain_text(re.compile(r"loss \d.*s left"))
    expect(metric(page, "Fine-tuned")).to_be_visible()
    tuned = percent(value(page, "Fine-tuned"))
    assert tuned > pruned + 10

    page.wait_for_timeout(500)  # a person's pause; the download belongs to what is on the page now
    with page.expect_download() as download:
        page.get_by_role("button", name="Download", exact=True).click()
    with zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes())) as archive:
        assert set(archive.namelist()) == {
            "weights.safetensors",
            "masks.safetensors",
            "metrics.json",
            "model.py",
            "README.md",
        }
        weights, masks = load(archive.read("weights.safetensors")), load(archive.read("masks.safetensors"))
        metrics = json.loads(archive.read("metrics.json"))

    assert sum(int((~mask).sum()) for mask in masks.values()) == round(0.9 * 430_500)
    assert all((weights[name][~mask] == 0).all() for name, mask in masks.items())
    network = Fresh()
    network.load_state_dict(weights)
    with np.load(ROOT / "assets/data/fashion-mnist-validation.npz") as stored:
        pictures = (torch.from_numpy(stored["images"]).float().unsqueeze(1) / 255 - 0.2860) / 0.3530
        labels = torch.from_numpy(stored["labels"].astype(np.int64))
    with torch.no_grad():
        accuracy = (network(pictures).argmax(1) == labels).float().mean().item()
    assert 100 * accuracy == pytest.approx(tuned, abs=0.08)  # the page rounds to 0.1
    assert metrics["figures"]["fine-tuned"]["validation"]["value"] == pytest.approx(accuracy, abs=0.0003)

    page.get_by_role("combobox", name="How long").click()
    page.get_by_role("option", name=re.compile("Thorough")).click()
    page.get_by_role("button", name="Fine-tune", exact=True).click()
    expect(page.get_by_test_id("stProgress")).to_contain_text("Accuracy about")
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("button", name="Fine-tune", exact=True)).to_be_visible()
    expect(page.get_by_text("the best so far is from step")).to_be_visible()
    assert errors == []


def test_a_copied_link_shows_the_same_picture(page, address):
    open_settled(page, f"{address}/?model=fashion-mlp&threshold=88")
    slider = page.get_by_role("slider", name="Pruning threshold")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(metric(page, "Sparsity").get_by_test_id("stMetricValue")).to_have_text("88.5 %")
    expect(metric(page, "Accuracy").get_by_test_id("stMetricValue")).to_have_text(re.compile(r"^[\d.]+ %$"))
    first, link = value(page, "Accuracy"), page.url
    assert "model=fashion-mlp" in link
    assert "threshold=88.5" in link
    open_settled(page, link)
    assert (value(page, "Sparsity"), value(page, "Accuracy")) == ("88.5 %", first)


def picture(page: Page) -> dict:
    """What the picture of the weights says, and where the mark on the curve is."""
    return page.evaluate(
        """() => {
            const host = [...document.querySelectorAll('*')].find(e => e.shadowRoot?.querySelector('canvas'));
            const mark = document.querySelector('.here-mark');
            return { caption: host.shadowRoot.querySelector('p').textContent,
                     label: host.shadowRoot.querySelector('canvas').getAttribute('aria-label'),
                     left: mark ? parseFloat(mark.style.left) : null };
        }"""
    )


def test_the_picture_follows_the_slider_while_it_is_dragged(page, address):
    open_settled(page, f"{address}/?model=fashion-mlp&threshold=80")
    page.wait_for_function("document.querySelector('.here-mark') !== null")
    thumb = page.get_by_role("slider", name="Pruning threshold").evaluate(
        """input => { let e = input.parentElement; while (e.getBoundingClientRect().width < 8) e = e.parentElement;
                      const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; }"""
    )
    at_rest, shown = picture(page), value(page, "Sparsity")
    assert at_rest["caption"].startswith("Cut at ")
    page.mouse.move(*thumb)
    page.mouse.down()
    seen = []
    for step in range(1, 6):
        page.mouse.move(thumb[0] - 40 * step, thumb[1])
        page.wait_for_timeout(60)
        seen.append(picture(page))
    assert value(page, "Sparsity") == shown  # the server knows nothing yet
    assert len({each["caption"] for each in seen}) == 5
    assert [each["left"] for each in seen] == sorted((each["left"] for each in seen), reverse=True)
    assert seen[-1]["left"] < at_rest["left"]
    page.mouse.up()
    stop = re.search(r"([\d.]+) % of the weights go", picture(page)["caption"])[1]
    expect(metric(page, "Sparsity").get_by_test_id("stMetricValue")).to_have_text(f"{stop} %")
    kept = dict(re.findall(r"(\w+): ([\d.]+) % kept", picture(page)["label"]))
    page.get_by_text("Layers: what was removed where").click()
    assert set(kept) == {"fc1", "fc2", "fc3"}


def test_the_chart_stays_in_place_while_people_slide(page, address):
    open_settled(page, f"{address}/?model=fashion-mlp&threshold=60")
    page.wait_for_function("document.querySelectorAll('.js-plotly-plot .trace path.point').length >= 3")
    page.wait_for_timeout(2500)  # until the sweep's last redraw
    page.evaluate("window.chart = document.querySelector('.js-plotly-plot')")
    page.get_by_role("slider", name="Pruning threshold").focus()
    for stop in range(1, 4):
        page.keyboard.press("ArrowRight")
        expect(metric(page, "Sparsity").get_by_test_id("stMetricValue")).to_have_text(f"{60 + stop / 2:.1f} %")
    page.wait_for_timeout(500)
    assert page.evaluate("window.chart === document.querySelector('.js-plotly-plot')")


@pytest.mark.parametrize("size", [(1440, 900), (1280, 720), (390, 844)])
def test_nothing_scrolls_sideways_and_a_projector_shows_all_that_moves(page, address, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    open_settled(page, address)
    assert page.evaluate("document.scrollingElement.scrollWidth <= document.scrollingElement.clientWidth")
    if size == (1280, 720):
        for what in (
            page.get_by_role("slider", name="Pruning threshold"),
            metric(page, "Accuracy"),
            page.locator(".js-plotly-plot"),
            page.get_by_role("button", name="Fine-tune", exact=True),
        ):
            box = what.bounding_box()
            assert box["y"] >= 0
            assert box["y"] + box["height"] <= 720


def test_whole_channels_make_a_smaller_network_to_take_home(page, address):
    open_settled(page, f"{address}/?model=fashion-lenet5&threshold=50")
    page.get_by_text("What to remove, how to judge importance, where to cut").click()
    page.get_by_role("combobox", name="What to remove").scroll_into_view_if_needed()
    page.wait_for_timeout(800)  # the expander opens slowly, and a list that opens while things move closes again
    page.get_by_role("combobox", name="What to remove").click()
    page.get_by_role("option", name="Whole channels and neurons").click()
    expect(metric(page, "Sparsity")).to_contain_text("scores below")
    expect(metric(page, "Weights left").get_by_test_id("stMetricValue")).to_have_text(re.compile(r"^[\d,]+$"))
    left = int(value(page, "Weights left").replace(",", ""))
    assert "remove=channel" in page.url

    page.get_by_text("What is left").click()
    expect(page.get_by_text(re.compile(r"\d+ of 20 filters left"))).to_be_visible()
    expect(page.locator(".st-key-filters img")).to_be_visible()

    with page.expect_download() as download:
        page.get_by_role("button", name="Download", exact=True).click()
    with zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes())) as archive:
        small, whole = (load(archive.read(f"{name}.safetensors")) for name in ("small", "weights"))
    assert sum(tensor.numel() for tensor in small.values() if tensor.ndim > 1) == left < 430_500 / 1.5
    assert whole["fc1.weight"].shape == (500, 800)

    link = page.url
    open_settled(page, link)
    assert int(value(page, "Weights left").replace(",", "")) == left


def test_a_link_to_any_page_works_as_the_first_of_a_new_server(browser):
    with running_app() as where:
        opened = new_context(browser).new_page()
        opened.goto(f"{where}/fine_tune?model=fashion-mlp")
        links = opened.get_by_test_id("stPageLink-NavLink")
        expect(links.filter(has_text="Fine-tune")).to_be_visible()
        expect(links.filter(has_text=re.compile("^app$"))).to_have_count(0)
        expect(opened.get_by_role("heading").first).to_be_visible()
        opened.close()


def test_a_download_right_after_sliding_is_of_the_new_place(page, address):
    open_settled(page, f"{address}/?model=fashion-mlp&threshold=70")
    page.get_by_role("slider", name="Pruning threshold").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(100)  # nobody is quicker than that
    with page.expect_download() as download:
        page.get_by_role("button", name="Download", exact=True).click()
    assert download.value.suggested_filename == "fashion-mlp-70.5-percent-pruned.zip"


def test_a_link_holds_also_if_the_page_is_changed_at_once(browser, address):
    for _ in range(5):
        opened = new_context(browser).new_page()
        opened.goto(f"{address}/?model=fashion-mlp&threshold=70&scope=lamp")
        opened.get_by_role("link", name="Measure").click()
        expect(opened.get_by_role("slider", name="Pruning threshold")).to_have_attribute("value", "70")
        expect(opened).to_have_url(
            re.compile("(?=.*/measure)(?=.*model=fashion-mlp)(?=.*threshold=70)(?=.*scope=lamp)")
        )
        opened.context.close()
