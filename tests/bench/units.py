"""Size and time of `fashion-resnet` with half of the channels of each layer removed, against itself, in turn."""

from collections.abc import Iterator
from typing import Any

from core.measure import latencies, macs
from core.pruning import PruningPlan, prune, shrink
from core.tasks import load


def run() -> Iterator[dict[str, Any]]:
    """Yield a line for the dense network and one for the smaller one."""
    task = load("fashion-resnet")
    half = shrink(prune(task, PruningPlan(sparsity=0.5, granularity="channel", scope="layer")))
    models = {"dense": task.model, "half of the channels": half}
    times = {
        count: list(latencies(models, task.example.expand(count, -1, -1, -1).contiguous(), seconds=4.0))[-1]
        for count in (1, 64)
    }
    for name, model in models.items():
        yield {
            "network": name,
            "parameters": sum(p.numel() for p in model.parameters()),
            "multiply-accumulates": sum(macs(model, task.example).values()),
            **{f"{count} pictures, ms": round(found[name].median, 2) for count, found in times.items()},
        }
