"""Shared fixtures: shipped tasks loaded once, tiny ones built by hand, and a rule against unnoticed skips."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ["OMP_NUM_THREADS"] = "1"  # each worker has a core of its own; read when torch is imported
else:
    for limit in ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_"):  # read by workers as they start: memory that
        os.environ.setdefault(limit, str(32 * 2**20))  # is needed again at once is not given back in between

import hypothesis
import pytest
import torch
from sqlalchemy import create_engine, text
from torch import nn
from xdist.remote import Producer
from xdist.scheduler.loadfile import LoadFileScheduling

from core.tasks import Task, TaskInfo, load
from core.tasks.base import SPLITS
from core.tasks.vision.data import Images
from core.tasks.vision.task import make_task
from tests.cluster.postgresql import postgresql, programs

ROOT = Path(__file__).resolve().parents[1]

os.environ["PLAYGROUND_DATA"] = tempfile.mkdtemp(prefix="playground-tests-")  # nothing of a test stays with the user


hypothesis.settings.register_profile("busy", deadline=None)  # how long an example takes says nothing on a busy machine
hypothesis.settings.load_profile("busy")


class OneBrowserAtATime(LoadFileScheduling):
    """Give out tests file by file, and all those with a browser to one worker: a browser fills a core by itself."""

    def _split_scope(self, nodeid: str) -> str:
        return "browser" if nodeid.startswith("tests/browser/") else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling:
    """Say who gives out the tests."""
    return OneBrowserAtATime(config, log)


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


@pytest.fixture
def postgres(postgres_server: str) -> str:
    """The address of an empty database, so that no test meets what another one wrote beside other files."""
    name = f"test_{uuid.uuid4().hex}"
    engine = create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return postgres_server.removesuffix("postgres") + name


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL server of our own, gone with the tests."""
    if programs() is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with postgresql() as url:
        yield url


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
