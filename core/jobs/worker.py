"""One worker process: takes work, answers with what it yields, as `core.jobs.messages` says.

A fork server makes it (`core.jobs.fork_server`), or it is started as `python -m core.jobs.worker THREADS`, and then
talks over its standard input and output. When the other end is gone, so is the worker, at once and without a word,
whatever it was doing.
"""

import contextlib
import logging
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Iterable
from typing import Any, BinaryIO

from core.jobs.messages import Done, Failed, HungUp, Order, Progress, Ready, Stop, packed, read, unpacked, write

PAUSE = 0.1
"""Seconds between two messages of progress that only tell how far things are."""


def main() -> None:
    """Serve work on standard input and output until the other end hangs up."""
    inbox, outbox = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    stay_in_the_background()
    serve(inbox, outbox, int(sys.argv[1]))


def stay_in_the_background() -> None:
    """Leave Ctrl-C to the server, standard output to nobody, and the processor to the page's own process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever prints must not disturb the messages
    with contextlib.suppress(OSError, AttributeError):
        os.nice(15)  # little, but some, however busy the page is, so that work always comes to its end


def serve(inbox: BinaryIO, outbox: BinaryIO, threads: int) -> None:
    """Do the runs that come in, one after the other, on so many processor threads; never returns."""
    orders: queue.SimpleQueue[Order] = queue.SimpleQueue()
    stopped: set[int] = set()
    # It listens before the long import, to notice the end of the server.
    threading.Thread(target=_listen, args=(inbox, orders, stopped), daemon=True).start()

    import torch

    from core.jobs.work import WORK, loader

    torch.set_num_threads(threads)
    load = loader()
    _send(outbox, Ready(os.getpid()))
    while True:
        order = orders.get()
        try:
            # Nothing here may hold on to the stream: it tidies up when it is let go.
            _pass_on(WORK[order.work](load, *unpacked(order.arguments)), order.number, stopped, outbox)
            answer: Done | Failed = Done()
        except Exception as error:
            what = getattr(error, "what", "")
            if not what:
                logging.exception("work %r failed", order.work)
            answer = Failed(what, getattr(error, "advice", ""))
        _send(outbox, answer)


def _pass_on(stream: Iterable[Any], number: int, stopped: set[int], outbox: BinaryIO) -> None:
    """Send on the payloads of run `number`: all that carry a result, and others at most every PAUSE seconds."""
    last = 0.0
    for payload in stream:
        plain = getattr(payload, "weights", payload) is None
        if not plain or time.monotonic() - last > PAUSE:
            _send(outbox, Progress(packed(payload)))
            last = time.monotonic()
        if number in stopped:
            return


def _listen(inbox: BinaryIO, orders: "queue.SimpleQueue[Order]", stopped: set[int]) -> None:
    """Read messages; end the process when there are no more to come, or none that can be understood."""
    while True:
        try:
            message = read(inbox)
        except HungUp:
            os._exit(0)
        if isinstance(message, Stop):
            stopped.add(message.number)
        elif isinstance(message, Order):
            orders.put(message)


def _send(outbox: BinaryIO, message: object) -> None:
    try:
        write(outbox, message)
    except HungUp:
        os._exit(0)  # nobody listens any more


if __name__ == "__main__":
    main()
