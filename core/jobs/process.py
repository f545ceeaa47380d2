"""Worker processes as the pool sees them: speak to one, ask whether it lives, end it."""

import contextlib
import os
import select
import signal
import socket
import subprocess
import threading
from typing import BinaryIO, Protocol, cast

from core.jobs import messages


class Process(Protocol):
    """Stand for a worker process, however it was started."""

    @property
    def pid(self) -> int:
        """Its number, 0 until that is known."""

    def is_there(self, pid: int) -> None:
        """Take note of its number. Raises OSError if there is no such process."""

    def kill(self) -> None:
        """End it, whatever it does."""

    def poll(self) -> int | None:
        """Return None while it lives."""

    def wait(self, timeout: float) -> int:
        """Wait for its end, at most so many seconds. Raises subprocess.TimeoutExpired."""

    def let_go(self) -> None:
        """Close everything that this side holds of it."""


class Worker:
    """Speak to one worker process; `ready` once it has said that it is there."""

    def __init__(self, process: Process, inbox: BinaryIO, outbox: BinaryIO) -> None:
        self.process = process
        self.ready = False
        self._inbox, self._outbox = inbox, outbox
        self._sending = threading.Lock()

    def send(self, message: object) -> None:
        """Send one message; several threads may. Raises HungUp."""
        with self._sending:
            messages.write(self._inbox, message)

    def receive(self) -> object:
        """Return its next message. Raises HungUp."""
        message = messages.read(self._outbox)
        if isinstance(message, messages.Ready):
            self.ready = True
            try:
                self.process.is_there(message.pid)
            except OSError as error:  # it is not there any more
                raise messages.HungUp from error
        return message

    def end(self) -> None:
        """End the process, whatever it does, and close its streams."""
        self.process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5.0)
        for stream in (self._inbox, self._outbox):
            with contextlib.suppress(OSError, ValueError):
                stream.close()
        self.process.let_go()


class SpawnedProcess:
    """Hold a worker process that this one has started, at the other end of two pipes."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self.pid = process.pid

    def is_there(self, pid: int) -> None:
        """Do nothing: its number is known."""

    def kill(self) -> None:
        """End it, whatever it does."""
        self._process.kill()

    def poll(self) -> int | None:
        """Return None while it lives."""
        return self._process.poll()

    def wait(self, timeout: float) -> int:
        """Wait for its end, at most so many seconds. Raises subprocess.TimeoutExpired."""
        return self._process.wait(timeout)

    def let_go(self) -> None:
        """Do nothing: the streams are all there is."""


class ForkedProcess:
    """Hold a worker process that a fork server makes, at the other end of a connection."""

    def __init__(self, connection: socket.socket) -> None:
        self.pid = 0
        self._connection = connection
        self._handle: int | None = None
        self._lock = threading.Lock()

    def is_there(self, pid: int) -> None:
        """Take note of its number, and of a handle that means this process for ever, as the number does not.

        Raises OSError if there is no such process any more.
        """
        with self._lock:
            self._handle = os.pidfd_open(pid)
            self.pid = pid

    def kill(self) -> None:
        """Hang up, which ends it if it is yet to begin, and end it."""
        with self._lock, contextlib.suppress(OSError):
            if self._handle is not None:
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

    def poll(self) -> int | None:
        """Return None while the connection stands."""
        try:
            return None if self._connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) else 0
        except BlockingIOError:
            return None
        except OSError:
            return 0

    def wait(self, timeout: float) -> int:
        """Wait for its end, if it has begun at all. Raises subprocess.TimeoutExpired."""
        if self._handle is not None:
            ended = select.poll()
            ended.register(self._handle, select.POLLIN)
            if not ended.poll(1000 * timeout):
                raise subprocess.TimeoutExpired("worker", timeout)
        return 0

    def let_go(self) -> None:
        """Close the connection and the handle."""
        self._connection.close()
        with self._lock:
            if self._handle is not None:
                os.close(self._handle)
                self._handle = None


def forked_worker(connection: socket.socket) -> Worker:
    """Return the worker at the other end of a connection."""
    inbox, outbox = connection.makefile("wb"), connection.makefile("rb")
    return Worker(ForkedProcess(connection), cast(BinaryIO, inbox), cast(BinaryIO, outbox))


def spawned_worker(process: "subprocess.Popen[bytes]") -> Worker:
    """Return the worker at the other end of a process' standard input and output."""
    return Worker(SpawnedProcess(process), cast(BinaryIO, process.stdin), cast(BinaryIO, process.stdout))
