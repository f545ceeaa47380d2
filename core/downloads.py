"""Files from the network: streamed beside their place, compared with their hash, and only then given their name."""

import contextlib
import errno
import hashlib
import http.client
import os
import queue
import shutil
import tarfile
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from core.errors import PlaygroundError

CHUNK = 2**18
"""Bytes that are read at a time; after each, whoever follows may stop."""

BEAT = 0.3
"""Seconds between two signs of life while nothing comes in."""

SILENCE = 20.0
"""Seconds after which a server that sends nothing is given up."""

SLOWEST, WINDOW = 8_192, 30.0
"""Bytes a second, on average over a window of so many seconds, below which a download is given up."""

FORGOTTEN = 3600.0
"""Seconds after which nobody can still be writing to what was begun."""

USUAL_HEADERS = {"User-Agent": "pruning-playground"}


class FetchFailed(PlaygroundError):
    """A file that could not be fetched; nothing of it is kept."""


@dataclass(frozen=True)
class RemoteFile:
    """A file elsewhere.

    what: what people read of it; url: where it is; path: where it is kept.
    algorithm, digest: a hash and how its hexadecimal form begins; size: its bytes, roughly.
    unpack: for a tar archive, the folder that is in it and is kept in place of it, at `path`.
    """

    what: str
    url: str
    path: Path
    algorithm: str
    digest: str
    size: int
    unpack: str = ""

    @property
    def there(self) -> bool:
        """Whether it was fetched before."""
        return self.path.exists()


@dataclass(frozen=True)
class DownloadProgress:
    """How far a download is: bytes done, of how many, and seconds left, where that is known."""

    what: str
    done: int
    of: int
    left: float | None = None


