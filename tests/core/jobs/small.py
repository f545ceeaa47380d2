"""Workers as they are, without torch and with work that misbehaves; they start in a tenth of a second."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from core.jobs.pool import Jobs
from core.jobs.starters import ForkServer, Spawner

SMALL = """
import os, pathlib, sys, time, types

class Odd:
    def __reduce__(self):
        return int, ("no number",)

def count(load, start, to, pause=0.0):
    for number in range(start, to):
        yield number
        time.sleep(pause)

def dies(load, tries, lives=10**9):
    with open(tries, "a") as book:
        book.write("x")
    if len(pathlib.Path(tries).read_text()) <= lives:
        os.kill(os.getpid(), 9)
    yield "done"

def odd(load):
    yield Odd()

def reads(load, name):
    yield (pathlib.Path(os.environ["PLAYGROUND_DATA"]) / "artefacts" / name).read_text()

def shares(load, to, pause, part):
    for step in range(to):
        yield step, [part]
        time.sleep(pause)

def swallows(load, content):
    yield len(content)

def talks(load):
    print("something on standard output", flush=True)
    os.system("echo something of another program")
    yield "done"

work = types.ModuleType("core.jobs.work")
work.WORK = {"count": count, "dies": dies, "odd": odd, "reads": reads}
work.WORK |= {"fetch": count, "shares": shares, "swallows": swallows, "talks": talks}
work.loader = lambda: None
sys.modules["torch"] = types.SimpleNamespace(set_num_threads=int)
sys.modules["core.jobs.work"] = work

time.sleep(float(os.environ.get("IMPORTS_TAKE", 0)))
real_fork, refused = os.fork, iter(range(int(os.environ.get("REFUSED_FORKS", 0))))

def fork():
    if next(refused, None) is not None:
        raise BlockingIOError("no room")
    return real_fork()

os.fork = fork
"""

real = subprocess.Popen


def from_tomorrow(*arguments: object) -> None:
    """Stand for what another machine does not know."""
    raise ImportError("there is no such thing here")


def small_process(command: list[str], **how: object) -> subprocess.Popen:
    """Start a fork server or a worker that knows nothing but small work."""
    *_, module, threads = command
    if not module.startswith("core.jobs."):
        return real(command, **how)  # such as a scheduler
    return real([sys.executable, "-c", f"{SMALL}\nfrom {module} import main\nmain()", threads], **how)


@contextlib.contextmanager
def small_pool(monkeypatch: pytest.MonkeyPatch, starter: type[ForkServer | Spawner] | None = None) -> Iterator[Jobs]:
    """Yield a pool of one worker that does small work; starter: how that is started, if not as this system does it."""
    monkeypatch.setattr("core.jobs.starters.subprocess.Popen", small_process)
    if starter is not None:
        monkeypatch.setattr("core.jobs.pool.starter_for_pool", starter)
    jobs = Jobs(workers=1, threads=1)
    yield jobs
    jobs.close()


def until(condition: Callable[[], object], seconds: float = 120.0) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.02)
