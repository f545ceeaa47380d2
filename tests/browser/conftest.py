"""The app on a free port of this machine, and Debian's Chromium to open it with."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.conftest import ROOT

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


SIZE = {"width": 1280, "height": 720}
"""A projector's, which shows least."""

expect.set_options(timeout=120_000)


@contextlib.contextmanager
def running_app(**settings: str) -> Iterator[str]:
    """Serve the app on a free loopback port; yield its address once it answers.

    settings: further variables of its environment; a visit's work ends soon after its browser is gone unless they
    say otherwise.
    """
    with served("tests.browser.serve", **{"PLAYGROUND_ABSENCE": "1", **settings}) as address:
        yield address


@contextlib.contextmanager
def served(module: str, *arguments: str, **settings: str) -> Iterator[str]:
    """Run a module that serves a page as Streamlit does, on a free loopback port; yield its address once it answers.

    arguments: of the module; settings: further variables of its environment.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", module, *arguments, "--server.port", str(port), "--server.headless", "true"]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **settings}, stdout=quiet, stderr=quiet)
    try:
        for _ in range(300):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1)
                break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(15)


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    with running_app() as where:
        yield where


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with sync_playwright() as web:
        opened = web.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield opened
        opened.close()


def new_context(browser: Browser) -> BrowserContext:
    """Open a browser of its own, as of another visitor; it waits long, for a busy machine."""
    context = browser.new_context(viewport=SIZE)
    context.set_default_timeout(120_000)
    return context


@pytest.fixture(scope="session")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Another app, whose visits last while their browser is away, as they do for people."""
    with running_app(PLAYGROUND_ABSENCE="150", PLAYGROUND_DATA=str(tmp_path_factory.mktemp("data"))) as where:
        yield where


@pytest.fixture(scope="session")
def warm_page(browser: Browser) -> Iterator[Page]:
    """One page for all tests that need one alone: a new one compiles the page's scripts again, for three seconds."""
    context = new_context(browser)
    yield context.new_page()
    context.close()


@pytest.fixture(autouse=True)
def close_what_is_left(browser: Browser, warm_page: Page) -> Iterator[None]:
    """Close what a test has opened, also where it failed: pages that nobody looks at still ask the server for work."""
    before = set(browser.contexts)
    yield
    for context in set(browser.contexts) - before:
        context.close()


@pytest.fixture
def page(warm_page: Page, address: str) -> Iterator[Page]:
    """A page as a new visitor has it: nothing is kept from the test before."""
    warm_page.goto("about:blank")
    warm_page.context.clear_cookies()
    warm_page.set_viewport_size(SIZE)
    yield warm_page
    for other in warm_page.context.pages[1:]:
        other.close()
    warm_page.goto("about:blank")  # so that the server ends what this visit asked for
