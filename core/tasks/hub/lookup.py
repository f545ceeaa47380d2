"""What the Hugging Face Hub has under an id: which files, at which commit, under which licence."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.downloads import FetchFailed, RemoteFile
from core.errors import BadInput
from core.language import text
from core.tasks.hub.kept import kept_in

LARGEST = 600_000_000
"""Bytes of one network: twice that fits into a laptop's memory."""

NEEDED = ("config.json", "model.safetensors")
WORDS = (
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "spiece.model",
    "spm.model",
    "sentencepiece.bpe.model",
    "tokenizer.model",
)
PICTURE_FILES = ("preprocessor_config.json", "processor_config.json")
OTHERS = ("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "merges.txt")
"""Files that a network has to have; those of which it needs one, which list its words or say how it reads pictures; and
further ones it may have."""

NAME = re.compile(r"(?=.{1,100}$)\w[\w.-]*(/\w[\w.-]*)?")
REVISION = re.compile(r"[\w./-]{1,100}")
COMMIT = re.compile("[0-9a-f]{40}")


@dataclass(frozen=True)
class HubModel:
    """Describe one revision of a network on the Hub.

    name: its id; revision: the commit, 40 hexadecimal digits; licence: as its authors name it.
    folder: where its files are kept; files: what has to be there.
    """

    name: str
    revision: str
    licence: str
    folder: Path
    files: tuple[RemoteFile, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


def look_up(name: str, revision: str = "main", folder: Path | None = None, endpoint: str | None = None) -> HubModel:
    """Ask the Hub what it has under an id and which commit a revision is.

    folder: where downloads are kept, torch's own place by default; endpoint: the Hub's address, or a mirror's.
    Raises BadInput for what is no id or cannot be used here, FetchFailed when the Hub does not answer.
    """
    if not is_id(name):
        raise BadInput(text("{name!r} is no id of the Hub.", name=name[:100]), text("An id looks like owner/name."))
    if not REVISION.fullmatch(revision):
        raise BadInput(
            text("{revision!r} is no revision.", revision=revision[:100]),
            text("Give a branch, a tag or a commit, as in main."),
        )
    about = _ask(name, revision, endpoint)
    commit = str(about.sha)
    if not COMMIT.fullmatch(commit):
        raise FetchFailed(text("The Hub does not say which commit this is."), text("Try it again."))
    there = {file.rfilename: file for file in about.siblings or ()}
    _require_usable(name, there)
    kept = kept_in(name, commit, folder)
    wanted = [file for file in (*NEEDED, *WORDS, *PICTURE_FILES, *OTHERS) if file in there]
    files = tuple(_remote_file(name, commit, there[file], kept, endpoint) for file in wanted)
    if sum(file.size for file in files) > LARGEST:
        raise BadInput(
            text("{name} has more than {largest:.0f} MB.", name=name, largest=LARGEST / 1000000.0),
            text("Choose a smaller one."),
        )
    licence = about.card_data.get("license") if about.card_data else None
    return HubModel(name, commit, str(licence or text("not named by its authors")), kept, files)


def is_id(name: str) -> bool:
    """Whether a text can be an id of the Hub, which is part of a path too."""
    return NAME.fullmatch(name) is not None and ".." not in name


def _ask(name: str, revision: str, endpoint: str | None) -> Any:
    """Return what the Hub says of one revision, a ModelInfo. Raises BadInput or FetchFailed."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError, RevisionNotFoundError

    try:
        return HfApi(endpoint=endpoint, token=False).model_info(
            name, revision=revision, files_metadata=True, timeout=20
        )
    except RevisionNotFoundError as error:
        raise BadInput(
            text("{name} has no revision {revision}.", name=name, revision=revision), text("Give another one, or main.")
        ) from error
    except RepositoryNotFoundError as error:
        raise BadInput(
            text("The Hub has no {name} that is open to everybody.", name=name), text("Check the id.")
        ) from error
    except (HfHubHTTPError, OSError, ValueError) as error:
        raise FetchFailed(text("The Hub cannot be asked about it."), text("Try it again.")) from error
    except Exception as error:  # the client's own ways to say that there is no network
        raise FetchFailed(
            text("The Hub cannot be reached."), text("Check that this server is connected to the internet.")
        ) from error


def _require_usable(name: str, files: Iterable[str]) -> None:
    """Raise BadInput if these files are not those of a classifier that can be opened safely."""
    there = set(files)
    if "model.safetensors" not in there:
        raise BadInput(
            text("{name} does not come as one file model.safetensors.", name=name),
            text("Other formats can hold programs, so they are not opened; choose another network."),
        )
    if "config.json" not in there or not {*WORDS, *PICTURE_FILES} & there:
        raise BadInput(
            text("{name} has no configuration, or neither a list of words nor how it reads pictures.", name=name),
            text("Choose a classifier of texts or pictures."),
        )


def _remote_file(name: str, commit: str, about: Any, kept: Path, endpoint: str | None) -> RemoteFile:
    """Say where a file comes from and where it is kept; about: what the Hub says of it, a RepoSibling."""
    from huggingface_hub import hf_hub_url

    file = about.rfilename
    return RemoteFile(
        text("{file} of {name}", file=file, name=name),
        hf_hub_url(name, file, revision=commit, endpoint=endpoint),
        kept / file,
        "sha256",
        about.lfs.sha256 if about.lfs else "",
        int(about.size or 0),
    )
