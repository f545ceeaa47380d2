"""A worker on another machine as the pool sees it: each run is one task of Dask, which takes one of its threads."""

import contextlib
import logging
import threading
import uuid
from typing import Any

from distributed import Client, Future

from core.data_folder import FILES, data_folder, read_artefact
from core.jobs.cluster.code import code_hash
from core.jobs.cluster.pipe import Began, Died, File, Pipe, Wanted, on_loop
from core.jobs.cluster.relay import OTHER_CODE, relay
from core.jobs.messages import Done, Failed, HungUp, Lost, Order
from core.jobs.process import Worker


class FarProcess:
    """Stand for the process with the work: what it is told goes to the task that holds it, if one does just now."""

    pid = 0

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._future: Future | None = None
        self._pipe: Pipe | None = None
        self._ended = threading.Event()

    def is_there(self, pid: int) -> None:
        """Do nothing: its number means nothing here."""

    def begin(self, order: Order) -> Pipe:
        """Ask the scheduler for a run. Raises Lost when it is not there."""
        name = f"playground-{uuid.uuid4().hex}"
        try:
            pipe = Pipe(self._client, name, far=False)
            future = self._client.submit(relay, name, order, code_hash(), key=name, pure=False)
        except Exception as error:  # Dask's errors for a lost connection have no base of their own
            raise Lost from error
        future.add_done_callback(lambda over: _tell_of_end(over, pipe))
        with self._lock:
            self._future, self._pipe = future, pipe
        if self._ended.is_set():
            self.let_go()
        return pipe

    def kill(self) -> None:
        """Have whoever holds the process end it; what it still says is not listened to."""
        self._ended.set()
        self.let_go()

    def poll(self) -> int | None:
        """Return None while it can be given work."""
        return None if not self._ended.is_set() and self._client.status == "running" else 0

    def wait(self, timeout: float) -> int:
        """Do not wait: it ends where it is."""
        return 0

    def let_go(self) -> None:
        """Give up the task, if it is not over, and what was between here and there."""
        with self._lock:
            future, pipe, self._future, self._pipe = self._future, self._pipe, None, None
        if pipe is not None:
            pipe.hang_up()
        if future is not None:
            with contextlib.suppress(Exception):  # the scheduler is gone, and with it the task
                on_loop(self._client, future.release)


def _tell_of_end(future: Future, pipe: Pipe) -> None:
    """Let a run that no worker follows any more end for the pool, too."""
    if future.status == "error":
        error = future.exception()
        logging.error("a run could not be begun elsewhere", exc_info=error)
        pipe.take_for_received(Failed(*(OTHER_CODE if isinstance(error, (ImportError, AttributeError)) else ("", ""))))
    elif future.status != "finished":
        pipe.hang_up(Lost())


class FarWorker(Worker):
    """Speak to whichever worker of a Dask scheduler takes the next run."""

    process: FarProcess

    def __init__(self, client: Client) -> None:
        self.process = FarProcess(client)
        self.ready = False
        self._pipe: Pipe | None = None

    def send(self, message: object) -> None:
        """Begin a run, or send a message to the one that goes on. Raises HungUp."""
        if isinstance(message, Order):
            self._pipe, self.ready = self.process.begin(message), False
        elif self._pipe is not None:
            self._pipe.send(message)

    def receive(self) -> object:
        """Return the run's next message; send the files that it asks for. Raises HungUp, Lost where a machine ended."""
        assert self._pipe is not None
        while True:
            message: Any = self._pipe.receive()
            if isinstance(message, Began):
                if self.ready:
                    raise Lost  # Dask has given the run to another worker, which begins it anew
                self.ready = True
            elif isinstance(message, Wanted):
                self._pipe.send(File(message.name, read_artefact(data_folder() / FILES, message.name)))
            elif isinstance(message, Died):
                self.ready = message.ready
                raise HungUp
            else:
                if isinstance(message, (Done, Failed)):
                    self.process.let_go()
                return message

    def end(self) -> None:
        """Give up the run, if there is one."""
        self.process.kill()
