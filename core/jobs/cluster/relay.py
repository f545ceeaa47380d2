"""One run on a worker of Dask: a process of our own does the work, and what both ends say is passed on.

The process is the one that a pool has on its own machine (`core.jobs.worker`): a stop that is not answered ends it, and
neither a crash of the work nor what it takes of the memory ends Dask's worker, so that the next run finds torch there.
"""

import functools
import os
import queue
import re
import threading
import uuid
from collections.abc import Callable
from dataclasses import replace

from distributed import get_client, get_worker

from core.data_folder import FILES, data_folder, data_limit, receive_artefact
from core.errors import PlaygroundError
from core.jobs.cluster.code import code_hash
from core.jobs.cluster.pipe import Began, Died, File, Pipe, Wanted
from core.jobs.messages import Done, Failed, HungUp, Order, Ready, Stop
from core.jobs.process import Worker
from core.jobs.starters import Starter, starter
from core.language import text

LOOK = 0.25
"""Seconds between two looks whether somebody still wants a run."""

HASH = re.compile(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")

OTHER_CODE = (
    text("A worker of the cluster runs another version of this app."),
    text("Whoever looks after this server has to bring all machines to the same version."),
)


def relay(name: str, order: Order, code: str) -> None:
    """Do a run, which a pool follows over the pipe of that name; code: the hash of the code that the pool runs."""
    pipe = Pipe(get_client(), name, far=True)
    order = replace(order, number=uuid.uuid4().int)  # pools count alike, and a process may work for several of them
    try:
        pipe.send(Began())
        if code != code_hash():
            pipe.send(Failed(*OTHER_CODE))
            return
        _bring_files(pipe, order)
        worker = _take()
        over = threading.Event()
        threading.Thread(target=_pass_down, args=(pipe, worker, order, over, _is_wanted()), daemon=True).start()
        try:
            worker.send(order)
            _pass_up(pipe, worker, over)
        except BaseException:
            worker.end()
            raise
        finally:
            over.set()
        _warm().put(worker)
    except PlaygroundError as error:
        pipe.send(Failed(error.what, error.advice))
    except HungUp:
        return  # nobody listens any more
    finally:
        pipe.hang_up()


async def prepare() -> None:
    """Begin the imports that the first run would have to wait for; a coroutine, so that nobody waits for its answer."""
    _starter().prepare()


@functools.cache
def _starter() -> Starter:
    """Return what starts the processes of this worker, each with one processor thread unless it is told otherwise."""
    os.environ["PLAYGROUND_FETCHES"] = "1"  # what was fetched for the pool may not be here
    return starter(int(os.environ.get("PLAYGROUND_THREADS", "1")))


@functools.cache
def _warm() -> "queue.LifoQueue[Worker]":
    """Return the processes that have nothing to do, with the tasks that they hold."""
    return queue.LifoQueue()


def _take() -> Worker:
    """Take a process that has nothing to do, or start one. Raises NoRoom."""
    while True:
        try:
            worker = _warm().get_nowait()
        except queue.Empty:
            return _starter().start()
        if worker.process.poll() is None:
            return worker
        worker.end()


def _bring_files(pipe: Pipe, order: Order) -> None:
    """Ask for the files of the store that the arguments name by their hashes and that are not here. Raises HungUp."""
    files = data_folder() / FILES
    for name in sorted({each.decode() for each in HASH.findall(order.arguments)}):
        if (files / name).exists():
            continue
        pipe.send(Wanted(name))
        while not isinstance(message := pipe.receive(), File):
            pass
        if message.content is not None:
            receive_artefact(files, name, message.content, data_limit())


def _pass_up(pipe: Pipe, worker: Worker, over: threading.Event) -> None:
    """Pass on what the process says until its run is over. Raises HungUp."""
    while not over.is_set():
        try:
            message = worker.receive()
        except HungUp:
            pipe.send(Died(worker.ready))
            raise
        if isinstance(message, (Done, Failed)):
            over.set()
        if not isinstance(message, Ready):
            pipe.send(message)


def _pass_down(pipe: Pipe, worker: Worker, order: Order, over: threading.Event, is_wanted: Callable[[], bool]) -> None:
    """Pass on that the pool wants a run to stop; end the process once nobody wants the run any more."""
    while not over.is_set():
        try:
            if isinstance(pipe.receive(LOOK), Stop):
                worker.send(Stop(order.number))
        except queue.Empty:
            if not is_wanted():
                break
        except HungUp:
            break
    if not over.is_set():
        worker.process.kill()


def _is_wanted() -> Callable[[], bool]:
    """Return a function that says whether the scheduler still wants this task: a pool that is gone cannot say so."""
    here = get_worker()
    key, tasks = here.get_current_task(), here.state.tasks
    return lambda: key in tasks and tasks[key].state == "executing"
