"""Shared fixtures: shipped tasks loaded once, tiny ones built by hand, and a rule against unnoticed skips."""

import os
import shutil
import tempfile
from pathlib import Path

import hypothesis
import pytest
import torch
from torch import nn

from core.tasks import Task, TaskInfo, load
from core.tasks.base import SPLITS
from core.tasks.vision.data import Images
from core.tasks.vision.task import make_task

ROOT = Path(__file__).resolve().parents[1]

os.environ["PLAYGROUND_DATA"] = tempfile.mkdtemp(prefix="playground-tests-")  # nothing of a test stays with the user


hypothesis.settings.register_profile("busy", deadline=None)  # how long an example takes says nothing on a busy machine
hypothesis.settings.load_profile("busy")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Where CI is set, a skipped test fails the run: everything that can run there must."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter and reporter.stats.get("skipped"):
        reporter.write_line("Tests were skipped in CI, where all of them should run.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def lenet() -> Task:
    return load("fashion-lenet5")


@pytest.fixture(scope="session")
def mlp() -> Task:
    return load("fashion-mlp")


@pytest.fixture(scope="session")
def resnet() -> Task:
    return load("fashion-resnet")


@pytest.fixture
def tiny() -> Task:
    """A task of 4 numbers in and 3 classes out, which a small network can learn by heart; made anew each time."""
    torch.manual_seed(1)
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    generator = torch.Generator().manual_seed(2)
    inputs = torch.randn(64, 1, 2, 2, generator=generator)
    images = Images(inputs, inputs.flatten(1)[:, :3].argmax(1))
    info = TaskInfo("tiny", "Tiny", "vision", "Accuracy", 67, "made by a test", False)
    return make_task(info, model, lambda split: images, dict.fromkeys(SPLITS, 64), inputs[:1])


@pytest.fixture
def broken_assets(tmp_path: Path) -> Path:
    """A copy of the shipped assets that a test may damage by `overwrite`; its files are links, so nothing is copied."""
    copy = tmp_path / "assets"
    shutil.copytree(ROOT / "assets", copy, copy_function=link)
    return copy


def link(source: str, target: str) -> None:
    """Make a file a second name of another one, or a copy where the disk is another one."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def overwrite(path: Path, content: bytes) -> None:
    """Give a file other content without touching what its other links show."""
    path.unlink()
    path.write_bytes(content)
