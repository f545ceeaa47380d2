"""One network of each field: explored, tried by hand, fine-tuned and taken home, in a real browser."""

import io
import json
import re
import zipfile

import pytest
from playwright.sync_api import expect

from core.quality import METRICS
from core.tasks import load
from tests.browser.test_journey import metric, value
from tests.conftest import ROOT


def number(text: str) -> float:
    return float(re.search(r"-?[\d.]+", text)[0])


@pytest.mark.parametrize(
    ("name", "cut", "says"),
    [
        ("reuters-cnn", 94, "known words"),
        ("movielens-ncf", 99, "films stayed"),
        ("cartpole-policy", 97, "Return"),
    ],
)
def test_explore_try_fine_tune_and_download(page, address, name, cut, says):
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{address}/?model={name}&threshold={cut}")
    label = {"movielens-ncf": "RMSE", "cartpole-policy": "Return"}.get(name, "Accuracy")
    figure = metric(page, label).get_by_test_id("stMetricValue")
    expect(figure).to_have_text(re.compile(r"^-?[\d.]+( %)?$"))
    expect(metric(page, "Sparsity").get_by_test_id("stMetricValue")).to_have_text(f"{cut:.1f} %")
    pruned = number(value(page, label))

    page.locator(f".st-key-trial-{name} summary").click()
    panel = page.locator(f".st-key-trial-{name}")
    expect(panel.get_by_text(re.compile(r"^Pruned: ")).first).to_be_visible()
    expect(panel).to_contain_text(re.compile(says))
    if name == "cartpole-policy":
        expect(panel.locator("img").nth(1)).to_be_visible()

    page.get_by_role("button", name="Fine-tune", exact=True).click()
    if name == "reuters-cnn":  # the slow one of these need not get to its end to be better
        expect(page.get_by_test_id("stProgress")).to_contain_text(f"{label} about")
        page.get_by_role("button", name="Stop", exact=True).click()
    expect(metric(page, "Fine-tuned")).to_be_visible()
    tuned = number(value(page, "Fine-tuned"))
    assert tuned > pruned if METRICS[label].higher else tuned < pruned

    page.wait_for_timeout(1000)  # the page draws itself anew once a fine-tune has ended, and its buttons with it
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    with page.expect_download() as loading:
        page.get_by_role("button", name="Download", exact=True).click()
    with zipfile.ZipFile(io.BytesIO(loading.value.path().read_bytes())) as archive:
        told = json.loads(archive.read("metrics.json"))
        assert told["task"] == name
        assert set(told["figures"]) == {"dense", "pruned", "fine-tuned"}
        scale = 100 if METRICS[label].share else 1
        assert scale * told["figures"]["fine-tuned"]["validation"]["value"] == pytest.approx(tuned, abs=0.051)
    assert not errors


def test_the_compare_page_draws_one_curve_a_network(page, address):
    page.goto(f"{address}/compare")
    expect(page.locator(".st-key-compare-chart .scatterlayer .trace")).to_have_count(4)
    expect(page.get_by_text(re.compile("survives the most|all of them survive")).first).to_be_visible()
    page.get_by_text("Why do fields differ?").click()
    expect(page.get_by_text(re.compile("a rare word is read by few", re.IGNORECASE)).first).to_be_visible()


def test_the_measure_page_weighs_a_network_and_scans_its_layers(page, address):
    page.goto(f"{address}/measure?model=fashion-mlp&threshold=90")
    page.get_by_role("button", name="Measure on this machine").click()
    expect(page.get_by_text(re.compile("64 at a time:")).first).to_be_visible()
    expect(page.locator(".st-key-heat .heatmaplayer").first).to_be_attached()
    page.get_by_text("What did the network forget?").click()
    expect(page.get_by_text(re.compile("are named rightly by the dense network")).first).to_be_visible()


def test_a_report_opens_in_the_browser_and_reaches_for_nothing(page, address, tmp_path):
    page.goto(f"{address}/measure?model=cartpole-policy&threshold=90")
    page.get_by_role("button", name="Make the report").click()
    with page.expect_download() as loading:
        page.get_by_role("button", name="Download the report (HTML)").click()
    file = tmp_path / "report.html"
    loading.value.save_as(file)
    errors, asked = [], []
    opened = page.context.new_page()
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(file.as_uri())
    expect(opened.get_by_role("heading", name=re.compile("Cart-pole.*90.0% pruned"))).to_be_visible()
    expect(opened.get_by_text("Against chance")).to_be_visible()
    expect(opened.locator(".scatterlayer .trace")).to_have_count(2)
    expect(opened.get_by_role("row", name=re.compile(r"^Return, pruned, test 500.0"))).to_be_visible()
    assert not errors
    assert asked == [file.as_uri()]


def test_weights_and_a_picture_of_ones_own_are_shown_to_both(page, address, tmp_path):
    picture = tmp_path / "bag.png"
    task = load("fashion-mlp")
    place = task.classifier.labels("validation").tolist().index(task.classes.index("Bag"))
    picture.write_bytes(task.classifier.example("validation", place).image)
    page.goto(f"{address}/bring?model=fashion-mlp&threshold=50")
    expect(metric(page, "Accuracy, pruned")).to_be_visible()
    chosen = page.locator("input[type=file]")
    chosen.nth(0).set_input_files(ROOT / "assets" / "models" / "fashion-lenet5.safetensors")
    expect(page.get_by_text("does not fit the network")).to_be_visible()
    chosen.nth(0).set_input_files(ROOT / "assets" / "models" / "fashion-mlp.safetensors")
    expect(page.get_by_text("Of your weights")).to_be_visible()
    expect(page.get_by_text("does not fit the network")).to_have_count(0)
    chosen.nth(1).set_input_files(picture)
    expect(page.get_by_text("Pruned: Bag")).to_be_visible()
    with page.expect_download() as loading:
        page.get_by_role("button", name="Download", exact=True).click()
    assert zipfile.is_zipfile(loading.value.path())
