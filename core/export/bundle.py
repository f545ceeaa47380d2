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

from core.measure import Quality, cost
from core.pruning import Pruned, shrink
from core.tasks.assets import sha256
from core.tasks.base import Task
from core.tasks.quality import METRICS
from core.tuning import Recipe

FORMATS = ("safetensors",)

LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The date of every file in the zip, so that the same network makes the same bytes."""

README = """# {title}

Pruned with Pruning Playground: {sparsity:.1%} of the prunable weights are zero.
{healed}

| file | what it holds |
|---|---|
| `weights.safetensors` | every weight of the network; removed ones are exactly zero |
| `masks.safetensors` | one boolean tensor for each pruned parameter: true where the weight is kept |
| `model.py` | the network's definition |
| `metrics.json` | plan, recipe, figures with their 95 % intervals, versions, and the hash of each file |

## Load it

    pip install torch safetensors{needs}

    from safetensors.torch import load_file
    from model import {architecture}

    network = {architecture}()
    network.load_state_dict(load_file("weights.safetensors"))
    network.eval()

{small}It takes {kind} numbers of the shape {shape}: {inputs}

## How good it is

{table}

The test pictures were scored once, for this file; nothing was chosen by them.

## Where it comes from

{source}.
"""


SMALL = """## Load the smaller network

`small.safetensors` is the same network without its removed units: fewer parameters, fewer operations, same answers.
Its layers have the sizes of the stored tensors:

    from torch.nn import Parameter

    for name, value in load_file("small.safetensors").items():
        owner, _, leaf = name.rpartition(".")
        layer = network.get_submodule(owner)
        setattr(layer, leaf, Parameter(value) if leaf in layer._parameters else value)

"""


def bundle(
    task: Task,
    pruned: Pruned,
    formats: Iterable[str] = ("safetensors",),
    tuned: Pruned | None = None,
    recipe: Recipe | None = None,
    judged: Mapping[tuple[str, str], Quality] | None = None,
) -> bytes:
    """Return a zip of a pruned network, and of its fine-tuned form if there is one.

    tuned, recipe: the network after a fine-tune and what that was; the weights and masks that ship are then these.
    judged: figures that are known already: (stage, split) -> quality, so that they are not measured twice.
    Scores the shipped network on the test split. Raises ValueError for a format that there is not.
    """
    if unknown := set(formats) - set(FORMATS):
        raise ValueError(f"No format named {', '.join(sorted(unknown))}; there are {', '.join(FORMATS)}.")
    shipped = tuned or pruned
    model = shipped.model
    files = {
        "weights.safetensors": save({name: value.contiguous() for name, value in model.state_dict().items()}),
        "masks.safetensors": save({name: mask.contiguous() for name, mask in shipped.masks.items()}),
        "model.py": inspect.getsource(sys.modules[type(model).__module__]).encode(),
    }
    files.update(task.files)
    if pruned.plan.structured:
        small = shrink(shipped)
        files["small.safetensors"] = save({name: value.contiguous() for name, value in small.state_dict().items()})
    figures = _figures(task, pruned, tuned, judged or {})
    metrics = _metrics(task, shipped, recipe, figures)
    files["README.md"] = _readme(task, shipped, recipe, figures, type(model).__name__).encode()
    metrics["files"] = {name: {"sha256": sha256(content), "bytes": len(content)} for name, content in files.items()}
    files["metrics.json"] = json.dumps(metrics, indent=2).encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return packed.getvalue()


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
        }
        for stage, model in stages.items()
    }


def _metrics(
    task: Task,
    pruned: Pruned,
    recipe: Recipe | None,
    figures: dict[str, dict[str, Quality]],
) -> dict[str, Any]:
    return {
        "task": task.info.name,
        "architecture": type(pruned.model).__name__,
        "plan": pruned.plan.to_dict(),
        "recipe": recipe.to_dict() if recipe else None,
        "sparsity": pruned.sparsity,
        "threshold": pruned.threshold,
        "layers": [dataclasses.asdict(layer) for layer in pruned.layers],
        "cost": dataclasses.asdict(cost(pruned.model)),
        "figures": {
            stage: {split: dataclasses.asdict(quality) for split, quality in by_split.items()}
            for stage, by_split in figures.items()
        },
        "source": task.info.source,
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("torch", "safetensors", "numpy")},
        },
        "threads": torch.get_num_threads(),
    }


def _readme(
    task: Task, pruned: Pruned, recipe: Recipe | None, figures: dict[str, dict[str, Quality]], architecture: str
) -> str:
    metric = METRICS[task.info.metric]
    w = "{:.2%}".format if metric.share else f"{{:.{metric.digits}f}}".format
    rows = [f"| {task.info.metric} | validation | test |", "|---|---|---|"]
    for stage, by_split in figures.items():
        cells = (f"{w(q.value)} ({w(q.low)} to {w(q.high)}, n = {q.n:,})" for q in by_split.values())
        rows.append(f"| {stage} | {' | '.join(cells)} |")
    return README.format(
        title=task.info.title,
        sparsity=pruned.sparsity,
        small=SMALL if pruned.plan.structured else "",
        healed=f"Then fine-tuned: {recipe.to_dict()}." if recipe else "Not fine-tuned.",
        architecture=architecture,
        kind=str(task.example.dtype).removeprefix("torch."),
        needs=" transformers" if "config.json" in task.files else "",
        shape=f"(n, {str(tuple(task.example.shape[1:]))[1:]}",
        inputs=task.inputs,
        table="\n".join(rows),
        source=task.info.source,
    )
