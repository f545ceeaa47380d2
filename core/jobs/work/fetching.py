"""Bring networks and data here that do not ship."""

from collections.abc import Iterator

from core.downloads import DownloadProgress
from core.downloads import fetch as fetch_file
from core.jobs.work.loader import Loader
from core.tasks import missing
from core.tasks.hub.kept import make_room
from core.tasks.hub.local import note_fetched
from core.tasks.hub.lookup import HubModel, look_up
from core.tasks.hub.opening import CONFIG, read_config


def fetch_missing(load: Loader, name: str) -> Iterator[DownloadProgress]:
    """Fetch the files that a task needs and this server has not got yet."""
    for remote in missing(name):
        yield from fetch_file(remote)


def fetch_from_hub(load: Loader, name: str, revision: str) -> Iterator[DownloadProgress | HubModel]:
    """Fetch one revision of a classifier of the Hub; the last item says where it is.

    Its configuration comes first, and what cannot be used here is not fetched any further.
    """
    found = look_up(name, revision)
    make_room(found.folder, found.size)
    for remote in found.files:
        yield from fetch_file(remote)
        if remote.path.name == CONFIG:
            read_config(found.name, found.folder)
    note_fetched(found)
    yield found
