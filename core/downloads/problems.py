"""What can go wrong on a network and a disk, in sentences for people."""

import contextlib
import errno
import tarfile
from collections.abc import Iterator

import requests
from requests.exceptions import InvalidSchema, InvalidURL, MissingSchema
from urllib3.exceptions import ProtocolError, ReadTimeoutError

from core.downloads.files import FetchFailed, RemoteFile

AGAIN = "Try it again."
REPLACED = "Something between here and there replaced it, often a login page of the network. Try another network."


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
        raise FetchFailed(f"{remote.what} cannot be unpacked: it is damaged.", AGAIN) from error
    except OSError as error:
        raise FetchFailed(*_disk_problem(error, remote)) from error


def _network_problem(error: requests.RequestException, remote: RemoteFile) -> tuple[str, str]:
    """Say what happened on the network, and what to do."""
    match error:
        case requests.HTTPError(response=requests.Response(status_code=404 | 410 as status)):
            return f"{remote.host} has no {remote.what} any more ({status}).", "Choose another one."
        case requests.HTTPError(response=requests.Response(status_code=status, reason=reason)):
            return f"{remote.host} does not give out {remote.what} ({status} {reason}).", AGAIN
        case MissingSchema() | InvalidSchema() | InvalidURL():
            return f"{remote.url[:100]!r} is no web address.", "Give one that begins with https://."
        case requests.ConnectTimeout():
            return f"{remote.host} does not answer.", "Try it again later."
        case requests.ReadTimeout() | requests.ConnectionError(args=(ReadTimeoutError(), *_)):
            return f"{remote.host} stopped sending {remote.what}.", AGAIN
        case requests.exceptions.ChunkedEncodingError() | requests.ConnectionError(args=(ProtocolError(), *_)):
            return f"The download of {remote.what} was cut off.", AGAIN
        case requests.ConnectionError():
            return f"{remote.host} cannot be reached.", "Check that this server is connected to the internet."
    return f"{remote.host} does not give out {remote.what}.", AGAIN


def _disk_problem(error: OSError, remote: RemoteFile) -> tuple[str, str]:
    """Say what happened on the disk, and what to do."""
    folder = remote.path.parent
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"The disk of this server has no room for {remote.what}.", f"Make room in {folder}."
    return (
        f"{remote.what} cannot be written to the disk of this server.",
        f"Allow this server to write to {folder}.",
    )
