"""The download: a zip with the weights, the masks, every figure, and how to load it all without this project."""

import dataclasses
import inspect
import io
import json
import platform
import sys
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

import torch

from core.export.formats import FORMATS, Format
from core.export.model_card import model_card
from core.language import SOURCE, together
from core.measure import Cost, cost
from core.pruning import Pruned, PruningPlan
from core.quality import Quality
from core.tasks.assets import sha256
from core.tasks.base import Task
from core.tuning import Recipe

LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The date of every file in the zip, so that the same network makes the same bytes."""


def bundle(
    task: Task,
    pruned: Pruned,
    formats: Iterable[str] = ("safetensors",),
    tuned: Pruned | None = None,
    recipe: Recipe | None = None,
    judged: Mapping[tuple[str, str], Quality] | None = None,
    language: str = SOURCE,
) -> bytes:
    """Return a zip of a pruned network, or of its fine-tuned form if there is one, with a model card as its README.

    Of a plan that removes nothing it is the dense network, which is the only one that is judged then.

    formats: which of FORMATS it holds.
    tuned, recipe: the network after a fine-tune and what that was, or after a repair, without a recipe; the weights and
        masks that ship are then these.
    judged: figures that are known already: (stage, split) -> quality, so that they are not measured twice.
    language: which one the README is written in.
    Scores the shipped network on the test split. Raises ValueError for a format that there is not, ExportFailed for one
    in which the network cannot be written.
    """
    formats = tuple(formats)
    if unknown := set(formats) - set(FORMATS):
        raise ValueError(f"No format named {', '.join(sorted(unknown))}; there are {', '.join(FORMATS)}.")
    chosen = [FORMATS[name] for name in formats]
    shipped = tuned or pruned
    files, sections = _files(task, shipped, chosen)
    figures = _figures(task, pruned, tuned, judged or {}, recipe is not None)
    card = model_card(task, shipped, recipe, figures, chosen, [*files, "metrics.json"], sections, language)
    files["README.md"] = card.encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        deflated = {name: _put(archive, name, content) for name, content in files.items()}
        weighed = cost(shipped.model, deflated.get("weights.safetensors"))
        metrics = _metrics(task, shipped, recipe, figures, weighed)
        metrics["files"] = {name: {"sha256": sha256(content), "bytes": len(content)} for name, content in files.items()}
        _put(archive, "metrics.json", json.dumps(metrics, indent=2).encode())
    return packed.getvalue()


def _files(task: Task, shipped: Pruned, formats: Sequence[Format]) -> tuple[dict[str, bytes], str]:
    """Write a network in each format, and what loading takes: name -> content; and what the README is to say of it."""
    files = {each.file: each.build(task, shipped) for each in formats}
    companions = [each.companions(task, shipped) for each in formats]
    for each in companions:
        files.update(each.files)
    module = task.packaging.constructor[0] if task.packaging.constructor else "model"
    if any(each.weights_only for each in formats) and module == "model":
        files["model.py"] = inspect.getsource(sys.modules[type(shipped.model).__module__]).encode()
    files.update(task.packaging.files)
    return files, together([each.section for each in companions], "")


def _put(archive: zipfile.ZipFile, name: str, content: bytes) -> int:
    """Write a file into a zip with a date that says nothing; return how many bytes it takes there."""
    entry = zipfile.ZipInfo(name, LONG_AGO)
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)
    return entry.compress_size


def _figures(
    task: Task, pruned: Pruned, tuned: Pruned | None, judged: Mapping[tuple[str, str], Quality], learned: bool
) -> dict[str, dict[str, Quality]]:
    """Judge each stage on validation and test data: stage -> split -> quality."""
    stages = {"dense": task.model, **({} if pruned.plan == PruningPlan() else {"pruned": pruned.model})}
    if tuned is not None:
        stages["fine-tuned" if learned else "repaired"] = tuned.model
    return {
        stage: {
            split: judged[stage, split] if (stage, split) in judged else task.evaluate(model, split)
            for split in ("validation", "test")
            if task.count(split)
        }
        for stage, model in stages.items()
    }


def _metrics(
    task: Task,
    pruned: Pruned,
    recipe: Recipe | None,
    figures: Mapping[str, Mapping[str, Quality]],
    weighed: Cost,
) -> dict[str, Any]:
    """Gather everything that was chosen and measured, as JSON takes it."""
    return {
        "task": task.info.name,
        "architecture": type(pruned.model).__name__,
        "plan": pruned.plan.to_dict(),
        "recipe": recipe.to_dict() if recipe else None,
        "sparsity": pruned.sparsity,
        "threshold": pruned.threshold,
        "layers": [dataclasses.asdict(layer) for layer in pruned.layers],
        "cost": dataclasses.asdict(weighed),
        "figures": {
            stage: {split: quality.to_dict() for split, quality in by_split.items()}
            for stage, by_split in figures.items()
        },
        "source": task.info.origin,
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("torch", "safetensors", "numpy")},
        },
        "threads": torch.get_num_threads(),
    }
