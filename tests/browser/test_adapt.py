"""A checkpoint of one's own, one's own pictures, and a smaller file to take home: no word of code."""

import io
import re
import zipfile
from urllib.parse import parse_qs, urlencode, urlsplit

import numpy as np
import onnxruntime
import torch
from PIL import Image
from playwright.sync_api import Browser, expect
from safetensors.torch import save
from torchvision.models import get_model

from tests.browser.conftest import new_context
from tests.browser.test_journey import metric

CLASSES = [f"kind {letter}" for letter in "abcdefghij"]
PICTURES, STEPS = 10, 2
"""Pictures of each class and steps of the fine-tune: enough to walk through all of it, not to learn well."""


def own_pictures(count: int) -> bytes:
    """Make a zip of ten folders: stripes of ten widths on noise."""
    generator = np.random.default_rng(0)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for place, name in enumerate(CLASSES):
            for number in range(count):
                pixels = generator.integers(0, 80, (64, 64, 3))
                pixels[:, :: place + 2] = 255
                written = io.BytesIO()
                Image.fromarray(pixels.astype(np.uint8)).save(written, "PNG")
                archive.writestr(f"{name}/{number}.png", written.getvalue())
    return packed.getvalue()


def uploader(page, label: str):
    return page.get_by_test_id("stFileUploader").filter(has_text=label).locator("input[type=file]")


def test_ones_own_checkpoint_learns_ones_own_pictures_and_goes_home_smaller(browser: Browser, lasting, tmp_path):
    torch.manual_seed(0)
    checkpoint = tmp_path / "mine.safetensors"
    checkpoint.write_bytes(save(get_model("resnet18", num_classes=10).state_dict()))
    pictures = tmp_path / "pictures.zip"
    pictures.write_bytes(own_pictures(PICTURES))
    context = new_context(browser)
    page = context.new_page()

    page.goto(f"{lasting}/bring")
    page.get_by_role("radio", name="An architecture by name").click()
    uploader(page, "Its weights").set_input_files(checkpoint)
    expect(page.get_by_role("combobox", name="Pretrained model")).to_have_value(re.compile("resnet18", re.I))

    page.get_by_role("link", name="Adapt", exact=True).click()
    page.get_by_text("Or your own data").click()
    uploader(page, "A zip with one folder of pictures").set_input_files(pictures)
    expect(page.get_by_role("combobox", name="New task")).to_have_value(re.compile("Yours: pictures.zip"))
    page.get_by_role("button", name="Take it in hand").click()
    expect(page.get_by_text("It is in hand.")).to_be_visible()

    network = parse_qs(urlsplit(page.url).query)["model"][0]
    page.goto(f"{lasting}/fine_tune?{urlencode({'model': network, 'threshold': 30, 'remove': 'channel'})}")
    page.get_by_text("The recipe in detail").click()
    page.get_by_role("spinbutton", name="Steps instead of rounds").fill(str(STEPS))
    page.get_by_role("spinbutton", name="Steps instead of rounds").press("Enter")
    page.get_by_role("button", name="Fine-tune", exact=True).click()
    expect(metric(page, "Fine-tuned")).to_be_visible()

    page.get_by_role("link", name="Explore", exact=True).click()
    page.get_by_role("radio", name="Fine-tuned").click()
    page.get_by_text("Take it home in the form you need").click()
    page.get_by_role("button", name="ONNX", exact=True).click()
    expect(page.get_by_role("button", name="Download ONNX", exact=True)).to_be_visible()
    page.wait_for_timeout(1000)  # the page draws itself anew once the file is written, and its buttons with it
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download ONNX", exact=True).click()
    with zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes())) as archive:
        (name,) = (each for each in archive.namelist() if each.endswith(".onnx"))
        written = archive.read(name)
    assert len(written) < 0.8 * checkpoint.stat().st_size
    session = onnxruntime.InferenceSession(written)
    (answers,) = session.run(None, {session.get_inputs()[0].name: np.zeros((1, 3, 224, 224), np.float32)})
    assert answers.shape == (1, 10)
    context.close()
