"""The way down: what each step takes off a network's file, in bytes, and what it costs in quality."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.language import text
from core.measure import Change, change, file_sizes, plain_size
from core.pruning import Pruned
from core.quality import Quality
from core.sharing.coding import from_range_coded, to_range_coded
from core.sharing.shared import SharedWeights, share_weights, tune_shared
from core.tasks.base import Task

BITS = (4, 5, 6)
"""Bits of a code that people can choose: at most 16, 32 or 64 values a layer."""


@dataclass(frozen=True)
class FileStep:
    """One step of the way down.

    name: what was done; size: bytes of the file then, as it was really written; quality: on validation data, and
    change: against the dense network on the same examples, None for itself.
    """

    name: str
    size: int
    quality: Quality
    change: Change | None = None


@dataclass(frozen=True)
class FileProgress:
    """How far the way down is: the steps that are measured, and what is done now, in words; "" at the end."""

    steps: tuple[FileStep, ...]
    doing: str = ""


def file_steps(
    task: Task, pruned: Pruned, bits: int, limit: int | None = None, stage: str = ""
) -> Iterator[FileProgress]:
    """Measure each step: dense, without zeros, with shared values, those tuned, and written by frequency.

    stage: what the network is called, in words; limit: how many validation examples judge each, None for all.
    Raises BadPlan for a network that cannot answer.
    """
    yield FileProgress((), text("Judging the dense network"))
    dense = task.evaluate(task.model, "validation", limit)
    steps = [FileStep(text("dense"), plain_size(task.model), dense)]

    def add(name: str, size: int, quality: Quality) -> None:
        steps.append(FileStep(name, size, quality, change(dense, quality)))

    yield FileProgress(tuple(steps), text("Writing it without its zeros"))
    quality = task.evaluate(pruned.model, "validation", limit)
    add(text("{stage}, zeros left out", stage=stage), min(file_sizes(pruned.model).values()), quality)
    yield FileProgress(tuple(steps), text("Sharing values"))
    shared = share_weights(pruned, bits)
    quality = task.evaluate(shared.model, "validation", limit)
    add(text("values shared, places and codes plain"), len(_plain_codes(shared)), quality)
    for done, of in tune_shared(task, shared):
        if done % 20 == 1:
            yield FileProgress(tuple(steps), text("Tuning the shared values: step {done} of {of}", done=done, of=of))
    content = to_range_coded(shared)
    quality = task.evaluate(from_range_coded(content, task.model), "validation", limit)
    add(text("shared values tuned, written by frequency"), len(content), quality)
    yield FileProgress(tuple(steps))


def _plain_codes(shared: SharedWeights) -> bytes:
    """Write one bit a place, and as many bits for each kept weight's code as its layer's values take."""
    parts = []
    for name, codes in shared.codes.items():
        places, values = codes.flatten().numpy(), shared.values[name].numpy()
        width = max(1, (len(values) - 1).bit_length())
        bits = (places[places != 0] - 1)[:, None] >> np.arange(width) & 1
        parts += [np.packbits(places != 0), np.packbits(bits.astype(np.uint8)), values]
    rest = [value.numpy() for name, value in shared.model.state_dict().items() if name not in shared.codes]
    return b"".join(each.tobytes() for each in (*parts, *rest))
