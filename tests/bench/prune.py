"""Scoring and masking against torch's own global pruning: time, memory, and a new threshold once all is scored."""

import copy
import gc
import multiprocessing
import statistics
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import torch
import torchvision
from torch import nn
from torch.nn.utils import prune as reference

from core.pruning import PruningPlan, rank
from core.pruning.masks import cut
from core.tasks import Task, TaskInfo, load
from core.tasks.base import SPLITS
from core.tasks.vision.data import Images
from core.tasks.vision.task import make_task
from tests.bench.live import milliseconds

SPARSITIES = (0.5, 0.7, 0.8, 0.9, 0.95)
PAGE = 4096


def resnet50() -> Task:
    """A torchvision ResNet-50 with random weights; what it answers does not matter here."""
    torch.manual_seed(0)
    model = torchvision.models.resnet50(weights=None)
    info = TaskInfo("resnet50", "ResNet-50", "vision", "Accuracy", 0, "random weights", False)
    nothing = Images(torch.zeros(1, 3, 224, 224), torch.zeros(1, dtype=torch.long))
    return make_task(info, model, lambda split: nothing, dict.fromkeys(SPLITS, 1), nothing.pixels)


def global_unstructured(model: nn.Module, names: tuple[str, ...], sparsity: float) -> None:
    modules = [(model.get_submodule(name.removesuffix(".weight")), "weight") for name in names]
    reference.global_unstructured(modules, reference.L1Unstructured, amount=sparsity)


def extra_copies(name: str) -> float:
    """Score and mask in a fresh process, watching its memory; return the highest rise in copies of the weights."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as fresh:
        return fresh.submit(_watched, name).result()


def _watched(name: str) -> float:
    task = TASKS[name]()
    weights = sum(task.model.get_parameter(each).numel() for each in task.prunable)
    rank(load("fashion-mlp"))  # what is set up once, threads above all, is not of this measurement
    highest = peak_megabytes(lambda: cut(rank(task), PruningPlan(sparsity=0.9)))
    return highest / (4 * weights / 1e6)


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


TASKS = {"fashion-resnet": lambda: load("fashion-resnet"), "resnet50": resnet50}


def compare(task: Task, sparsity: float) -> tuple[float, float, float, bool]:
    """Return milliseconds of torch's way, of ours, of a new threshold once all is scored; and whether masks agree."""
    model, plan, found = copy.deepcopy(task.model), PruningPlan(sparsity=sparsity), []
    plain = milliseconds(lambda: global_unstructured(model, task.prunable, sparsity))
    ours = milliseconds(lambda: found.append(cut(rank(task, plan, sort=False), plan)[0]))
    ranking = rank(task, plan)
    again = milliseconds(lambda: cut(ranking, PruningPlan(sparsity=0.77)))
    theirs = {name: model.get_submodule(name.removesuffix(".weight")).weight_mask.bool() for name in task.prunable}
    differing = sum(int((mask != found[0][name]).sum()) for name, mask in theirs.items())
    # Of equal scores either may go.
    return plain, ours, again, differing <= 1e-6 * sum(mask.numel() for mask in theirs.values())


def run() -> list[dict[str, Any]]:
    """Compare both ways in turn; the copy that each of them prunes is made beforehand."""
    rows = []
    for name, make in TASKS.items():
        task = make()
        compare(task, 0.5)
        plain, ours, again, same = zip(*(compare(task, sparsity) for sparsity in SPARSITIES), strict=True)
        rows.append(
            {
                "model": name,
                "torch ms": round(statistics.median(plain), 1),
                "ours ms": round(statistics.median(ours), 1),
                "ratio": round(statistics.median(p / o for p, o in zip(plain, ours, strict=True)), 1),
                "new threshold ms": round(statistics.median(again), 1),
                "extra memory, copies of the weights": round(extra_copies(name), 2),
                "same masks": all(same),
            }
        )
    return rows
