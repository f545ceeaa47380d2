"""Classifiers of the Hugging Face Hub as tasks: safetensors only, no code of theirs, one fixed revision."""

from dataclasses import dataclass

import torch
from PIL import Image
from torch import Tensor

from core.language import text
from core.tasks.base import ExtraFigures, Inputs, Packaging, Task, TaskInfo, Training, UploadAdapter
from core.tasks.classification import ClassifierParts, classifier
from core.tasks.hub.answers import Purpose, mean_square, numbers_in_words, purpose_of
from core.tasks.hub.heads import heads_of
from core.tasks.hub.local import full_name
from core.tasks.hub.lookup import OTHERS, PICTURE_FILES, WORDS, HubModel
from core.tasks.hub.network import TextClassifier
from core.tasks.hub.opening import CONFIG, PICTURES, kind_of, read_config
from core.tasks.hub.parameters import prunable_in, word_table
from core.tasks.hub.picture_network import PictureClassifier
from core.tasks.hub.pictures import Processor, describe_pictures, open_picture_classifier
from core.tasks.hub.texts import WordPieces, describe_pieces, open_text_classifier

FEW = ("A text of a few words.", "Another one, which is a bit longer than the first!", "And 1 more", "What? Why not?")
"""Texts on which networks that should say the same are compared."""

GREY = Image.new("RGB", (64, 64), "grey")


@dataclass(frozen=True, eq=False)
class _Opened:
    """Hold a network and how it reads: `what` it looks at, in the plural, of which `domain`."""

    model: TextClassifier | PictureClassifier
    classes: tuple[str, ...]
    what: str
    domain: str
    example: Tensor
    inputs: Inputs
    uploads: UploadAdapter


def load(found: HubModel) -> Task:
    """Load a network that was fetched, as a task without data of its own: it is judged on what people bring.

    Raises BadInput for what is no classifier that can be opened safely, TaskUnavailable for what is damaged.
    """
    config = read_config(found.name, found.folder)
    if kind_of(config, found.folder) == PICTURES:
        return _task(found, _of_pictures(*open_picture_classifier(found, config)))
    return _task(found, _of_texts(*open_text_classifier(found, config)))


def _of_texts(model: TextClassifier, pieces: WordPieces, classes: tuple[str, ...]) -> _Opened:
    purpose = purpose_of(model.network.config)
    return _Opened(
        model,
        classes,
        text("texts"),
        "language",
        pieces.read(["one two three"]),
        Inputs(describe_pieces(pieces), few=lambda count: pieces.read(list(FEW[:count])), variable_length=True),
        UploadAdapter(
            "text",
            pieces.read,
            multi=purpose is Purpose.LABELS,
            how_much=pieces.how_much,
            in_words=numbers_in_words(model.network.config, classes) if purpose is Purpose.NUMBERS else None,
        ),
    )


def _of_pictures(model: PictureClassifier, processor: Processor, classes: tuple[str, ...]) -> _Opened:
    purpose = purpose_of(model.network.config)
    example = torch.zeros_like(processor.read([GREY]))
    return _Opened(
        model,
        classes,
        text("pictures"),
        "vision",
        example,
        Inputs(describe_pictures(example)),
        UploadAdapter(
            "picture",
            processor.read,
            aliases=first_synonyms(classes),
            multi=purpose is Purpose.LABELS,
            in_words=numbers_in_words(model.network.config, classes) if purpose is Purpose.NUMBERS else None,
            pixels=processor.pixels(),
        ),
    )


def _task(found: HubModel, opened: _Opened) -> Task:
    """Join a network and how it reads to a task that has no examples of its own."""
    model, sorts = opened.model, opened.uploads.in_words is None
    parts = _parts_of_sorting(opened.classes)
    prunable, table = prunable_in(model), word_table(model)
    heads, why_none = heads_of(model, opened.example)
    return Task(
        info=info(found, sum(each.numel() for each in model.parameters()), opened.what, opened.domain, sorts),
        model=model,
        prunable=prunable,
        example=opened.example,
        inputs=opened.inputs,
        score=parts["score"],
        draw=lambda request: iter(()),
        loss=parts["loss"] if sorts else mean_square,
        count=lambda split: 0,
        training=Training(fresh=model.as_configured),
        extra=ExtraFigures(parts["extra"].metrics, parts["extra"].metric_changes, parts["extra"].groups)
        if sorts
        else ExtraFigures(),
        classifier=parts["classifier"] if sorts else None,
        heads=heads,
        why_no_heads=why_none,
        opt_in_parameters=tuple(name for name in prunable if name == table),
        uploads=opened.uploads,
        packaging=Packaging(_companions(found)),
    )


def _parts_of_sorting(classes: tuple[str, ...]) -> ClassifierParts:
    return classifier(classes, lambda model, split, limit: iter(()), lambda split: torch.zeros(0, dtype=torch.long))


def first_synonyms(classes: tuple[str, ...]) -> dict[str, str]:
    """Return for class names that list synonyms, as ImageNet's do, the first one -> the class, where it is clear."""
    first = [(name.partition(",")[0].strip(), name) for name in classes if "," in name]
    clear = [short for short, _ in first]
    return {short: name for short, name in first if clear.count(short) == 1 and short not in classes}


def _companions(found: HubModel) -> dict[str, bytes]:
    """Return the files without which nobody can use the weights elsewhere: configuration, and how it reads."""
    names = (CONFIG, *WORDS, *OTHERS, *PICTURE_FILES)
    return {name: (found.folder / name).read_bytes() for name in names if (found.folder / name).is_file()}


def info(found: HubModel, parameters: int, what: str, domain: str, sorts: bool = True) -> TaskInfo:
    """Describe a network of the Hub: what it looks at, in the plural, and whether it sorts or answers with numbers."""
    return TaskInfo(
        full_name(found.name, found.revision),
        text("{name} - {what} (the Hub)", name=found.name, what=what),
        domain,
        "Accuracy" if sorts else "RMSE",
        parameters,
        text(
            "The Hub, {name} at {revision}; licence: {licence}",
            name=found.name,
            revision=found.revision,
            licence=found.licence,
        ),
        False,
        weights=text("of its authors"),
    )
