"""Memory of the whole app, server and workers together: at rest, after a first visit, and how soon it is up."""

import contextlib
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

PORT = 8599


def tree(root: int) -> list[int]:
    """Return a process and all that it has started, by number."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    found, waiting = [], [root]
    while waiting:
        found.append(waiting.pop())
        waiting += children.get(found[-1], [])
    return found


def megabytes(root: int) -> int:
    """Return the memory of a process tree in MB, each shared page counted once (proportional set size)."""
    total = 0
    for process in tree(root):
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return round(total * 1024 / 1e6)


def run() -> Iterator[dict[str, Any]]:
    """Yield a line for each state of a server that this starts and ends. Linux only; needs Chromium for the visit."""
    from playwright.sync_api import sync_playwright

    begun = time.monotonic()
    options = ["--server.port", str(PORT), "--server.headless", "true"]
    server = subprocess.Popen([sys.executable, "-m", "streamlit", "run", "app.py", *options], cwd=ROOT)
    try:
        while True:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://localhost:{PORT}/_stcore/health", timeout=1)
                break
            time.sleep(0.05)
        yield {"state": "listening, nobody has come", "MB": megabytes(server.pid), "seconds since start": ""}
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            page = browser.new_page()
            page.goto(f"http://localhost:{PORT}")
            page.get_by_text("Weights left").wait_for(timeout=60_000)
            yield {
                "state": "first visitor sees figures",
                "MB": megabytes(server.pid),
                "seconds since start": round(time.monotonic() - begun, 1),
            }
            time.sleep(40)
            yield {"state": "the curve is complete", "MB": megabytes(server.pid), "seconds since start": ""}
            browser.close()
    finally:
        server.terminate()
        server.wait()
