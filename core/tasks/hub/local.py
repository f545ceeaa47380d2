"""Networks of the Hub that were fetched here: their names, and where their files lie, without asking anybody."""

import contextlib
import json
import os
import tempfile
from pathlib import Path

from core.downloads import FetchFailed
from core.errors import TaskUnavailable
from core.language import text
from core.tasks.base import Task
from core.tasks.hub.kept import FETCHED, kept_in, note_use
from core.tasks.hub.lookup import COMMIT, HubModel, is_id

PREFIX = "hub:"
"""How the name of a network of the Hub begins, among those of the catalogue."""


def is_of_hub(network: str) -> bool:
    """Whether a network is one of the Hub, by its name."""
    return network.startswith(PREFIX)


def full_name(name: str, commit: str) -> str:
    """Return the name of a network of the Hub at one commit, which is in hand as any of the catalogue is."""
    return f"{PREFIX}{name}@{commit}"


def note_fetched(found: HubModel) -> None:
    """Note that all files of a network are here. Raises FetchFailed where that cannot be written."""
    told = json.dumps({"licence": found.licence, "files": [file.path.name for file in found.files]})
    try:
        handle, arriving = tempfile.mkstemp(prefix=".arriving-", dir=found.folder)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(told)
            Path(arriving).replace(found.folder / FETCHED)
        finally:
            with contextlib.suppress(FileNotFoundError):
                Path(arriving).unlink()
    except OSError as error:
        raise FetchFailed(
            text("{name} could not be kept: {strerror}.", name=found.name, strerror=error.strerror),
            text("Make room on this server and fetch it again."),
        ) from error


def find_local(name: str, commit: str, folder: Path | None = None) -> HubModel:
    """Return a network that was fetched here, which takes no connection.

    folder: where downloads are kept, torch's own place by default. Raises TaskUnavailable if it is not all here.
    """
    kept = kept_in(name, commit, folder)
    try:
        told = json.loads((kept / FETCHED).read_text(encoding="utf-8"))
        licence, files = str(told["licence"]), list(told["files"])
        here = all((kept / file).is_file() for file in files)
    except (OSError, ValueError, KeyError, TypeError):
        here = False
    if not here:
        raise TaskUnavailable(
            text("{name} of the Hub is not on this server.", name=name), text("Fetch it again on Bring your own.")
        )
    note_use(kept)
    return HubModel(name, commit, licence, kept, ())


def load_local(network: str) -> Task:
    """Load a network of the Hub by its full name, from where it was fetched to. Raises TaskUnavailable or BadInput."""
    from core.tasks.hub.task import load

    name, _, commit = network.removeprefix(PREFIX).partition("@")
    if not is_id(name) or not COMMIT.fullmatch(commit):
        raise TaskUnavailable(
            text("{network!r} names no network of the Hub.", network=network[:160]),
            text("Choose one from the list, or fetch one on Bring your own."),
        )
    return load(find_local(name, commit))
