"""Programs of a cluster on loopback: started on free ports, waited for, and ended with whoever started them."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]

PATIENCE = 120.0
"""Seconds that a program has to be there; much more than it takes, for a busy machine."""


def free_port() -> int:
    """Return a port on which nobody listens just now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def until(condition: Callable[[], object], process: subprocess.Popen | None = None, patience: float = PATIENCE) -> None:
    """Wait until something is so, for as long as a process that is to bring it about lives."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        assert process is None or process.poll() is None, f"{process.args} has ended"
        time.sleep(0.05)


def listens(port: int) -> bool:
    """Whether somebody listens on a port."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


@contextlib.contextmanager
def running(
    command: list[str], log: IO | int = subprocess.DEVNULL, gently: bool = True, **settings: str
) -> Iterator[subprocess.Popen]:
    """Run a program in the project's folder.

    gently: whether it is asked to end, or ended; settings: further variables of its environment.
    """
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **settings}, stdout=log, stderr=log)
    try:
        yield process
    finally:
        (process.terminate if gently else process.kill)()
        process.wait(20)


@contextlib.contextmanager
def scheduler(port: int | None = None, log: IO | int = subprocess.DEVNULL) -> Iterator[str]:
    """Run a scheduler of Dask; yield its address."""
    port = port or free_port()
    command = ["-m", "dask", "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
    with running([sys.executable, *command], log, gently=False) as process:
        until(lambda: listens(port), process)
        yield f"tcp://127.0.0.1:{port}"


def worker_command(address: str, *options: str) -> list[str]:
    """Return the line that starts one worker of one thread, with what replaces it when it dies."""
    plain = ["--host", "127.0.0.1", "--nthreads", "1", "--no-dashboard"]
    return [sys.executable, "-m", "dask", "worker", address, *plain, *options]
