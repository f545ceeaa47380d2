"""The files that a network of torchvision needs: its weights and the pictures, fetched once per server.

They are kept where torch keeps its own downloads, so that what is there already is used.
"""

import re
from pathlib import Path

import torch

from core.downloads import RemoteFile
from core.language import text
from core.tasks.imagenet.networks import NETWORKS, PREFIX, best_weights, torchvision

ARCHIVE_BYTES = 99_003_388
"""Size of the Imagenette archive."""


def missing(name: str, folder: Path | None = None) -> tuple[RemoteFile, ...]:
    """List what has to be fetched before a network can be loaded; () once all of it is here.

    folder: where downloads are kept; torch's own place by default.
    """
    key = name.removeprefix(PREFIX)
    if not name.startswith(PREFIX) or key not in NETWORKS:
        return ()
    return tuple(file for file in (weights_file(key, folder), archive(folder)) if not file.there)


def weights_file(key: str, folder: Path | None = None) -> RemoteFile:
    """Say where the weights of a network come from, and where they are kept."""
    url = best_weights(key).url
    file = url.rpartition("/")[2]
    digest = re.findall(r"-([0-9a-f]{8,})\.", file)[0]  # torch's own habit: the name ends in how the hash begins
    return RemoteFile(
        text("the weights of {title}", title=NETWORKS[key].title),
        url,
        _downloads(folder) / "checkpoints" / file,
        "sha256",
        digest,
        NETWORKS[key].size,
    )


def archive(folder: Path | None = None) -> RemoteFile:
    """Say where the pictures come from, and where they are kept."""
    url, digest = torchvision().datasets.Imagenette._ARCHIVES["160px"]
    inside = "imagenette2-160"
    place = _downloads(folder) / inside
    return RemoteFile(text("the pictures (Imagenette)"), url, place, "md5", digest, ARCHIVE_BYTES, inside)


def _downloads(folder: Path | None) -> Path:
    return folder or Path(torch.hub.get_dir())
