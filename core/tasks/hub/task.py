"""Text classifiers of the Hugging Face Hub by their id: safetensors only, no code of theirs, one fixed revision."""

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from core.downloads import FetchFailed, RemoteFile
from core.errors import BadInput, TaskUnavailable
from core.tasks.base import (
    Inputs,
    Packaging,
    Task,
    TaskInfo,
    Training,
    prunable_parameters,
)
from core.tasks.classification import classifier
from core.tasks.demo import UploadAdapter
from core.tasks.text.networks import TextTransformer
from core.tasks.text.task import LONGEST as MOST_CHARACTERS
from core.tasks.text.task import heads_of, padded, told_length

LARGEST = 600_000_000
"""Bytes of one network: what a laptop can hold twice."""

MOST_CLASSES = 50

LONGEST = 128
"""Word pieces of a text that are read."""

NEEDED = ("config.json", "model.safetensors")
WORDS = ("tokenizer.json", "vocab.txt", "vocab.json")
OTHERS = ("tokenizer_config.json", "special_tokens_map.json", "merges.txt")

NAME = re.compile(r"(?=.{1,100}$)\w[\w.-]*(/\w[\w.-]*)?")


@dataclass(frozen=True)
class HubModel:
    """One revision of a network on the Hub.

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
        return sum(each.size for each in self.files)


def look_up(name: str, revision: str = "main", folder: Path | None = None, endpoint: str | None = None) -> HubModel:
    """Ask the Hub what it has under an id and which commit a revision is.

    folder: where downloads are kept, torch's own place by default; endpoint: the Hub's address, or a mirror's.
    Raises BadInput for what is no id or cannot be used here, FetchFailed when the Hub does not answer.
    """
    from huggingface_hub import HfApi, hf_hub_url
    from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError, RevisionNotFoundError

    if not NAME.fullmatch(name) or ".." in name:
        raise BadInput(f"{name[:100]!r} is no id of the Hub.", "An id looks like owner/name.")
    if not re.fullmatch(r"[\w./-]{1,100}", revision):
        raise BadInput(f"{revision[:100]!r} is no revision.", "Give a branch, a tag or a commit, as in main.")
    try:
        about = HfApi(endpoint=endpoint, token=False).model_info(
            name, revision=revision, files_metadata=True, timeout=20
        )
    except RevisionNotFoundError as error:
        raise BadInput(f"{name} has no revision {revision}.", "Give another one, or main.") from error
    except RepositoryNotFoundError as error:
        raise BadInput(f"The Hub has no {name} that is open to everybody.", "Check the id.") from error
    except (HfHubHTTPError, OSError, ValueError) as error:
        raise FetchFailed("The Hub cannot be asked about it.", "Try it again.") from error
    except Exception as error:  # the client's own ways to say that there is no network
        raise FetchFailed(
            "The Hub cannot be reached.", "Check that this server is connected to the internet."
        ) from error
    commit = str(about.sha)
    if not re.fullmatch("[0-9a-f]{40}", commit):
        raise FetchFailed("The Hub does not say which commit this is.", "Try it again.")
    there = {each.rfilename: each for each in about.siblings or ()}
    _require_usable(name, there)
    kept = (folder or Path(torch.hub.get_dir())) / "hub" / name.replace("/", "--") / commit
    files = tuple(
        RemoteFile(
            f"{file} of {name}",
            hf_hub_url(name, file, revision=commit, endpoint=endpoint),
            kept / file,
            "sha256",
            there[file].lfs.sha256 if there[file].lfs else "",
            int(there[file].size or 0),
        )
        for file in (*NEEDED, *WORDS, *OTHERS)
        if file in there
    )
    if sum(each.size for each in files) > LARGEST:
        raise BadInput(f"{name} has more than {LARGEST / 1e6:.0f} MB.", "Choose a smaller one.")
    card = about.card_data or {}
    return HubModel(name, commit, str(card.get("license") or "not named by its authors"), kept, files)


def _require_usable(name: str, there: dict[str, Any]) -> None:
    if "model.safetensors" not in there:
        raise BadInput(
            f"{name} does not come as one file model.safetensors.",
            "Other formats can hold programs, so they are not opened; choose another network.",
        )
    if "config.json" not in there or not set(WORDS) & set(there):
        raise BadInput(f"{name} has no configuration or no list of words.", "Choose a text classifier.")


def load(found: HubModel) -> Task:
    """Load a network that was fetched, as a task without data of its own: it is judged on what people bring.

    Raises BadInput for what is no text classifier that can be opened safely, TaskUnavailable for what is damaged.
    """
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    config = json.loads((found.folder / "config.json").read_text(encoding="utf-8"))
    if "auto_map" in config:
        raise BadInput(f"{found.name} needs code of its own, which is not run here.", "Choose another network.")
    try:
        _require_filled(found)
        model = TextTransformer(found.folder)
        model.network, told = AutoModelForSequenceClassification.from_pretrained(
            found.folder,
            dtype=torch.float32,
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
        tokenizer = AutoTokenizer.from_pretrained(found.folder, local_files_only=True, trust_remote_code=False)
    except BadInput:
        raise
    except Exception as error:  # files of strangers fail in any way they like
        raise TaskUnavailable(
            f"{found.name} cannot be opened as a text classifier.", "Choose another network."
        ) from error
    absent = sorted(told["missing_keys"])
    if absent:
        raise BadInput(
            f"{found.name} was not trained to sort texts: it has no {absent[0]}.",
            "Choose one that was fine-tuned for text classification.",
        )
    labels = model.network.config.id2label
    classes = tuple(str(labels[place])[:60] for place in sorted(labels))
    if not 2 <= len(classes) <= MOST_CLASSES:
        raise BadInput(f"{found.name} knows {len(classes)} classes.", f"Choose one of 2 to {MOST_CLASSES}.")
    return make_task(found, model.eval(), tokenizer, classes)


def _require_filled(found: HubModel) -> None:
    """Raise BadInput if the configuration describes a network that is larger than its file, before it is built."""
    with torch.device("meta"):
        numbers = sum(each.numel() for each in TextTransformer(found.folder).parameters())
    if numbers > (found.folder / "model.safetensors").stat().st_size:
        raise BadInput(
            f"The configuration of {found.name} describes a network larger than its file.", "Choose another one."
        )


def make_task(found: HubModel, model: nn.Module, tokenizer: Any, classes: tuple[str, ...]) -> Task:
    """Join a classifier and its tokenizer to a task that has no examples of its own."""

    def inputs(texts: list[str]) -> Tensor:
        for text in texts:
            if not text.strip():
                raise BadInput("There is no text to read.", "Type a few words.")
            if len(text) > MOST_CHARACTERS:
                raise BadInput(f"This text has {len(text):,} characters.", f"Give at most {MOST_CHARACTERS:,}.")
        pieces = tokenizer(texts, truncation=True, max_length=longest)["input_ids"]
        return padded(pieces, 3, model.pad)

    def how_much(text: str) -> str:
        return told_length(len(tokenizer(text, verbose=False)["input_ids"]), longest, "word pieces")

    config = model.network.config
    longest = min(LONGEST, int(getattr(config, "max_position_embeddings", None) or LONGEST))
    multi = getattr(config, "problem_type", None) == "multi_label_classification"

    aside = ("embedding", "pooler", "classifier", "score")
    names = [name for name, _ in model.named_parameters()]
    about = TaskInfo(
        found.name,
        found.name,
        "language",
        "Accuracy",
        sum(each.numel() for each in model.parameters()),
        f"The Hub, {found.name} at {found.revision}; licence: {found.licence}",
        False,
        weights="of its authors",
    )
    parts = classifier(classes, lambda model, split, limit: iter(()), lambda split: torch.zeros(0, dtype=torch.long))
    return Task(
        info=about,
        model=model,
        prunable=prunable_parameters(model, {name for name in names if any(part in name for part in aside)}),
        example=inputs(["one two three"]),
        inputs=Inputs(
            f"word pieces as its tokenizer gives them, at most {longest}; {model.pad} stands for none.",
            variable_length=True,
        ),
        training=Training(fresh=model.as_configured),
        draw=lambda asked: iter(()),
        count=lambda split: 0,
        heads=heads_of(model),
        uploads=UploadAdapter("text", inputs, multi=multi, how_much=how_much),
        packaging=Packaging({name: (found.folder / name).read_bytes() for name in ("config.json",)}),
        **{**parts, "extra": replace(parts["extra"], baseline=None)},
    )
