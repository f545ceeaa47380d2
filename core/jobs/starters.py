"""Start worker processes.

On Linux a fork server makes them (`core.jobs.fork_server`): they share the memory of what it has imported and start in
milliseconds, so that those with nothing to do can be ended. Elsewhere each is a process of its own: some of Apple's
libraries do not survive a fork, and Windows has none.
"""

import contextlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from core.jobs.job import NO_ROOM, NoRoom
from core.jobs.process import Worker, forked_worker, spawned_worker

ROOT = Path(__file__).resolve().parents[2]

IDLE = 300.0
"""Seconds without work after which a worker that is quickly started again is ended, with the tasks that it holds."""


class Starter(Protocol):
    """Start worker processes.

    idle: seconds without work after which one is ended, None for never.
    """

    idle: float | None

    @property
    def places(self) -> int | None:
        """How many workers there may be at once; None for as many as the pool was told."""

    @property
    def elsewhere(self) -> int:
        """How many workers there may be on other machines just now."""

    @property
    def note(self) -> str:
        """What people are to know, as that another machine is not there; "" if all is as it should be."""

    def prepare(self) -> None:
        """Begin whatever takes long, without waiting for it. Raises NoRoom."""

    def start(self, work: str = "") -> Worker:
        """Start one worker, for some work from `core.jobs.work`. Raises NoRoom."""

    def fits(self, worker: Worker, work: str) -> bool:
        """Say whether a worker that has nothing to do is one for this work."""

    def close(self) -> None:
        """Start no more."""


def starter(threads: int) -> "ForkServer | Spawner":
    """Return the way to start workers of so many processor threads each that suits this system."""
    return ForkServer(threads) if _can_fork() else Spawner(threads)


def _can_fork() -> bool:
    if sys.platform != "linux":
        return False
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (OSError, AttributeError):  # a Linux from before 2019, or a Python built on one
        return False
    return True


class Spawner:
    """Start each worker as a process of its own, which takes it some seconds of imports."""

    idle: float | None = None
    places: int | None = None
    elsewhere = 0
    note = ""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._closed = False

    def prepare(self) -> None:
        """Do nothing: workers have nothing in common."""

    def start(self, work: str = "") -> Worker:
        """Start one worker. Raises NoRoom."""
        if self._closed:
            raise NoRoom(*NO_ROOM)
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        return spawned_worker(_python("core.jobs.worker", self._threads, pipes))

    def fits(self, worker: Worker, work: str) -> bool:
        """Say that any worker does any work."""
        return True

    def close(self) -> None:
        """Start no more."""
        self._closed = True


class ForkServer:
    """Have one fork server make all workers; start it when it is first needed, and again if it is gone."""

    idle: float | None = IDLE
    places: int | None = None
    elsewhere = 0
    note = ""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._closed = False

    @property
    def pid(self) -> int:
        """The number of the fork server's process, 0 while there is none."""
        return self._process.pid if self._process else 0

    def prepare(self) -> None:
        """Start the fork server unless it runs; it takes some seconds to be ready. Raises NoRoom."""
        with self._lock:
            self._running()

    def start(self, work: str = "") -> Worker:
        """Ask for one worker; it answers once the fork server is ready. Raises NoRoom."""
        own, its = _connection()
        try:
            with its, self._lock:
                self._ask_for_worker(its)
        except BaseException:
            own.close()
            raise
        return forked_worker(own)

    def fits(self, worker: Worker, work: str) -> bool:
        """Say that any worker does any work."""
        return True

    def close(self) -> None:
        """End the fork server."""
        with self._lock:
            self._closed = True
            self._end()

    def _ask_for_worker(self, connection: socket.socket) -> None:
        for _ in range(2):
            try:
                socket.send_fds(self._running(), [b"f"], [connection.fileno()])
                return
            except OSError:  # it has ended just now
                self._end()

    def _running(self) -> socket.socket:
        """Return the connection to the fork server, which is started if need be."""
        if self._process is not None and self._process.poll() is not None:
            self._end()
        if self._control is None:
            if self._closed:
                raise NoRoom(*NO_ROOM)
            own, its = _connection()
            with its:
                self._process = _python("core.jobs.fork_server", self._threads, {"stdin": its})
            self._control = own
        return self._control

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(5.0)
        if self._control is not None:
            self._control.close()
        self._process = self._control = None


def _connection() -> tuple[socket.socket, socket.socket]:
    """Return both ends of a new connection. Raises NoRoom."""
    try:
        return socket.socketpair()
    except OSError as error:
        raise NoRoom(*NO_ROOM) from error


def _python(module: str, threads: int, streams: Mapping[str, Any]) -> "subprocess.Popen[bytes]":
    """Run one of this package's modules in a new process, in the project's own folder. Raises NoRoom."""
    # Each worker has its share of the cores. numpy's own library for matrices is kept to one thread, since a fork
    # server must not have any but its own when it forks.
    limits = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(threads)) | {"OPENBLAS_NUM_THREADS": "1"}
    try:
        return subprocess.Popen(
            [sys.executable, "-m", module, str(threads)],
            cwd=ROOT,
            env={**os.environ, **limits},
            # Ctrl-C in the terminal is for the server, which ends its workers itself. Not a session of its own: Linux
            # divides the processor among sessions first (autogroup), and being nice counts only within one.
            process_group=0,
            **streams,
        )
    except (OSError, MemoryError) as error:
        raise NoRoom(*NO_ROOM) from error
