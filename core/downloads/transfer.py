"""Bytes from a server into an open file: pooch asks, follows redirects and reads; what is ours around it has reasons.

- A thread behind a generator, since a page shows progress and is stopped within a second, also while a server is
  silent. `pooch.retrieve` returns at the end only, and its half-written file stays until the server's next byte.
- A hash of our own, since torchvision names weights by how their hash begins, and pooch compares whole hashes only.
- The same way for the Hub's files. `hf_hub_download` (2.4), tried on a server that misbehaves, accepted another file of
  the same size, tried one that was cut off again without end where ranges are ignored, took a minute to give up a
  silent server, and could be followed and stopped every 10 MB only.
"""

import errno
import hashlib
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from typing import Any, BinaryIO

import pooch
from requests.exceptions import ChunkedEncodingError

from core.downloads.files import DownloadProgress, FetchFailed, RemoteFile
from core.downloads.problems import AGAIN, REPLACED
from core.language import text

CHUNK = 2**14
"""Bytes that are read at a time; after each, the reading may be stopped."""

BEAT = 0.3
"""Seconds between two signs of life."""

SLOWEST = 8_192
"""Bytes a second, on average over a window of time, below which a download is given up."""

SURPLUS = 2**18
"""Bytes beyond twice its size that a file may have, since sizes are told roughly."""

HEADERS = {"User-Agent": "pruning-playground", "Accept-Encoding": "identity"}
"""Sent with each request; `identity`, so that the bytes that come are those that were announced."""


def receive(remote: RemoteFile, file: BinaryIO, silence: float, window: float) -> Iterator[DownloadProgress]:
    """Write what the server sends to a file, and compare its hash at the end; closing stops it.

    silence, window: seconds after which a server that sends nothing, or less than SLOWEST, is given up.
    Raises FetchFailed, what requests raises, and OSError for a disk that has no room.
    """
    receiver = _Receiver(remote, file)
    download = pooch.HTTPDownloader(progressbar=receiver, chunk_size=CHUNK, timeout=silence, headers=HEADERS)
    finished = _in_thread(lambda: download(remote.url, receiver, None))
    begun = since = time.monotonic()
    before = 0
    try:
        while wait([finished], BEAT).not_done:
            now, done, of = time.monotonic(), receiver.done, receiver.total
            if now - since > window:
                _require_pace(remote, done - before, now - since)
                since, before = now, done
            left = (now - begun) * (of - done) / done if of and done else None
            yield DownloadProgress(remote.what, done, of or remote.size, left)
        finished.result()
    except ChunkedEncodingError as error:
        cut = text("The download of {what} was cut off.", what=remote.what)
        if receiver.total:
            cut = text(
                "The download of {what} was cut off after {done:,} of {total:,} bytes.",
                what=remote.what,
                done=receiver.done,
                total=receiver.total,
            )
        raise FetchFailed(cut, AGAIN) from error
    finally:
        receiver.unwanted.set()
    yield DownloadProgress(remote.what, receiver.done, receiver.done)
    if not receiver.digest.hexdigest().startswith(remote.digest):
        raise FetchFailed(
            text("What {host} sent is not {what}: its hash differs.", host=remote.host, what=remote.what), REPLACED
        )


class _Receiver:
    """Keep, count and hash what pooch reads, and end the reading once nobody waits for it.

    pooch takes it for its file, to which it writes, and for its progress bar, whose `total` it sets to the bytes that
    the server announces, 0 where it announces none.
    """

    def __init__(self, remote: RemoteFile, file: BinaryIO) -> None:
        self.remote, self.file = remote, file
        self.digest = hashlib.new(remote.algorithm, usedforsecurity=False)
        self.total = self.done = 0
        self.unwanted = threading.Event()

    def write(self, chunk: bytes) -> None:
        if self.unwanted.is_set():
            raise FetchFailed(text("The download of {what} was stopped.", what=self.remote.what), AGAIN)
        if not self.done:
            _require_room(self.remote, self.total)
        self.file.write(chunk)
        self.digest.update(chunk)
        self.done += len(chunk)
        if self.done > 2 * self.remote.size + SURPLUS:
            raise FetchFailed(
                text("{host} sends far more than {what} should have.", host=self.remote.host, what=self.remote.what),
                REPLACED,
            )

    def flush(self) -> None:
        """Leave it to the file when it writes to the disk."""

    def update(self, count: int) -> None:
        """Ignore pooch's count, which takes every chunk for a full one."""

    reset = close = flush


def _require_room(remote: RemoteFile, announced: int) -> None:
    """Raise OSError if the disk has not got room for the file, and for what is in it."""
    needed = (announced or remote.size) * (3 if remote.unpack else 1)
    free = shutil.disk_usage(remote.path.parent).free
    if free < needed:
        raise OSError(errno.ENOSPC, f"{free} bytes free, {needed} needed")


def _require_pace(remote: RemoteFile, came: int, seconds: float) -> None:
    """Raise FetchFailed if so few bytes came in so many seconds that the rest is not worth the wait."""
    if came < SLOWEST * seconds:
        raise FetchFailed(
            text("{what} comes in too slowly: {came:.1f} kB a second.", what=remote.what, came=came / seconds / 1000.0),
            text("Try again later or on another network."),
        )


def _in_thread(work: Callable[[], Any]) -> Future[Any]:
    """Begin work on a thread that the end of the program does not wait for, as it does for those of an executor."""
    finished: Future[Any] = Future()

    def run() -> None:
        try:
            finished.set_result(work())
        except Exception as error:  # it is raised again where somebody listens
            finished.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return finished
