"""A download from its first byte to its name on the disk: nothing half-written or half-unpacked is taken for whole.

Unpacking is ours, since `pooch.Untar` writes into the final folder, so that half of it passes for whole after a stop,
and under Python 3.11 without the filter that keeps every path inside. Sweeping is ours, since pooch leaves behind what
a killed process began.
"""

import os
import shutil
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from core.downloads.files import DownloadProgress, FetchFailed, RemoteFile
from core.downloads.problems import REPLACED, in_sentences
from core.downloads.transfer import receive
from core.language import text

SILENCE = 20.0
"""Seconds after which a server that sends nothing is given up."""

WINDOW = 30.0
"""Seconds over which a server has to send enough on average."""

ABANDONED = 3600.0
"""Seconds after which nobody can still be writing to what was begun."""


def fetch(remote: RemoteFile, silence: float = SILENCE, window: float = WINDOW) -> Iterator[DownloadProgress]:
    """Bring a file here, telling how far it is. Stop by closing: nothing half-written stays.

    silence, window: seconds after which a server that sends nothing, or too little, is given up.
    Raises FetchFailed with what happened and what to do.
    """
    if remote.there:
        return
    folder = remote.path.parent
    with in_sentences(remote):
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        handle, name = tempfile.mkstemp(prefix=".arriving-", dir=folder)
    arriving, unpacked = Path(name), None
    try:
        with in_sentences(remote), os.fdopen(handle, "wb") as file:
            yield from receive(remote, file, silence, window)
        whole = arriving
        if remote.unpack:
            unpacked = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=folder))
            with in_sentences(remote):
                yield from _unpack(remote, arriving, unpacked)
            whole = unpacked / remote.unpack
        with in_sentences(remote):
            _put_in_place(whole, remote)
    finally:
        arriving.unlink(missing_ok=True)
        if unpacked:
            shutil.rmtree(unpacked, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Remove what a download left behind whose process was ended in the middle."""
    for left in (*folder.glob(".arriving-*"), *folder.glob(".unpacking-*")):
        if time.time() - left.stat().st_mtime > ABANDONED:
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)


def _unpack(remote: RemoteFile, archive: Path, into: Path) -> Iterator[DownloadProgress]:
    """Unpack an archive that is known by its hash, file by file; nothing in it may point outside."""
    with tarfile.open(archive) as packed:
        packed.extraction_filter = tarfile.data_filter
        for number, member in enumerate(packed):
            packed.extract(member, into)
            if number % 100 == 0:
                yield DownloadProgress(text("{what}, unpacking", what=remote.what), number, 0)
    if not (into / remote.unpack).is_dir():
        raise FetchFailed(
            text("{what} does not hold the folder {unpack}.", what=remote.what, unpack=remote.unpack), REPLACED
        )


def _put_in_place(whole: Path, remote: RemoteFile) -> None:
    """Give what is complete its name in one step, unless another process was quicker."""
    try:
        whole.replace(remote.path)
    except OSError:
        if not remote.there:
            raise
