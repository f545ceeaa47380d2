"""What can go wrong on a network and a disk, in sentences for people."""

import contextlib
import errno
import tarfile
from collections.abc import Iterator

import requests
from requests.exceptions import InvalidSchema, InvalidURL, MissingSchema
from urllib3.exceptions import ProtocolError, ReadTimeoutError

from core.downloads.files import FetchFailed, RemoteFile
from core.language import text

AGAIN = text("Try it again.")
REPLACED = text("Something between here and there replaced it, often a login page of the network. Try another network.")


@contextlib.contextmanager
def in_sentences(remote: RemoteFile) -> Iterator[None]:
    """Raise FetchFailed in place of what network, archive and disk raise."""
    try:
        yield
    except FetchFailed:
        raise
    except requests.RequestException as error:  # an OSError too, so it comes before those of the disk
        raise FetchFailed(*_network_problem(error, remote)) from error
    except (tarfile.TarError, EOFError) as error:
        raise FetchFailed(text("{what} cannot be unpacked: it is damaged.", what=remote.what), AGAIN) from error
    except OSError as error:
        raise FetchFailed(*_disk_problem(error, remote)) from error


def _network_problem(error: requests.RequestException, remote: RemoteFile) -> tuple[str, str]:
    """Say what happened on the network, and what to do."""
    match error:
        case requests.HTTPError(response=requests.Response(status_code=404 | 410 as status)):
            return text(
                "{host} has no {what} any more ({status}).", host=remote.host, what=remote.what, status=status
            ), text("Choose another one.")
        case requests.HTTPError(response=requests.Response(status_code=status, reason=reason)):
            return text(
                "{host} does not give out {what} ({status} {reason}).",
                host=remote.host,
                what=remote.what,
                status=status,
                reason=reason,
            ), AGAIN
        case MissingSchema() | InvalidSchema() | InvalidURL():
            return text("{url!r} is no web address.", url=remote.url[:100]), text("Give one that begins with https://.")
        case requests.ConnectTimeout():
            return text("{host} does not answer.", host=remote.host), text("Try it again later.")
        case requests.ReadTimeout() | requests.ConnectionError(args=(ReadTimeoutError(), *_)):
            return text("{host} stopped sending {what}.", host=remote.host, what=remote.what), AGAIN
        case requests.exceptions.ChunkedEncodingError() | requests.ConnectionError(args=(ProtocolError(), *_)):
            return text("The download of {what} was cut off.", what=remote.what), AGAIN
        case requests.ConnectionError():
            return text("{host} cannot be reached.", host=remote.host), text(
                "Check that this server is connected to the internet."
            )
    return text("{host} does not give out {what}.", host=remote.host, what=remote.what), AGAIN


def _disk_problem(error: OSError, remote: RemoteFile) -> tuple[str, str]:
    """Say what happened on the disk, and what to do."""
    folder = remote.path.parent
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return text("The disk of this server has no room for {what}.", what=remote.what), text(
            "Make room in {folder}.", folder=folder
        )
    return (
        text("{what} cannot be written to the disk of this server.", what=remote.what),
        text("Allow this server to write to {folder}.", folder=folder),
    )
