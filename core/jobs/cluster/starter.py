"""Workers of a Dask scheduler while it is there, processes of this server while it is not."""

import contextlib
import socket
import threading

from distributed import Client
from distributed.comm.addressing import parse_address, parse_host_port

from core.jobs.cluster.far_worker import FarWorker
from core.jobs.cluster.relay import prepare
from core.jobs.job import NO_ROOM, NoRoom
from core.jobs.process import Worker
from core.jobs.starters import IDLE, Starter
from core.language import text

EVERY = 1.0
"""Seconds between two looks at the scheduler."""

PATIENCE = 10.0
"""Seconds that it has to answer; where nobody listens, that shows at once."""

HERE = ("fetch", "hub")
"""Work that brings files to this server, which no other machine can do for it."""


class Cluster:
    """Start workers where a scheduler has threads for them; a thread looks after the connection.

    address: as in tcp://host:8786; local: starts workers where there is no scheduler, and for what has to be done here.
    """

    idle: float | None = IDLE

    def __init__(self, address: str, local: Starter) -> None:
        self._address, self._local = address, local
        self._client: Client | None = None
        self._threads = 0
        self._note = ""
        self._closing = threading.Event()
        threading.Thread(target=self._look_after, daemon=True).start()

    @property
    def places(self) -> int | None:
        """How many workers there may be at once: as many as the scheduler's workers have threads."""
        return self._threads or self._local.places

    @property
    def elsewhere(self) -> int:
        """How many workers there may be on other machines just now."""
        return self._threads

    @property
    def note(self) -> str:
        """What people are to know: that the scheduler is not there, or has nobody."""
        return self._note

    def prepare(self) -> None:
        """Do nothing: workers elsewhere are ready, or prepare when they are found."""

    def start(self, work: str = "") -> Worker:
        """Start one worker, here or elsewhere. Raises NoRoom."""
        client = self._client
        if self._closing.is_set():
            raise NoRoom(*NO_ROOM)
        return FarWorker(client) if self._is_far(work) and client is not None else self._local.start(work)

    def fits(self, worker: Worker, work: str) -> bool:
        """Say whether a worker is where this work is to be done now."""
        return isinstance(worker, FarWorker) == self._is_far(work) and worker.process.poll() is None

    def close(self) -> None:
        """Start no more, and leave the scheduler, which ends what it does for this server."""
        self._closing.set()
        self._local.close()
        self._leave()

    def _is_far(self, work: str) -> bool:
        client = self._client
        return bool(self._threads) and work not in HERE and client is not None and client.status == "running"

    def _look_after(self) -> None:
        """Keep up with the scheduler: find it, count its threads, notice that it is gone."""
        while not self._closing.is_set():
            try:
                self._look()
            except Exception:  # a scheduler that is not there shows itself in many ways
                self._leave()
                self._note = text(
                    "The scheduler at {address} does not answer; this server does the work on its own.",
                    address=self._address,
                )
            if self._note:
                with contextlib.suppress(NoRoom):  # it is tried again when work needs it
                    self._local.prepare()
            self._closing.wait(EVERY)
        self._leave()

    def _look(self) -> None:
        """Count what the scheduler has; raises whatever says that it is not there."""
        if self._client is None:
            socket.create_connection(parse_host_port(parse_address(self._address)[1]), PATIENCE).close()
            self._client = Client(self._address, timeout=PATIENCE, set_as_default=False)
        elif self._client.status != "running":
            raise ConnectionError
        before, self._threads = self._threads, sum(self._client.nthreads(callback_timeout=PATIENCE).values())
        self._note = ""
        if self._threads > before:
            self._client.run(prepare, wait=False, on_error="ignore")
        elif not self._threads:
            self._note = text(
                "The scheduler at {address} has no workers; this server does the work on its own.",
                address=self._address,
            )
            if before:
                self._leave()  # runs that wait there for a worker to come back go on here

    def _leave(self) -> None:
        """Forget the scheduler; runs that it still does are lost for this server."""
        client, self._client, self._threads = self._client, None, 0
        if client is not None:
            with contextlib.suppress(Exception):
                client.close(timeout=PATIENCE)
