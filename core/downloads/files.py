"""A file elsewhere, how far it is on its way here, and that it could not be fetched."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from core.errors import PlaygroundError
from core.language import text


class FetchFailed(PlaygroundError):
    """A file that could not be fetched; nothing of it is kept."""


@dataclass(frozen=True)
class RemoteFile:
    """Describe a file elsewhere.

    what: its name for people; url: where it is; path: where it is kept.
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

    @property
    def host(self) -> str:
        """The server that has it."""
        return urlsplit(self.url).hostname or text("The server")


@dataclass(frozen=True)
class DownloadProgress:
    """How far a download is: bytes done, of how many, and seconds left, where that is known."""

    what: str
    done: int
    of: int
    left: float | None = None