def fetch(remote: RemoteFile, silence: float = SILENCE, window: float = WINDOW) -> Iterator[DownloadProgress]:
    """Bring a file here, telling how far it is. Stop by closing: nothing half-written stays.

    Raises FetchFailed with what happened and what to do.
    """
    if remote.there:
        return
    folder = remote.path.parent
    with _told(remote):
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        handle, name = tempfile.mkstemp(prefix=".arriving-", dir=folder)
    arriving, unpacked = Path(name), None
    try:
        with os.fdopen(handle, "wb") as file:
            yield from _stream(remote, file, silence, window)
        if remote.unpack:
            unpacked = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=folder))
            yield from _unpack(remote, arriving, unpacked)
            arriving.unlink()
            arriving = unpacked / remote.unpack
        with _told(remote):
            try:
                arriving.replace(remote.path)
            except OSError:
                if not remote.there:  # else another server was quicker
                    raise
    finally:
        if arriving.is_file():
            arriving.unlink()
        if unpacked:
            shutil.rmtree(unpacked, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Remove what a download left behind whose process was ended in the middle."""
    for left in (*folder.glob(".arriving-*"), *folder.glob(".unpacking-*")):
        if time.time() - left.stat().st_mtime > FORGOTTEN:
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)


def _stream(remote: RemoteFile, file: BinaryIO, silence: float, window: float) -> Iterator[DownloadProgress]:
    """Write what the server sends, and compare its hash at the end."""
    seen, done, of = hashlib.new(remote.algorithm, usedforsecurity=False), 0, 0
    with _told(remote), contextlib.closing(_arriving(remote.url, silence)) as arriving:
        begun = since = time.monotonic()
        before = 0
        for chunk in arriving:
            now = time.monotonic()
            if isinstance(chunk, int):
                of = chunk
                _require_room(remote, of)
                continue
            file.write(chunk)
            seen.update(chunk)
            done += len(chunk)
            if done > 2 * remote.size + CHUNK:
                raise FetchFailed(f"{_host(remote)} sends far more than {remote.what} should have.", REPLACED)
            if now - since > window:
                if done - before < SLOWEST * window:
                    raise FetchFailed(
                        f"{remote.what} comes in too slowly: {(done - before) / (now - since) / 1e3:.1f} kB a second.",
                        "Try again later or on another network.",
                    )
                since, before = now, done
            left = (now - begun) * (of - done) / done if of and done else None
            yield DownloadProgress(remote.what, done, of or remote.size, left)
        if done < of:
            raise FetchFailed(
                f"The download of {remote.what} was cut off after {done:,} of {of:,} bytes.", "Try it again."
            )
    if not seen.hexdigest().startswith(remote.digest):
        raise FetchFailed(f"What {_host(remote)} sent is not {remote.what}: its hash differs.", REPLACED)


REPLACED = "Something between here and there replaced it, often a login page of the network. Try another network."


def _arriving(url: str, silence: float) -> Iterator[bytes | int]:
    """Yield how many bytes there will be, then the bytes; b"" now and then while nothing comes."""
    arrived: queue.Queue[bytes | int | Exception | None] = queue.Queue(maxsize=8)
    gone = threading.Event()

    def put(what: bytes | int | Exception | None) -> None:
        while not gone.is_set():
            with contextlib.suppress(queue.Full):
                arrived.put(what, timeout=BEAT)
                return

    def read() -> None:
        try:
            request = urllib.request.Request(url, headers=USUAL_HEADERS)
            with urllib.request.urlopen(request, timeout=silence) as answer:
                put(int(answer.headers.get("Content-Length") or 0))
                while not gone.is_set() and (chunk := answer.read1(CHUNK)):
                    put(chunk)
            put(None)
        except Exception as error:  # it is raised again where somebody listens
            put(error)

    if urlsplit(url).scheme not in ("http", "https"):
        raise FetchFailed(f"{url[:100]!r} is no web address.", "Give one that begins with https://.")
    threading.Thread(target=read, daemon=True).start()
    try:
        while True:
            try:
                found = arrived.get(timeout=BEAT)
            except queue.Empty:
                found = b""
            if found is None:
                return
            if isinstance(found, Exception):
                raise found
            yield found
    finally:
        gone.set()


def _require_room(remote: RemoteFile, of: int) -> None:
    """Raise FetchFailed if the disk has not got room for the file, and for what is in it."""
    needed = (of or remote.size) * (3 if remote.unpack else 1)
    free = shutil.disk_usage(remote.path.parent).free
    if free < needed:
        raise OSError(errno.ENOSPC, f"{free} bytes free, {needed} needed")


def _unpack(remote: RemoteFile, archive: Path, into: Path) -> Iterator[DownloadProgress]:
    """Unpack an archive that is known by its hash, file by file; nothing in it may point outside."""
    with _told(remote), tarfile.open(archive) as packed:
        packed.extraction_filter = tarfile.data_filter
        for number, member in enumerate(packed):
            packed.extract(member, into)
            if number % 100 == 0:
                yield DownloadProgress(f"{remote.what}, unpacking", number, 0)
        if not (into / remote.unpack).is_dir():
            raise FetchFailed(f"{remote.what} does not hold the folder {remote.unpack}.", REPLACED)


def _host(remote: RemoteFile) -> str:
    return urlsplit(remote.url).hostname or "The server"


@contextlib.contextmanager
def _told(remote: RemoteFile) -> Iterator[None]:
    """Turn what can go wrong on a network and a disk into sentences."""
    again = "Try it again."
    try:
        yield
    except FetchFailed:
        raise
    except urllib.error.HTTPError as error:
        if error.code in (404, 410):
            problem = (f"{_host(remote)} has no {remote.what} any more ({error.code}).", "Choose another one.")
        else:
            problem = (f"{_host(remote)} does not give out {remote.what} ({error.code} {error.reason}).", again)
        raise FetchFailed(*problem) from error
    except TimeoutError as error:
        raise FetchFailed(f"{_host(remote)} stopped sending {remote.what}.", again) from error
    except urllib.error.URLError as error:
        if isinstance(error.reason, TimeoutError):
            raise FetchFailed(f"{_host(remote)} does not answer.", "Try it again later.") from error
        raise FetchFailed(
            f"{_host(remote)} cannot be reached.", "Check that this server is connected to the internet."
        ) from error
    except (http.client.HTTPException, ConnectionError) as error:
        raise FetchFailed(f"The download of {remote.what} was cut off.", again) from error
    except (tarfile.TarError, EOFError) as error:
        raise FetchFailed(f"{remote.what} cannot be unpacked: it is damaged.", again) from error
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        raise FetchFailed(
            f"The disk of this server has no room for {remote.what}."
            if full
            else f"{remote.what} cannot be written to the disk of this server.",
            f"Make room in {remote.path.parent}." if full else f"Allow this server to write to {remote.path.parent}.",
        ) from error
