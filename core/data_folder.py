"""The folder of this user's data, and files in it that are named by their hash; nothing here needs a database."""

import contextlib
import hashlib
import os
import re
import tempfile
from pathlib import Path

import platformdirs

FILES = "artefacts"
"""The folder of weights within that of the data."""

NAME = re.compile(r"[0-9a-f]{64}")

LIMIT = 2_000_000_000
"""Bytes that all weights in the folder may take together, unless PLAYGROUND_DATA_LIMIT says otherwise."""

MARK = ".received"
"""How the name of an empty file ends that says of another one that it came from another machine, and when."""


def data_folder() -> Path:
    """Return where this user's data lies: PLAYGROUND_DATA, or the usual place of the operating system."""
    given = os.environ.get("PLAYGROUND_DATA")
    return Path(given) if given else Path(platformdirs.user_data_dir("pruning-playground", appauthor=False))


def data_limit() -> int:
    """Return how many bytes all weights may take."""
    return int(os.environ.get("PLAYGROUND_DATA_LIMIT", LIMIT))


def read_artefact(files: Path, name: str) -> bytes | None:
    """Return the content of a file by its hash; None if it is gone, or damaged, in which case it is deleted."""
    if not NAME.fullmatch(name):
        return None
    path = files / name
    try:
        content = path.read_bytes()
    except OSError:
        return None
    if hashlib.sha256(content).hexdigest() == name:
        return content
    with contextlib.suppress(OSError):
        path.unlink()
    return None


def write_whole(target: Path, content: bytes) -> None:
    """Write a file of which a reader sees all or nothing. Raises OSError."""
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix="part-", delete=False) as part:
        try:
            part.write(content)
            part.flush()
            os.fsync(part.fileno())
            Path(part.name).replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(part.name).unlink()
            raise


def receive_artefact(files: Path, name: str, content: bytes, limit: int) -> bool:
    """Keep a file that another machine has sent; False where it is not that file, or the disk does not take it.

    limit: bytes that all which were received may take together; the longest ago sent go first, and none that the
    folder has of its own, if it is a store's, too.
    """
    if hashlib.sha256(content).hexdigest() != name:
        return False
    try:
        files.mkdir(parents=True, exist_ok=True)
        _forget_received(files, limit - len(content))
        (files / f"{name}{MARK}").touch()
        write_whole(files / name, content)
    except OSError:
        return False
    return True


def _forget_received(files: Path, room: int) -> None:
    """Delete files that were received, the longest ago sent first, until the rest takes at most so many bytes."""
    for mark in sorted(files.glob(f"*{MARK}"), key=lambda mark: mark.stat().st_mtime, reverse=True):
        file = mark.with_suffix("")
        with contextlib.suppress(OSError):
            room -= file.stat().st_size
        if room < 0:
            for each in (file, mark):
                each.unlink(missing_ok=True)
