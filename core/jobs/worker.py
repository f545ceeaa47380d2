"""One worker process: `python -m core.jobs.worker THREADS`. Takes work on standard input, answers on standard output.

Each message is one pickle; both ends are this program, nothing from outside is ever read here.
To the worker: ("run", number, name, pickled arguments) or ("stop", number). From it: ("ready",) once, then ("progress",
payload), ("done",) or ("failed", what, advice), where `what` is empty for an error that was not foreseen.
When the other end is gone, so is the worker, at once and without a word, whatever it was doing.
"""

import contextlib
import logging
import os
import pickle
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, BinaryIO

PAUSE = 0.1
"""Seconds between two messages of progress that only tell how far things are."""


def main() -> None:
    """Serve work until the other end hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server
    inbox, outbox = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever else prints must not disturb the messages
    with contextlib.suppress(OSError, AttributeError):
        os.nice(19)  # the page's own process goes first

    orders: queue.Queue[tuple[Any, ...]] = queue.Queue()
    stopped: set[int] = set()
    # It listens before the long import, to notice the end of the server; so no message may need anything of `core`.
    threading.Thread(target=_listen, args=(inbox, orders, stopped), daemon=True).start()

    import torch

    from core.jobs.work import WORK, loader

    torch.set_num_threads(int(sys.argv[1]))
    loaded = loader()
    _send(outbox, ("ready",))
    while True:
        number, name, arguments = orders.get()
        try:
            # Nothing here may hold on to the stream: it tidies up when it is let go.
            _run(WORK[name](loaded, *pickle.loads(arguments)), lambda number=number: number in stopped, outbox)
            answer: tuple[str, ...] = ("done",)
        except Exception as error:
            what = getattr(error, "what", "")
            if not what:
                logging.exception("work %r failed", name)
            answer = ("failed", what, getattr(error, "advice", ""))
        _send(outbox, answer)


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
            kind, number, *order = pickle.load(inbox)
        except Exception:  # an end, or bytes that mean nothing, after which nothing more can be understood
            os._exit(0)
        if kind == "stop":
            stopped.add(number)
        else:
            orders.put((number, *order))


def _send(outbox: BinaryIO, message: tuple[Any, ...]) -> None:
    try:
        pickle.dump(message, outbox)
        outbox.flush()
    except OSError:
        os._exit(0)  # nobody listens any more


if __name__ == "__main__":
    main()
