"""From a key on the slider to the first new figure, in headless Chromium; beside a bare slider and metric."""

import contextlib
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import CHROMIUM, FLAGS, running_app, served

BARE = """
import streamlit as st

place = st.slider("Pruning threshold", 0.0, 99.5, 50.0, 0.5)
st.metric("Accuracy", f"{place:.1f} %")
"""

WATCH = """
() => {
    window.pressed = null;
    window.waited = [];
    const value = () => document.querySelector('[data-testid="stMetricValue"]')?.textContent;
    let shown = value();
    new MutationObserver(() => {
        if (value() === shown) return;
        shown = value();
        if (window.pressed !== null) window.waited.push(performance.now() - window.pressed);
        window.pressed = null;
    }).observe(document.body, { childList: true, subtree: true, characterData: true });
    document.addEventListener("keydown", () => { window.pressed = performance.now(); }, true);
}
"""
"""Notes how long after a key the first metric's value is another one; in the page, so that no tool adds to it."""

PRESSES, APART = 20, 1.2
"""Keys of one walk, and seconds between two of them: nothing of the step before is under way any more."""

WAYS = {
    "usual plan": "threshold=70",
    "never asked before": "threshold=70&judge=activation",
    "usual plan, repaired": "threshold=80&repair=once&stage=Repaired",
}

MODELS = ("fashion-lenet5", "fashion-mlp", "fashion-resnet")


@contextlib.contextmanager
def bare_app() -> Iterator[str]:
    """Serve a page of a slider and a metric."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "bare.py"
        script.write_text(BARE)
        with served("streamlit", "run", str(script)) as address:
            yield address


def walk(page: Page, key: str) -> list[float]:
    """Press a key again and again; return after how many milliseconds each was followed by another figure.

    Presses after which the figure is the same, as it may be, are left out.
    """
    page.evaluate("() => { window.waited = []; }")
    for _ in range(PRESSES):
        page.get_by_role("slider").first.focus()
        page.keyboard.press(key)
        page.wait_for_timeout(1000 * APART)
        page.evaluate("() => { window.pressed = null; }")
    found: list[float] = page.evaluate("() => window.waited")
    return found


def opened(browser: Browser, address: str) -> Page:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(address)
    page.get_by_test_id("stMetricValue").first.wait_for()
    page.wait_for_timeout(8000)  # until nothing is under way
    page.evaluate(WATCH)
    return page


def row(what: str, found: list[float], bare: float | None = None) -> dict[str, Any]:
    """Summarise a walk, in milliseconds."""
    middle = statistics.median(found)
    late = statistics.quantiles(found, n=20, method="inclusive")[-1]
    more = {"over bare": round(middle - bare)} if bare is not None else {}
    return {"what": what, "keys": len(found), "median": round(middle), "p95": round(late), **more}


def run() -> Iterator[dict[str, Any]]:
    """Yield the bare page, then each network at places never seen and at places that were just seen."""
    with sync_playwright() as web:
        browser = web.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        with bare_app() as address:
            found = walk(opened(browser, address), "ArrowRight")
            bare = statistics.median(found)
            yield row("a bare slider and metric", found)
        for model in MODELS:
            with (
                tempfile.TemporaryDirectory() as folder,
                running_app(PLAYGROUND_DATA=folder, WHOLE_CURVES="1") as address,
            ):
                for what, ways in WAYS.items():
                    page = opened(browser, f"{address}/?model={model}&{ways}")
                    yield row(f"{model}, {what}", walk(page, "ArrowRight"), bare)
                    yield row(f"{model}, {what}, seen", walk(page, "ArrowLeft"), bare)
                    page.close()
        browser.close()
