"""Scoring and masking against torch's own global pruning: time, memory, and a new threshold once all is scored."""

import copy
import gc
import statistics
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torchvision
from torch import nn
from torch.nn.utils import prune as reference

from core.pruning import PruningPlan, rank
from core.pruning.masks import cut
from core.tasks import Task, TaskInfo, load, vision
from tests.bench.live import milliseconds

SPARSITIES = (0.5, 0.8, 0.9)
PAGE = 4096


def resnet50() -> Task:
    """A torchvision ResNet-50 with random weights; what it answers does not matter here."""
    torch.manual_seed(0)
    model = torchvision.models.resnet50(weights=None)
    info = TaskInfo("resnet50", "ResNet-50", "vision", "Accuracy", 0, "random weights", False)
    nothing = vision.Images(torch.zeros(1, 3, 224, 224), torch.zeros(1, dtype=torch.long))
    return vision.make_task(info, model, lambda split: nothing, dict.fromkeys(vision.SPLITS, 1), nothing.inputs)


def global_unstructured(model: nn.Module, names: tuple[str, ...], sparsity: float) -> None:
    modules = [(model.get_submodule(name.removesuffix(".weight")), "weight") for name in names]
    reference.global_unstructured(modules, reference.L1Unstructured, amount=sparsity)


def peak_megabytes(work: Callable[[], Any]) -> float:
    """Run something while a thread watches the memory of this process; return by how much it rose at most."""

    def resident() -> float:
        return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / 1e6

    gc.collect()
    start, highest, done = resident(), [0.0], threading.Event()

    def watch() -> None:
        while not done.wait(0.001):
            highest[0] = max(highest[0], resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    kept = work()
    done.set()
    watcher.join()
    del kept
    return highest[0] - start


def run() -> list[dict[str, Any]]:
    """Compare both ways in turn at three sparsities; the copy that each of them prunes is made beforehand."""
    rows = []
    for task in (load("fashion-resnet"), resnet50()):
        weights = sum(task.model.get_parameter(name).numel() for name in task.prunable)
        global_unstructured(copy.deepcopy(task.model), task.prunable, 0.5)
        plain, ours, again, same = [], [], [], True
        for sparsity in SPARSITIES:
            model, plan, found = copy.deepcopy(task.model), PruningPlan(sparsity=sparsity), []
            plain.append(milliseconds(lambda: global_unstructured(model, task.prunable, sparsity)))  # noqa: B023
            ours.append(milliseconds(lambda: found.append(cut(rank(task, plan), plan)[0])))  # noqa: B023
            ranking = rank(task, plan)
            again.append(milliseconds(lambda: cut(ranking, PruningPlan(sparsity=0.77))))  # noqa: B023
            for name in task.prunable:
                mask = model.get_submodule(name.removesuffix(".weight")).weight_mask.bool()
                same &= int((mask != found[0][name]).sum()) <= weights * 1e-6  # equal scores may fall either way
            del model, ranking, found
            time.sleep(0.2)
        rows.append(
            {
                "model": task.info.name,
                "weights": weights,
                "torch ms": round(statistics.median(plain), 1),
                "ours ms": round(statistics.median(ours), 1),
                "ratio": round(statistics.median(p / o for p, o in zip(plain, ours, strict=True)), 1),
                "new threshold ms": round(statistics.median(again), 1),
                "extra memory, copies of the weights": round(
                    peak_megabytes(lambda: cut(rank(task), PruningPlan(sparsity=0.9))) / (4 * weights / 1e6),  # noqa: B023
                    2,
                ),
                "same masks": same,
            }
        )
    return rows
