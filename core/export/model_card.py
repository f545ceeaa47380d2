"""The model card of a download, its README: figures, how it was made, its limits, and how each file is loaded."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.experiment import STAGE_NAMES
from core.export.formats import FORMATS, Format
from core.export.rendering import render
from core.export.words import choices_in_words, quality_in_words
from core.language import SOURCE, Text, as_text, text
from core.pruning import Pruned
from core.quality import Quality
from core.tasks.base import SPLIT_NAMES, Task
from core.tuning import Recipe

ALWAYS = {
    "model.py": text("the network's definition"),
    "metrics.json": text("plan, recipe, figures with their 95 % intervals, versions, and the hash of each file"),
}
"""What files hold that belong to no format."""


@dataclass(frozen=True)
class Constructor:
    """Name the function that builds the network, where it is imported from, and its arguments as Python."""

    module: str
    builder: str
    arguments: str = ""


@dataclass(frozen=True)
class Card:
    """Hold what the template of the README shows.

    sparsity: the removed share, in words; plan: the choices of the pruning; recipe: those of the fine-tune, if any.
    repaired: whether it was repaired and not fine-tuned.
    files: name -> what it holds; packages: what pip has to install.
    sections: further Markdown about the files, each section with an empty line at its end.
    dtype, shape, inputs: what the network takes; figures: stage -> one figure a split, in words.
    """

    title: str
    sparsity: str
    recipe: Sequence[Text]
    repaired: bool
    files: Mapping[str, str]
    packages: Sequence[str]
    formats: Sequence[Format]
    constructor: Constructor
    sections: str
    dtype: str
    shape: str
    inputs: str
    metric: str
    splits: Sequence[str]
    figures: Mapping[str, Sequence[str]]
    plan: Sequence[Text]
    about: str
    source: str


def model_card(
    task: Task,
    pruned: Pruned,
    recipe: Recipe | None,
    figures: Mapping[str, Mapping[str, Quality]],
    formats: Sequence[Format],
    files: Iterable[str],
    sections: str = "",
    language: str = SOURCE,
) -> str:
    """Write the README of a download.

    figures: stage -> split -> quality; files: names of what is in the download; sections: what formats say besides.
    language: which one it is written in.
    """
    constructor = task.packaging.constructor or ("model", type(pruned.model).__name__, "")
    held = {**ALWAYS, **{name: holds for each in FORMATS.values() for name, holds in each.contents.items()}}
    packages = [name for each in formats for name in each.loading_needs]
    packages += ["transformers"] if "config.json" in task.packaging.files else []
    card = Card(
        title=task.info.title,
        sparsity=f"{pruned.sparsity:.1%}",
        recipe=_listed(recipe.to_dict()) if recipe else [],
        repaired="repaired" in figures,
        files={name: held.get(name, text("needed to read what people put in")) for name in files},
        packages=["torch", "safetensors", *packages],
        formats=formats,
        constructor=Constructor(*constructor),
        sections=sections,
        dtype=str(task.example.dtype).removeprefix("torch."),
        shape=f"(n, {str(tuple(task.example.shape[1:]))[1:]}",
        inputs=task.inputs.described,
        metric=as_text(task.info.metric),
        splits=[SPLIT_NAMES[split] for split in next(iter(figures.values()))],
        figures={
            STAGE_NAMES[stage]: [quality_in_words(each) for each in by_split.values()]
            for stage, by_split in figures.items()
        },
        plan=_listed(pruned.plan.to_dict()),
        about=task.info.about,
        source=task.info.origin,
    )
    return render("README.md.jinja", language, card=card)


def _listed(chosen: Mapping[str, Any]) -> list[Text]:
    """List choices, each with its name."""
    return [text("{name} {value}", name=name, value=value) for name, value in choices_in_words(chosen)]
