"""Kinds of the Hub, each a tiny random network in its own form: what is as transformers has it, and what can go.

Differences are the largest ones; of shares, except for a network of one number, which is compared as it is.
"""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from transformers import logging, pipeline

from core.errors import PlaygroundError
from core.export import FORMATS
from core.measure import cost
from core.pruning import PruningPlan, prune, shrink
from core.pruning.units import layer_structures
from core.tasks import Task
from core.tasks.hub.lookup import HubModel
from core.tasks.hub.task import load
from tests.core.tasks import hub_networks, hub_picture_networks
from tests.core.tasks.hub_networks import LONGEST, PACKED_OTHERWISE, SENTENCES, write_text_classifier
from tests.core.tasks.hub_picture_networks import pictures, write_picture_classifier

TEXTS = ("wheat exports fall!", "!", "a film of rare beauty, and a very dull one too", " ".join(SENTENCES))
"""Short ones, and one that is cut."""

SHARE = 0.15
"""What is removed of it, by units."""

TEXT_KINDS, PICTURE_KINDS = {**hub_networks.KINDS, **PACKED_OTHERWISE}, hub_picture_networks.KINDS


def run(kind: str = "") -> Iterator[dict[str, Any]]:
    """Yield a line for each kind; kind: one alone, "" for all. Raises ValueError for one that there is not."""
    kinds = [*TEXT_KINDS, *PICTURE_KINDS]
    if kind and kind not in kinds:
        raise ValueError(f"No kind named {kind!r}; there are {', '.join(kinds)}.")
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    for each in kinds if not kind else [kind]:
        with tempfile.TemporaryDirectory() as folder:
            yield {"kind": each, **line(each, Path(folder))}


def line(kind: str, folder: Path) -> dict[str, Any]:
    """Write a network of a kind into a folder and say how far the app opens it as its makers meant it."""
    opened = open_kind(kind, folder / "classes")
    if isinstance(opened, str):
        return {"opened": opened}
    where, task = opened
    return {
        "opened": "yes",
        "one by one": compared(where, task, together=False),
        "in a batch": compared(where, task, together=True),
        "several labels": of_other_answers(kind, folder / "labels", problem_type="multi_label_classification"),
        "one number": of_other_answers(
            kind, folder / "number", id2label={0: "stars"}, label2id={"stars": 0}, problem_type="regression"
        ),
        "heads": heads(task),
        "units": units(task),
        "shared once": cost(task.model).parameters == task.model.network.num_parameters(),
        "without units": without(task, "neuron" if kind in TEXT_KINDS else "channel"),
        "without heads": without(task, "head"),
        "ONNX": onnx(task),
    }


def open_kind(kind: str, folder: Path, **further: Any) -> tuple[Path, Task] | str:
    """Write and open a network; return the sentence that people would read where that cannot be."""
    folder.mkdir()
    write = write_text_classifier if kind in TEXT_KINDS else write_picture_classifier
    write(kind, folder, **further)
    try:
        return folder, load(HubModel(f"someone/{kind}", "0" * 40, "mit", folder, ()))
    except PlaygroundError as error:
        return error.what


def given(task: Task) -> list[Any]:
    """Return what a task is asked about."""
    return list(TEXTS) if task.uploads and task.uploads.kind == "text" else list(pictures())


@torch.inference_mode()
def compared(folder: Path, task: Task, together: bool) -> str:
    """Compare shares with those of transformers' own pipeline, which is asked one by one."""
    assert task.uploads is not None
    items, read = given(task), task.uploads.inputs
    batches = [items] if together else [[each] for each in items]
    outputs = torch.cat([task.model(read(some)) for some in batches])
    shares = outputs.sigmoid() if task.uploads.multi else outputs.softmax(1)
    return written((shares - shares_of_pipeline(folder, task, items)).abs().max())


def shares_of_pipeline(folder: Path, task: Task, items: list[Any]) -> torch.Tensor:
    """Return what transformers itself says of each text or picture, (n, classes)."""
    if task.uploads is not None and task.uploads.kind == "text":
        ask = pipeline("text-classification", model=str(folder), top_k=None)
        said = [ask([each], truncation=True, max_length=LONGEST)[0] for each in items]
    else:
        ask = pipeline("image-classification", model=str(folder), top_k=len(task.classes))
        said = [ask(each) for each in items]
    by_name = [{one["label"]: one["score"] for one in each} for each in said]
    return torch.tensor([[each[name] for name in task.classes] for each in by_name])


def of_other_answers(kind: str, folder: Path, **further: Any) -> str:
    """Compare a network of several labels, or of one number, with transformers."""
    opened = open_kind(kind, folder, **further)
    if isinstance(opened, str):
        return opened
    where, task = opened
    if task.classes:
        return compared(where, task, together=True)
    item, text = given(task)[0], kind in TEXT_KINDS
    assert task.uploads is not None
    with torch.inference_mode():
        said = float(task.model(task.uploads.inputs([item])))
    ask = pipeline("text-classification" if text else "image-classification", model=str(where), **_plain(text))
    return written(torch.tensor(abs(ask(item)[0]["score"] - said)))


def _plain(text: bool) -> dict[str, Any]:
    """Say that a number is to stay as it is; pipelines of texts know that by themselves."""
    return {} if text else {"function_to_apply": "none"}


def heads(task: Task) -> str:
    """Count the heads that can go by themselves, or say why there are none."""
    found = sum(each.count for each in task.heads if not each.together)
    return str(found) if found else task.why_no_heads or "has none"


def units(task: Task) -> str:
    """Count the neurons and channels that can go, or say why none can."""
    return told(lambda: str(sum(each.units for each in layer_structures(task))))


def without(task: Task, granularity: str) -> str:
    """Compare the smaller network with the masked one, or say why there is none."""

    def look() -> str:
        assert task.uploads is not None
        pruned, inputs = prune(task, PruningPlan(granularity=granularity, sparsity=SHARE)), task.uploads.inputs
        small, asked = shrink(pruned), inputs(given(task))
        with torch.inference_mode():
            away = (small(asked) - pruned.model(asked)).abs().max()
        left = sum(each.numel() for each in small.parameters()) / sum(each.numel() for each in task.model.parameters())
        return f"{written(away)} ({left:.0%} left)"

    return told(look)


def onnx(task: Task) -> str:
    """Write it as ONNX, which is compared there, or say why it cannot be."""

    def look() -> str:
        return f"verified, {len(FORMATS['onnx'].build(task, prune(task, PruningPlan(sparsity=0.5)))):,} bytes"

    return told(look)


def told(look: Callable[[], str]) -> str:
    """Return what is found, or the sentence that people would read."""
    try:
        return look()
    except PlaygroundError as error:
        return error.what


def written(away: torch.Tensor) -> str:
    return f"{float(away):.1e}"
