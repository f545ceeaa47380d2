"""One worker process: `python -m core.worker THREADS`. Takes work on standard input, answers on standard output.

Each message is one pickle; both ends are this program, nothing from outside is ever read here.
To the worker: ("run", number, name, arguments) or ("stop", number). From it: ("progress", payload), ("done",) or
("failed", what, advice), where `what` is empty for an error that was not foreseen.
"""

import contextlib
import logging
import os
import pickle
import queue
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, BinaryIO

PAUSE = 0.1
"""Seconds between two messages of progress that only tell how far things are."""


def main() -> None:
    """Serve work until the other end hangs up."""
    inbox, outbox = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever else prints must not disturb the messages
    with contextlib.suppress(OSError, AttributeError):
        os.nice(19)  # the page's own process goes first

    import torch

    from core.work import WORK, loader

    torch.set_num_threads(int(sys.argv[1]))
    orders: queue.Queue[tuple[Any, ...]] = queue.Queue()
    stopped: set[int] = set()
    threading.Thread(target=_listen, args=(inbox, orders, stopped), daemon=True).start()
    loaded = loader()
    while True:
        _, number, name, arguments = orders.get()
        try:
            _run(WORK[name](loaded, *arguments), lambda number=number: number in stopped, outbox)
            _send(outbox, ("done",))
        except Exception as error:
            what = getattr(error, "what", "")
            if not what:
                logging.exception("work %r failed", name)
            _send(outbox, ("failed", what, getattr(error, "advice", "")))


def _run(stream: Any, stopped: Callable[[], bool], outbox: BinaryIO) -> None:
    """Pass on what a stream yields: everything that carries a result, and of the rest what is due."""
    last = 0.0
    for payload in stream:
        plain = getattr(payload, "weights", payload) is None
        if not plain or time.monotonic() - last > PAUSE:
            _send(outbox, ("progress", payload))
            last = time.monotonic()
        if stopped():
            return


def _listen(inbox: BinaryIO, orders: queue.Queue[tuple[Any, ...]], stopped: set[int]) -> None:
    """Read messages; end the process when there are no more to come."""
    while True:
        try:
            message = pickle.load(inbox)
        except (EOFError, OSError):
            os._exit(0)
        if message[0] == "stop":
            stopped.add(message[1])
        else:
            orders.put(message)


def _send(outbox: BinaryIO, message: tuple[Any, ...]) -> None:
    pickle.dump(message, outbox)
    outbox.flush()


if __name__ == "__main__":
    main()
