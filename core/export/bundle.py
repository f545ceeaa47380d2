"""The download: a zip with the weights, the masks, every figure, and how to load it all without this project."""

import dataclasses
import inspect
import io
import json
import platform
import sys
import zipfile
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

import torch
from safetensors.torch import save

from core.errors import BadPlan
from core.export.formats import FORMATS, small
from core.measure import Cost, Quality, cost
from core.pruning import Pruned
from core.quality import METRICS
from core.tasks.assets import sha256
from core.tasks.base import Task
from core.tuning import Recipe

LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The date of every file in the zip, so that the same network makes the same bytes."""

README = """# {title}

Pruned with Pruning Playground: {sparsity:.1%} of the prunable weights are zero.
{healed}

| file | what it holds |
|---|---|
{files}

## Load it

    pip install torch safetensors{needs}

{loading}
{small}It takes {kind} numbers of the shape {shape}: {inputs}

## How good it is

{table}

The test data was scored once, for this file; nothing was chosen by it.

## How it was made

Plan: {plan}.

## What it is for, and where its limits are

{about} It was made to show what pruning does; whoever wants more of it should judge it on their own data first. The
ranges above hold the true figure with 95 % confidence for other examples of the same kind, and say nothing about other
kinds of data. An average hides whom pruning hurts: rare groups often lose more than the figure says.

## Where it comes from

{source}.
"""

CONTENTS = {
    "weights.safetensors": "every weight of the network; removed ones are exactly zero",
    "masks.safetensors": "one boolean tensor for each pruned parameter: true where the weight is kept",
    "small.safetensors": "the network without its removed units",
    "small.json": "what of the smaller network's layers differs besides their tensors",
    "sparse.safetensors": "one bit a place, and the kept weights",
    "model.onnx": "network and weights for other programs and devices",
    "model.pt2": "network and weights for PyTorch, without source code",
    "model.py": "the network's definition",
    "metrics.json": "plan, recipe, figures with their 95 % intervals, versions, and the hash of each file",
}
"""What the files of a download hold."""

BUILD = """    from safetensors.torch import load_file
    {source}

    network = {building}
"""

SMALL = """## Load the smaller network

`small.safetensors` is the same network without its removed units: fewer parameters, fewer operations, same answers.
Its layers have the sizes of the stored tensors, and groups as `small.json` says:

    import json
    from torch.nn import Parameter

    for name, value in load_file("small.safetensors").items():
        owner, _, leaf = name.rpartition(".")
        layer = network.get_submodule(owner)
        setattr(layer, leaf, Parameter(value) if leaf in layer._parameters else value)
    for name, sizes in json.load(open("small.json")).items():
        vars(network.get_submodule(name)).update(sizes)

"""

NOT_SMALL = """## Why there is no smaller network here

{why}

