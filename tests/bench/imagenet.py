"""A visit to a network of torchvision: how soon a slider step answers, and how much memory one visit and a second take.

Weights and pictures are made here, of the same form and size as those that would be fetched: time and memory do not
depend on what they hold.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

KEYS = ("resnet18", "resnet50")


def make(folder: Path) -> None:
    """Lay down weights and pictures as a download would."""
    import numpy as np
    import torch
    import torchvision
    from PIL import Image

    from core.tasks.imagenet.data import CLASSES
    from core.tasks.imagenet.files import archive, weights_file

    for key in KEYS:
        file = weights_file(key, folder).path
        file.parent.mkdir(parents=True, exist_ok=True)
        torch.save(torchvision.models.get_model(key).state_dict(), file)
    drawn = np.random.default_rng(0)
    for part in ("train", "val"):
        for wnid in CLASSES:
            here = archive(folder).path / part / wnid
            here.mkdir(parents=True)
            for number in range(150):
                rough = Image.fromarray(drawn.integers(0, 255, (8, 10, 3), dtype=np.uint8))
                rough.resize((213, 160)).save(here / f"{number}.JPEG", quality=90)


def resident() -> float:
    """Megabytes of this process that are in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def peaked() -> float:
    """Megabytes that this process had in memory at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def visit(key: str) -> dict[str, Any]:
    """Open Explore twice, as two visitors, and slide; then time slider steps without a page."""
    import time

    from streamlit.testing.v1 import AppTest

    from core.measure import steps
    from core.pruning import PruningPlan
    from pages.shared import cache, workers
    from tests.conftest import ROOT

    empty = resident()

    def opened() -> None:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=600)
        app.query_params["model"] = f"imagenet-{key}"
        app.run()
        app.slider(key="threshold").set_value(85.0).run()
        if app.exception or app.error:
            raise RuntimeError(f"{app.exception} {app.error}")

    opened()
    first, peak = resident(), peaked()
    opened()
    second, peaks = resident(), peaked()
    workers.jobs().close()
    name, times = f"imagenet-{key}", []
    ranking = cache.ranking(name, PruningPlan())
    for sparsity in (0.5, 0.6, 0.7, 0.8, 0.9):
        begun = time.perf_counter()
        next(steps(cache.task(name), PruningPlan(sparsity=sparsity), ranking))
        times.append(time.perf_counter() - begun)
    return {
        "model": name,
        "first figure ms": round(1000 * statistics.median(times)),
        "peak MB": round(peak),
        "held MB": round(first),
        "second visitor MB": round(second - first),
        "second visitor, peak MB": round(peaks - peak),
        "of which before any model MB": round(empty),
    }


def run() -> Iterator[dict[str, Any]]:
    """Yield a line for each network, each measured in a process of its own."""
    with tempfile.TemporaryDirectory() as home:
        make(Path(home) / "hub")
        for key in KEYS:
            command = [sys.executable, "-m", "tests.bench.imagenet", key]
            done = subprocess.run(command, env={**os.environ, "TORCH_HOME": home}, capture_output=True, text=True)
            yield json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else {"failed": done.stderr[-2000:]}


if __name__ == "__main__":
    print(json.dumps(visit(sys.argv[1])))
