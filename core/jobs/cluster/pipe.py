"""Messages between a pool and a run on another machine: two queues of the scheduler, one for each direction.

Workers of Dask need not be reachable from an app server; the scheduler is, from both. Pickles go through it, so that
whoever reaches the scheduler can run code on its workers: it belongs into a network of its own.
"""

import contextlib
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from distributed import Client, Queue

from core.jobs.messages import HungUp, Lost, packed, unpacked


def on_loop(client: Client, call: Callable[[], Any]) -> None:
    """Have something done on the thread that speaks with the scheduler; nothing where that is over."""
    if client.loop is not None:
        client.loop.add_callback(call)


@dataclass(frozen=True)
class Began:
    """Tell the pool that a run has been begun; the second time, that whoever did so before is gone."""


@dataclass(frozen=True)
class Wanted:
    """Ask the pool for a file of the store, by its hash."""

    name: str


@dataclass(frozen=True)
class File:
    """Send a worker a file of the store; None where it is gone."""

    name: str
    content: bytes | None


@dataclass(frozen=True)
class Died:
    """Tell the pool that the process with the work has ended on its own; ready: whether it had begun."""

    ready: bool


@dataclass(frozen=True)
class _Over:
    """Let the other end stop waiting: nothing more is to come."""


class Pipe:
    """Hold one end of a pair of queues, whose messages come in on their own.

    name: that of the run, alike at both ends; far: whether this is the worker's end.
    """

    def __init__(self, client: Client, name: str, far: bool) -> None:
        self._client = client
        out, back = (f"{name}-{way}" for way in (("up", "down") if far else ("down", "up")))
        self._out, self._back = Queue(out, client), Queue(back, client)
        self._came: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._closed = threading.Event()
        on_loop(client, self._take_in)

    def send(self, message: object) -> None:
        """Send one message. Raises Lost when the scheduler does not take it."""
        content = packed(message)
        try:
            self._out.put(content)
        except Exception as error:  # Dask's errors for a lost connection have no base of their own
            raise Lost from error

    def receive(self, timeout: float | None = None) -> object:
        """Return the next message. Raises HungUp once the other end is gone, queue.Empty after so many seconds."""
        message = self._came.get(timeout=timeout)
        if isinstance(message, HungUp):
            self._came.put(message)  # for whoever asks again
            raise message
        return message

    def take_for_received(self, message: object) -> None:
        """Let this end receive a message that nobody has sent."""
        self._came.put(message)

    def hang_up(self, why: HungUp | None = None) -> None:
        """Let this end receive nothing more, and the other one if the scheduler is there."""
        self._came.put(why or HungUp())
        if self._closed.is_set():
            return
        self._closed.set()
        on_loop(self._client, self._say_over)

    async def _take_in(self) -> None:
        """Pass on what comes in until it is over; one message may take long, and others wait for none of it."""
        try:
            while True:
                message = unpacked(await self._back._get())
                if isinstance(message, _Over):
                    break
                self._came.put(message)
            self._came.put(HungUp())
        except Exception:  # as in `send`
            self._came.put(Lost())

    async def _say_over(self) -> None:
        """Tell both ends that it is over, the own one too, or its question would wait at the scheduler for ever."""
        over = packed(_Over())
        with contextlib.suppress(Exception):
            await self._out._put(over)
            await self._back._put(over)
            self._out.close()
            self._back.close()