"""


def bundle(
    task: Task,
    pruned: Pruned,
    formats: Iterable[str] = ("safetensors",),
    tuned: Pruned | None = None,
    recipe: Recipe | None = None,
    judged: Mapping[tuple[str, str], Quality] | None = None,
) -> bytes:
    """Return a zip of a pruned network, or of its fine-tuned form if there is one, with a model card as its README.

    formats: which of FORMATS it holds.
    tuned, recipe: the network after a fine-tune and what that was; the weights and masks that ship are then these.
    judged: figures that are known already: (stage, split) -> quality, so that they are not measured twice.
    Scores the shipped network on the test split. Raises ValueError for a format that there is not, ExportFailed for one
    in which the network cannot be written.
    """
    formats = tuple(formats)
    if unknown := set(formats) - set(FORMATS):
        raise ValueError(f"No format named {', '.join(sorted(unknown))}; there are {', '.join(FORMATS)}.")
    shipped = tuned or pruned
    model = shipped.model
    files = {FORMATS[name].file: FORMATS[name].build(task, shipped) for name in formats}
    refused = ""
    if "safetensors" in formats:
        files["masks.safetensors"] = save({name: mask.contiguous() for name, mask in shipped.masks.items()})
        if pruned.plan.structured:
            try:
                files.update(small(task, shipped))
            except BadPlan as error:
                refused = error.what
    if {"safetensors", "sparse"} & set(formats) and not task.packaging.constructor:
        files["model.py"] = inspect.getsource(sys.modules[type(model).__module__]).encode()
    files.update(task.packaging.files)
    figures = _figures(task, pruned, tuned, judged or {})
    files["README.md"] = _readme(task, shipped, recipe, figures, formats, list(files), refused).encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        deflated = {name: _put(archive, name, content) for name, content in files.items()}
        weighed = cost(model, deflated.get("weights.safetensors"))
        metrics = _metrics(task, shipped, recipe, figures, weighed)
        metrics["files"] = {name: {"sha256": sha256(content), "bytes": len(content)} for name, content in files.items()}
        _put(archive, "metrics.json", json.dumps(metrics, indent=2).encode())
    return packed.getvalue()


def _put(archive: zipfile.ZipFile, name: str, content: bytes) -> int:
    """Write a file into a zip with a date that says nothing; return how many bytes it takes there."""
    entry = zipfile.ZipInfo(name, LONG_AGO)
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)
    return entry.compress_size


def _figures(
    task: Task, pruned: Pruned, tuned: Pruned | None, judged: Mapping[tuple[str, str], Quality]
) -> dict[str, dict[str, Quality]]:
    """Judge each stage on validation and test data: stage -> split -> quality."""
    stages = {"dense": task.model, "pruned": pruned.model}
    if tuned is not None:
        stages["fine-tuned"] = tuned.model
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
    figures: dict[str, dict[str, Quality]],
    weighed: Cost,
) -> dict[str, Any]:
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


def _readme(
    task: Task,
    pruned: Pruned,
    recipe: Recipe | None,
    figures: dict[str, dict[str, Quality]],
    formats: tuple[str, ...],
    files: list[str],
    refused: str = "",
) -> str:
    metric = METRICS[task.info.metric]
    w = "{:.2%}".format if metric.share else f"{{:.{metric.digits}f}}".format
    splits = list(next(iter(figures.values())))
    rows = [f"| {task.info.metric} | {' | '.join(splits)} |", f"|---|{'---|' * len(splits)}"]
    for stage, by_split in figures.items():
        cells = (f"{w(q.value)} ({w(q.low)} to {w(q.high)}, n = {q.n:,})" for q in by_split.values())
        rows.append(f"| {stage} | {' | '.join(cells)} |")
    architecture = type(pruned.model).__name__
    packages = [name for each in formats for name in FORMATS[each].needs if name == "onnxruntime"]
    packages += ["transformers"] if "config.json" in task.packaging.files else []
    plan = ", ".join(f"{key} {value}" for key, value in pruned.plan.to_dict().items() if value not in (None, {}))
    return README.format(
        title=task.info.title,
        sparsity=pruned.sparsity,
        files="\n".join(
            f"| `{name}` | {CONTENTS.get(name, 'needed to read what people put in')} |"
            for name in [*files, "metrics.json"]
        ),
        loading="\n".join(
            _loading(name, task.packaging.constructor or ("model", architecture, "")) for name in formats
        ),
        small=SMALL if "small.safetensors" in files else NOT_SMALL.format(why=refused) if refused else "",
        healed=f"Then fine-tuned: {recipe.to_dict()}." if recipe else "Not fine-tuned.",
        kind=str(task.example.dtype).removeprefix("torch."),
        needs="".join(f" {name}" for name in packages),
        shape=f"(n, {str(tuple(task.example.shape[1:]))[1:]}",
        inputs=task.inputs.format,
        table="\n".join(rows) if splits else "It was not judged: it has no examples of its own.",
        plan=plan,
        about=task.info.about,
        source=task.info.origin,
    )


def _loading(name: str, built: tuple[str, str, str]) -> str:
    """Write how a format is loaded, as lines of Python that are indented in the README; `built` is as in Task."""
    module, builder, arguments = built
    lines = "\n".join(f"    {line}".rstrip() for line in FORMATS[name].loading.splitlines()) + "\n"
    if FORMATS[name].file.endswith(".safetensors"):
        source, building = f"from {module} import {builder}", f"{builder}({arguments})"
        return BUILD.format(source=source, building=building) + lines + "    network.eval()\n"
    return lines
