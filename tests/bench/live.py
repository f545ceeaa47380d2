"""One slider step, against the way a notebook would do it; and how soon the app is usable."""

import copy
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from torch.nn.utils import prune as reference
from torch.utils.data import DataLoader, TensorDataset

from core.measure import judge_plan
from core.memo import Memo
from core.pruning import PruningPlan, rank
from core.tasks import Task, load

SPARSITIES = (0.5, 0.7, 0.8, 0.9, 0.95)


def milliseconds(work: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - begun)


def notebook_step(task: Task, loader: DataLoader, sparsity: float) -> float:
    """Prune a deep copy with torch's own pruning and judge it batch by batch; return the accuracy."""
    model = copy.deepcopy(task.model)
    modules = [(model.get_submodule(name.removesuffix(".weight")), "weight") for name in task.prunable]
    reference.global_unstructured(modules, reference.L1Unstructured, amount=sparsity)
    right = seen = 0
    with torch.no_grad():
        for inputs, labels in loader:
            right += (model(inputs).argmax(1) == labels).sum().item()
            seen += len(labels)
    return right / seen


def run() -> list[dict[str, Any]]:
    """Compare both ways step by step in turn, so that whatever else the machine does hits both alike."""
    rows = []
    for name in ("fashion-lenet5", "fashion-mlp", "fashion-resnet"):
        task = load(name)
        ranking = rank(task)
        (inputs, labels), *_ = task.batches("validation", 5_000, torch.Generator(), ())
        loader = DataLoader(TensorDataset(inputs.contiguous(), labels), batch_size=64)
        for warm in (0.1, 0.2):
            notebook_step(task, loader, warm)
            list(judge_plan(task, PruningPlan(sparsity=warm), ranking))
        plain, ours, first, same = [], [], [], True
        for sparsity in SPARSITIES:
            plan, answers = PruningPlan(sparsity=sparsity), []
            plain.append(milliseconds(lambda: answers.append(notebook_step(task, loader, sparsity))))  # noqa: B023
            ours.append(milliseconds(lambda: answers.append(list(judge_plan(task, plan, ranking))[-1])))  # noqa: B023
            first.append(milliseconds(lambda: next(judge_plan(task, plan, ranking))))  # noqa: B023
            same &= abs(answers[0] - answers[1].quality.value) <= 0.0004
        memo = Memo(10)
        memo.put((name, plan), answers[1])
        visited = milliseconds(lambda: memo.peek((name, plan)))  # noqa: B023
        rows.append(
            {
                "model": name,
                "notebook ms": round(statistics.median(plain)),
                "ours ms": round(statistics.median(ours)),
                "ratio": round(statistics.median(p / o for p, o in zip(plain, ours, strict=True)), 2),
                "first figure ms": round(statistics.median(first)),
                "visited step ms": round(visited, 3),
                "same accuracy": same,
            }
        )
    return rows
