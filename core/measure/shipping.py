"""What somebody would ship of a pruned network, and what each form of it costs: counted, written and timed."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from core.measure.cost import effective, macs, plain_size
from core.measure.encodings import file_sizes
from core.measure.latency import Latency, latencies, variants
from core.pruning import Pruned
from core.tasks.base import Task


@dataclass(frozen=True)
class ShippingFigures:
    """What could be shipped of a pruned network, and what each of it costs.

    parameters, macs: of each variant, multiply-accumulates for one example; effective: those that are not with a zero.
    files: bytes of the network's file by encoding, for the variant "smaller" if there is one, else "with zeros".
    whole: bytes of the dense network's plain file.
    usual: the size of the examples that operations and times are of, in words; "" where all have one size.
    left_out: variant that could not be built -> why.
    latency: batch size -> variant -> milliseconds; threads: how many processor threads were used.
    """

    parameters: dict[str, int]
    macs: dict[str, int]
    effective: int
    files: dict[str, int]
    latency: dict[int, dict[str, Latency]]
    threads: int
    whole: int
    usual: str = ""
    left_out: dict[str, str] = field(default_factory=dict)


def shipping_figures(task: Task, pruned: Pruned) -> Iterator[ShippingFigures]:
    """Count, write and time a pruned network as it could be shipped."""
    models, left_out = variants(task.model, pruned)
    plain = {key: model for key, model in models.items() if "CSR" not in key}
    counted = {key: macs(model, task.inputs_of_usual_size(1)) for key, model in plain.items()}
    smallest = models.get("smaller", pruned.model)
    figures = ShippingFigures(
        parameters={key: sum(p.numel() for p in model.parameters()) for key, model in plain.items()},
        macs={key: sum(each.values()) for key, each in counted.items()},
        effective=sum(effective(pruned.model, counted["with zeros"]).values()),
        files=file_sizes(smallest),
        latency={},
        threads=torch.get_num_threads(),
        whole=plain_size(task.model),
        usual=task.inputs.usual_size(),
        left_out=left_out,
    )
    yield figures
    for batch in (1, 64):
        for found in latencies(models, timed_inputs(task, batch)):
            figures = replace(figures, latency={**figures.latency, batch: found})
            yield figures


def timed_inputs(task: Task, count: int) -> Tensor:
    """Return so many inputs to time a network with: real ones, of the usual size where examples differ in size."""
    if task.inputs.typical is not None or not task.count("validation"):
        return task.inputs_of_usual_size(count)
    return next(iter(task.batches("validation", count, torch.Generator().manual_seed(0), ())))[0]
