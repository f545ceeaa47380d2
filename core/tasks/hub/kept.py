"""What of the Hub is kept on this server: so many networks of so many bytes, those longest unused go first."""

import contextlib
import os
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import torch

from core.errors import BadInput
from core.language import text

MOST_KEPT = 12
"""Networks that are kept."""

MOST_BYTES = 3_000_000_000
"""Bytes of all of them together."""

FETCHED = "fetched.json"
"""Written beside the files of a network once all of them are here: its licence, and what they are called."""

ABANDONED = 3600.0
"""Seconds after which nobody can still be fetching what was begun."""


@dataclass(frozen=True)
class Kept:
    """Describe one commit of a network that lies here: its folder, its bytes, when it was used, if it is all here."""

    folder: Path
    size: int
    used: float
    whole: bool


def kept_in(name: str, commit: str, folder: Path | None = None) -> Path:
    """Return where the files of one commit of a network lie; folder: of downloads, torch's own place by default."""
    return all_kept_in(folder) / name.replace("/", "--") / commit


def all_kept_in(folder: Path | None = None) -> Path:
    """Return where everything of the Hub lies; folder: of downloads, torch's own place by default."""
    return (folder or Path(torch.hub.get_dir())) / "hub"


def note_use(kept: Path) -> None:
    """Note that a network was used just now, so that others go before it."""
    with contextlib.suppress(OSError):
        os.utime(kept / FETCHED)


def list_kept(folder: Path | None = None) -> list[Kept]:
    """List what lies here, what was longest unused first; what disappears meanwhile is left out."""
    found = []
    for place in all_kept_in(folder).glob("*/*/"):
        with contextlib.suppress(OSError):
            files = [each.stat() for each in place.iterdir()]
            note = place / FETCHED
            whole = note.is_file()
            used = note.stat().st_mtime if whole else max((each.st_mtime for each in files), default=0.0)
            found.append(Kept(place, sum(each.st_size for each in files), used, whole))
    return sorted(found, key=lambda each: (each.used, str(each.folder)))


def make_room(wanted: Path, size: int, folder: Path | None = None) -> tuple[Path, ...]:
    """Delete what was longest unused until one more network of `size` bytes can be kept; return what went.

    wanted: the folder of that network, which stays; what others are fetching just now stays too.
    Raises BadInput for one that is larger than all that is kept.
    """
    if size > MOST_BYTES:
        raise BadInput(
            text("This server keeps {most_bytes:.0f} GB of the Hub at most.", most_bytes=MOST_BYTES / 1000000000.0),
            text("Choose a smaller one."),
        )
    others = [each for each in list_kept(folder) if each.folder != wanted]
    fresh = [each for each in others if not each.whole and time.time() - each.used < ABANDONED]
    gone = [each for each in others if not each.whole and each not in fresh]
    whole = [each for each in others if each.whole]
    room, places = MOST_BYTES - size - sum(each.size for each in fresh), MOST_KEPT - 1
    while whole and (len(whole) > places or sum(each.size for each in whole) > room):
        gone.append(whole.pop(0))
    return tuple(_delete(gone))


def _delete(gone: Iterable[Kept]) -> Iterable[Path]:
    """Delete folders; its note goes first, so that nobody takes what is half gone for whole."""
    for each in gone:
        with contextlib.suppress(OSError):
            (each.folder / FETCHED).unlink(missing_ok=True)
        shutil.rmtree(each.folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            each.folder.parent.rmdir()  # of a network of which no other commit is kept
        yield each.folder
