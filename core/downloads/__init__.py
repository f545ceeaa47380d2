"""Files from the network: fetched beside their place, compared with their hash, and only then given their name."""

from core.downloads.fetching import fetch
from core.downloads.files import DownloadProgress, FetchFailed, RemoteFile

__all__ = ["DownloadProgress", "FetchFailed", "RemoteFile", "fetch"]
