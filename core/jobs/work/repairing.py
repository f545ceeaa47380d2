"""Repair a pruned network, layer by layer."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch

from core.jobs.work.loader import Loader
from core.pruning import PruningPlan, carry_out
from core.quality import Quality
from core.stages import Packed, pack


@dataclass(frozen=True)
class RepairProgress:
    """How far a repair is: layers done, of how many.

    packed: the network as the store keeps it, once it is there; artefact: its hash, once it is in the store.
    sparsity: the removed share, 0 to 1; seconds: since the work began.
    """

    done: int
    of: int
    packed: bytes | None = None
    artefact: str = ""
    sparsity: float = 0.0
    seconds: float = 0.0


def repair_network(load: Loader, name: str, plan: PruningPlan, how: str) -> Iterator[RepairProgress]:
    """Prune a task's model by a plan and repair it in one of the ways. Raises BadInput where there are no examples."""
    begun, task = time.monotonic(), load(name)
    for each in _while_telling(lambda tell: carry_out(task, plan, how, tell=tell)):
        if isinstance(each, tuple):
            yield RepairProgress(each[0], each[1], seconds=time.monotonic() - begun)
            continue
        packed = pack(Packed(each.model.state_dict(), {**each.masks, **each.companion_masks}, "repaired"))
        yield RepairProgress(1, 1, packed, sparsity=each.sparsity, seconds=time.monotonic() - begun)


def judge_repair(load: Loader, name: str, plan: PruningPlan, how: str) -> Iterator[Quality]:
    """Prune and repair a task's model, and yield how good it is then on all validation data; nothing else is kept."""
    task = load(name)
    for each in _while_telling(lambda tell: carry_out(task, plan, how, tell=tell)):
        if not isinstance(each, tuple):
            yield replace(task.evaluate(each.model), outcomes=None)


class _Stopped(Exception):
    """Nobody wants the result any more."""


def _while_telling(compute: Callable[[Callable[[int, int], None]], Any]) -> Iterator[Any]:
    """Yield what work tells on its way, then its result; it ends soon after nobody asks for more."""
    said: queue.Queue[tuple[str, Any]] = queue.Queue()
    stopped, threads = threading.Event(), torch.get_num_threads()

    def tell(done: int, of: int) -> None:
        if stopped.is_set():
            raise _Stopped
        said.put(("told", (done, of)))

    def work() -> None:
        torch.set_num_threads(threads)  # a new thread begins with as many as there are cores
        try:
            said.put(("result", compute(tell)))
        except _Stopped:
            return
        except BaseException as error:
            said.put(("error", error))

    threading.Thread(target=work, daemon=True).start()
    try:
        while True:
            kind, content = said.get()
            if kind == "error":
                raise content
            yield content
            if kind == "result":
                return
    finally:
        stopped.set()
