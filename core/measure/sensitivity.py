"""Which layers are sensitive: quality when one layer alone is pruned, at several sparsities.

What lies before the touched layer is computed once for each slice of the data, and only what depends on that layer is
computed again, as far as the network can be traced; the figures are the same as those of the whole network.
"""

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import torch

from core.measure.layer_swap import SwappedLayer, TracedNetwork, WholeNetwork
from core.pruning import PruningPlan, prune, rank, removable
from core.quality import Quality
from core.tasks.base import Task


@dataclass(frozen=True)
class Sensitivity:
    """How far a scan is, and what it says so far.

    seen, of: examples judged, and in all.
    sparsities: of one layer's weights, 0 to 1.
    qualities: parameter -> its quality at each of the sparsities, all other layers whole.
    dense: the whole network on the same examples, which is what is lost is compared with.
    """

    seen: int
    of: int
    sparsities: tuple[float, ...]
    qualities: Mapping[str, tuple[Quality, ...]]
    dense: Quality

    def by_fragility(self, worst: float = 0.0) -> list[str]:
        """List the parameters, the most fragile first: by the mean quality, of the dense one's, over the sparsities."""

        def mean(name: str) -> float:
            found = [quality.relative(self.dense, worst).value for quality in self.qualities[name]]
            return sum(-math.inf if math.isnan(value) else value for value in found) / len(found)

        return sorted(self.qualities, key=mean)


def sensitivity(
    task: Task,
    sparsities: Sequence[float],
    plan: PruningPlan | None = None,
    split: str = "validation",
    limit: int | None = None,
) -> Iterator[Sensitivity]:
    """Prune each layer alone to each of the sparsities and judge the network; yields early figures, the whole last.

    plan: its criterion judges importance; its amounts do not matter.
    Raises BadPlan for a plan that removes units or follows a pattern, ValueError without sparsities.
    """
    if not sparsities:
        raise ValueError("A scan needs at least one sparsity.")
    base = replace((plan or PruningPlan()).without_amount, granularity="weight", scope="global", overrides={})
    names = tuple(removable(task, "weight", base.embeddings))
    base = replace(base, overrides=dict.fromkeys(names, 0.0))
    ranking = rank(task, base)
    shared = TracedNetwork(copy.deepcopy(task.model).to(memory_format=torch.channels_last))
    streams = []
    for sparsity in sparsities:
        pruned = prune(task, replace(base, overrides=dict.fromkeys(names, sparsity)), ranking)
        for layer in pruned.layers:
            weight = pruned.model.get_parameter(layer.name).detach()
            touched = SwappedLayer(shared, layer.name, weight)
            streams.append((layer.name, task.refine(touched, split, limit)))
    total = min(limit or task.count(split), task.count(split))
    whole = task.refine(WholeNetwork(shared), split, limit)
    while True:
        # All go on by one slice in turn, so that what they share has to be kept for that slice only.
        dense = next(whole, None)
        if dense is None:
            return
        found: dict[str, list[Quality]] = {}
        for name, stream in streams:
            found.setdefault(name, []).append(next(stream))
        qualities = {name: tuple(each) for name, each in found.items()}
        yield Sensitivity(dense.n, total, tuple(sparsities), qualities, dense)
